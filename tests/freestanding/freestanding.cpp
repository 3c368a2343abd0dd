// What firmware includes. It is compiled without exceptions and type information, and without the host's headers.
#include <depix/models/depixelizer.hpp>
#include <depix/region_inference.hpp>
#include <depix/streaming_inference.hpp>

#if defined(_GLIBCXX_IOSTREAM) || defined(_GLIBCXX_STRING) || defined(_GLIBCXX_VECTOR) || defined(_GLIBCXX_THREAD) || \
    defined(_GLIBCXX_MEMORY) || defined(_GLIBCXX_STDEXCEPT)
#error "the core includes a header of the host: no heap, streams, threads or exceptions in firmware"
#endif

using namespace depix;
using Network = DepixelizerOfWidth<2, 1>;
using Restore = StaticInference<Network, Shape{1, 8, 8}>;

using Regions = RegionInference<Network, Shape{1, 8, 8}, 256>;

static Restore restore;
static StreamingInference<Network, 8> rows;
static float fast[Regions::fast_size], large[Regions::large_size];
static const float weights[Network::parameter_count]{};
static const float statistics[64]{};

int main() {
    const float input[Restore::input_shape.size()]{};
    float output[Restore::output_shape.size()];
    for (float& value : output) value = 1;
    restore.run(weights, statistics, input, output);
    for (const float value : output)
        if (value != 0) return 1;  // every weight is zero, so every output is zero

    Regions::run(weights, statistics, input, output, fast, large);
    if (!rows.begin(weights, statistics, 8)) return 2;
    int count = 0;
    for (int y = 0; y < 8; ++y)
        rows.push(input + 8 * y, [&](int row, const float* values) { count += row == count && values[7] == 0; });
    return count == 8 ? 0 : 3;
}

// What firmware includes. It is compiled without exceptions and type information, and without the host's headers.
#define DEPIX_OWN_EXP
#include <depix/kernels/reference/int8.hpp>
#include <depix/layers/sigmoid.hpp>
#include <depix/models/depixelizer.hpp>
#include <depix/quantize/region_inference.hpp>
#include <depix/quantize/static_inference.hpp>
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
static StaticInference<Sequential<Conv<1, 1, 1>, Sigmoid>, Shape{1, 2, 2}> with_sigmoid;
static StreamingInference<Network, 8> rows;
static StreamingInference<Network, 8, StaticInt8<>> integer_rows;
static StaticInference<Network, Shape{1, 8, 8}, StaticInt8<>> integer_restore;
static float fast[Regions::fast_size], large[Regions::large_size];
static const float weights[Network::parameter_count]{};
static const float statistics[64]{};

// One pixel of a 1x1 convolution of integers: round((7 + 3 * (5 - 1)) / 8) - 10.
static int convolved() {
    constexpr integers::Factor eighth = integers::make_factor(0.125);
    const std::int8_t x[] = {5}, weight[] = {3};
    const std::int32_t bias[] = {7}, multiplier[] = {eighth.multiplier}, shift[] = {eighth.shift};
    std::int8_t y[1];
    reference::int8_conv(Conv<1, 1, 1>::geometry, {x, 1, {1, 1, 1}}, 1, weight,
                         {.bias = bias, .multiplier = multiplier, .shift = shift, .zero_point = -10},
                         {y, 1, {1, 1, 1}});
    return y[0];
}

int main() {
    if (convolved() != -8) return 2;
    const float input[Restore::input_shape.size()]{};
    float output[Restore::output_shape.size()];
    for (float& value : output) value = 1;
    restore.run(weights, statistics, input, output);
    for (const float value : output)
        if (value != 0) return 1;  // every weight is zero, so every output is zero

    with_sigmoid.run(weights, statistics, input, output);
    if (output[0] != 0.5f) return 4;
    Regions::run(weights, statistics, input, output, fast, large);
    if (!rows.begin(weights, statistics, 8)) return 2;
    int count = 0;
    for (int y = 0; y < 8; ++y)
        rows.push(input + 8 * y, [&](int row, const float* values) { count += row == count && values[7] == 0; });
    if (count != 8) return 3;

    static const std::int8_t bytes[integer_restore.sizes.weights]{};
    std::int32_t numbers[integer_restore.sizes.numbers];
    for (std::int32_t& number : numbers) number = 1;
    const std::int8_t picture[64]{};
    std::int8_t restored[64];
    integer_restore.run({bytes, numbers, nullptr, nullptr}, picture, restored);
    if (!integer_rows.begin({bytes, numbers, nullptr, nullptr}, 8)) return 4;
    for (int y = 0; y < 8; ++y)
        integer_rows.push(picture + 8 * y, [&](int row, const std::int8_t* values) {
            count += row == count - 8 && values[7] == restored[8 * row + 7];
        });
    return count == 16 ? 0 : 5;
}

// A program that includes depix as one file, and the part that firmware uses as another. They must agree.
#include "depix.hpp"
#include "firmware.hpp"

using namespace depix;

using Network = Sequential<Named<"encoder", Conv<3, 6>, BatchNorm<6>, ReLU, MaxPool<2>>,
                           Named<"decoder", ConvTranspose<6, 3, 2, Stride<2>>, BatchNorm<3>>>;

static_assert(Network::parameter_count == 168 + 12 + 75 + 6);

// In with_data.cpp.
Image through_a_file(const Image& image);
const void* layer_info_with_data();

int main() {
    // Both translation units instantiate this inline variable, and the linker must make it one object.
    const void* const here = &layer_info<Conv<3, 6>>;
    if (here != layer_info_with_data()) return 1;

    Model<Network> model;
    Inference<Network, Cpu> restore{model};
    const Image restored = through_a_file(restore(Image({3, 16, 16}, 0.5f)));
    return restored.shape == Shape{3, 16, 16} ? 0 : 1;
}

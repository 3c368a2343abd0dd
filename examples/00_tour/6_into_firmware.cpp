// 6: into firmware.
//
// `StaticInference` also fixes the size of the picture. Then the compiler knows everything: the plan, where every
// feature map lies, and how many bytes that takes. There is no heap, no exception, no thread and no file. Its headers
// need only the freestanding headers of the language. Weights are plain arrays, which lie in flash.
// write_weights_header (io/weights_header.hpp) or `depix embed` writes those of a trained model. If the picture is too
// large for the memory, `StreamingInference` (streaming_inference.hpp) takes it row by row. examples/02_firmware runs
// on a Cortex-M4F.
#include <depix/layers/conv.hpp>
#include <depix/layers/conv_transpose.hpp>
#include <depix/layers/max_pool.hpp>
#include <depix/layers/relu.hpp>
#include <depix/static_inference.hpp>

#include <cstdio>

using namespace depix;

// The network halves a grey picture of 16x16 from a sensor, and doubles it again.
using Tiny = Sequential<Conv<1, 2>, ReLU, MaxPool<2>, ConvTranspose<2, 1, 2, Stride<2>>>;
using Restore = StaticInference<Tiny, Shape{1, 16, 16}>;

// These assertions check what the device needs before it is flashed. A picture whose sides the network cannot take does
// not compile.
static_assert(Restore::parameter_count == 20 + 9 && Restore::statistic_count == 0);
static_assert(Restore::workspace_bytes <= 4096);

// The values have the order of Model's arrays: the weights of Conv (2, 1, 3, 3), its biases, the weights of
// ConvTranspose (2, 1, 2, 2), its bias. They pass the picture's brightness on. Channel 0 carries the pixel itself, and
// all four pixels of a window become its largest.
constexpr float weights[Restore::parameter_count] = {
    0, 0, 0, 0, 1, 0, 0, 0, 0,  // channel 0: the pixel
    0, 0, 0, 0, 0, 0, 0, 0, 0,  // channel 1: nothing
    0, 0,                       // biases
    1, 1, 1, 1,                 // channel 0 to all four pixels
    0, 0, 0, 0,                 // channel 1
    0,                          // bias
};
constexpr float no_statistics[1] = {};

// This one object, which the linker places, is all of its memory.
static Restore network;
static float image[Restore::input_shape.size()], restored[Restore::output_shape.size()];

int main() {
    for (int i = 0; i < 256; ++i) image[i] = static_cast<float>(i % 16) / 16;
    network.run(weights, no_statistics, image, restored);

    std::printf("workspace %zu bytes, weights %zu bytes, pictures %zu bytes\n", Restore::workspace_bytes,
                sizeof weights, sizeof image + sizeof restored);
    for (int i = 0; i < 256; ++i) {
        const float expected = static_cast<float>(i % 16 / 2 * 2 + 1) / 16;  // the right one of two columns is brighter
        if (restored[i] != expected) return 1;
    }
}

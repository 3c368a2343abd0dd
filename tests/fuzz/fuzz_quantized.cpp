// Quantized networks: whatever scales, weights and biases a file that is accepted holds, no sum overflows, and both
// integer backends give the same bits.
#include "fuzz.hpp"
#include "tiny_quantized.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace depix;
    using Network = depix_fuzz::TinyQuantized;
    return depix_fuzz::refuse_or(data, size, [](std::span<const std::byte> bytes) {
        const Quantized<Network> network =
            parse_quantized<Network>(SafetensorsFile::parse({bytes.begin(), bytes.end()}));
        Image image({1, 4, 6});
        for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<float>(i) / 24;
        const Image plain = Inference<Network, Int8<Reference>>{network}(image);
        const Image fast = Inference<Network, Int8<Cpu>>{network, 1}(image);
        depix_fuzz::require(plain.pixels == fast.pixels, "both integer backends agree");
    });
}

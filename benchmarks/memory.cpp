// The memory that each network needs to restore one picture. The plan computes it before anything runs; nothing is
// timed.
//
//     cmake --build --preset release --target benchmarks && build/release/benchmarks/benchmark_memory
//
// The lower bound is the largest sum of maps that are alive at one step. No placement could need less.
#include <cstdio>

#include "depix/depix.hpp"

namespace {

using namespace depix;

template <class Network>
void print_row(const char* name, Shape shape) {
    const std::size_t bytes = workspace_bytes<Network>(shape), bound = workspace_lower_bound<Network>(shape);
    const auto mebibytes = [](std::size_t size) { return static_cast<double>(size) / (1 << 20); };
    std::printf("| %s | %s | %zu | %.2f MiB | %.2f MiB | %.1f %% |\n", name, to_string(shape).c_str(),
                Network::parameter_count, mebibytes(bytes), mebibytes(bound),
                100 * (static_cast<double>(bytes) / static_cast<double>(bound) - 1));
}

}  // namespace

int main() {
    std::printf("| network | input | parameters | workspace | lower bound | above it |\n");
    std::printf("| --- | --- | --- | --- | --- | --- |\n");
    print_row<Depixelizer>("depixelizer", {3, 64, 256});
    print_row<TextRestorer>("text restorer", {3, 64, 256});
    print_row<DocumentsAutoencoder>("documents autoencoder", {1, 420, 540});
    print_row<PageCleaner>("page cleaner", {1, 424, 544});
    print_row<PixelShuffleUNet<16>>("pixel-shuffle U-Net, 16 filters", {3, 512, 512});
    print_row<PixelShuffleUNet<>>("pixel-shuffle U-Net", {3, 512, 512});
    print_row<DeGanGenerator<>>("DE-GAN's generator", {1, 256, 256});
    print_row<DeGanDiscriminator<>>("DE-GAN's discriminator", {2, 256, 256});
    print_row<SRResNet<>>("SRResNet", {3, 96, 96});
    print_row<PatchDiscriminator<>>("patch discriminator", {3, 96, 96});
    print_row<SrganDiscriminator<>>("SRGAN's discriminator", {3, 96, 96});
    print_row<RRDB<>>("RRDB, 23 blocks", {3, 24, 24});
    print_row<Vgg54>("VGG19 to its 36th layer", {3, 96, 96});
}

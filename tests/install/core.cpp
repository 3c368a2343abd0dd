// A program of another project. It uses the core, which needs no library.
#include <depix/depix.hpp>

using namespace depix;

using Network = Sequential<Named<"encoder", Conv<3, 6>, BatchNorm<6>, ReLU, MaxPool<2>>,
                           Named<"decoder", ConvTranspose<6, 3, 2, Stride<2>>, BatchNorm<3>>>;

static_assert(Network::parameter_count == 168 + 12 + 75 + 6);
static_assert(Network::output({3, 64, 256}) == Shape{3, 64, 256});
static_assert(Network::size_multiple == 2);

#ifdef PACKAGE_VERSION
static_assert(DEPIX_VERSION == PACKAGE_VERSION);
#endif

int main() {
    Model<Network> model;
    Inference<Network, Cpu> restore{model};
    const Image input({3, 16, 16}, 0.5f);
    const Image output = restore(input);
    return output.shape == input.shape ? 0 : 1;
}

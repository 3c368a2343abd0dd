// expect: depix: every pixel of this network depends on the whole picture, which cannot be cut into tiles
#include <depix/depix.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 8>, InstanceNorm<8>, Conv<8, 3>>;

Image clean(const Inference<Network>& network, const Image& image) {
    return restore(network, image, Tiles{.size = 64});
}

// The tiles are those that examples/03_de_gan restores with: 256x256, blended.
#include "depix/models/de_gan.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::de_gan_8() {
    return make_architecture<depix::DeGanGenerator<8>, TileKind::Blended>("de_gan_8",
                                                                          "old pages: DE-GAN's generator, 8 filters");
}

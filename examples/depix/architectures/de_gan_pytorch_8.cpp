// The tiles are those that examples/03_de_gan restores with: 256x256, blended.
#include "depix/models/de_gan_pytorch.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::de_gan_pytorch_8() {
    return make_architecture<depix::DeGanPyTorchGenerator<8>, TileKind::Blended, OutputRange::MinusOneToOne,
                             InputRange::MinusOneToOne>("de_gan_pytorch_8",
                                                        "blurred pages: the generator of DE-GAN in PyTorch, 8 filters");
}

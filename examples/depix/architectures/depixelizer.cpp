#include "depix/models/depixelizer.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::depixelizer() {
    return make_architecture<depix::Depixelizer>("depixelizer", "pixelated text: the published autoencoder",
                                                 train_depixelizer);
}

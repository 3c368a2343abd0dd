#include "depix/models/depixelizer.hpp"
#include "../embed/quantize.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::depixelizer() {
    Architecture architecture = make_architecture<depix::Depixelizer>(
        "depixelizer", "pixelated text: the published autoencoder", train_depixelizer);
    architecture.quantize = &quantize_network<depix::Depixelizer>;
    return architecture;
}

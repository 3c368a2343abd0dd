#include "depix/models/binarizer.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::binarizer() {
    Architecture architecture =
        make_architecture<depix::Binarizer, TileKind::Exact, OutputRange::ZeroToOne, InputRange::LocalContrast>(
            "binarizer", "old pages: a residual U-Net of depix's own");
    architecture.reach = 160;  // further away hardly anything changes a pixel
    return architecture;
}

#include "depix/models/srresnet.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::srresnet_small() {
    return make_architecture<depix::SRResNet<32, 4>, TileKind::Exact, OutputRange::MinusOneToOne>(
        "srresnet_small", "four times as high and wide: SRResNet, 32 channels and 4 blocks", train_srresnet_small);
}

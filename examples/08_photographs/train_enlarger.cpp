// train: the networks that enlarge.
#include "depix/models/enlarger.hpp"
#include "train.hpp"

int example::train_enlarger(const TrainOptions& options) {
    return options.task.scale == 2 ? train_network<depix::Enlarger<2>>(options, depix::Charbonnier{})
                                   : train_network<depix::Enlarger<4>>(options, depix::Charbonnier{});
}

#include "depix/models/text_restorer.hpp"
#include "train.hpp"

namespace example {

int train_text_restorer(const TrainOptions& options) {
    return train_network<depix::TextRestorer>(options, depix::Initialisation::HeNormal);
}

}  // namespace example

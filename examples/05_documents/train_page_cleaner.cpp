#include "depix/models/page_cleaner.hpp"
#include "train.hpp"

namespace example {

int train_page_cleaner(const TrainOptions& options) {
    return train_network<depix::PageCleaner>(options, depix::Initialisation::HeNormal);
}

}  // namespace example

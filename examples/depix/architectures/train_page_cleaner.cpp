#include "../architecture.hpp"
#include "depix/models/page_cleaner.hpp"
#include "train_network.hpp"

int tool::train_page_cleaner(const TrainOptions& options, const depix::TensorFile* start) {
    return train_network<depix::PageCleaner>(options, start, depix::Initialisation::HeNormal);
}

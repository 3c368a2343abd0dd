#include "../device.hpp"
#include "commands.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/page_cleaner.hpp"

int example::train(const TrainOptions& options) {
    return on_device(options.device, [&]<class Backend> {
        if (options.network == "page_cleaner") return train_network<depix::PageCleaner, Backend>(options);
        return train_network<depix::DocumentsAutoencoder, Backend>(options);
    });
}

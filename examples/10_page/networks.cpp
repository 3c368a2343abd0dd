// The types of the page's networks are compiled here, once.
#include "networks.hpp"

#include "depix/models/denoiser.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/page_cleaner.hpp"
#include "depix/models/text_restorer.hpp"

namespace page {

std::unique_ptr<Network> make_network(std::string_view name) {
    if (name == "text_restorer") return std::make_unique<NetworkOf<depix::TextRestorer>>();
    if (name == "depixelizer") return std::make_unique<NetworkOf<depix::Depixelizer, true>>();
    if (name == "page_cleaner") return std::make_unique<NetworkOf<depix::PageCleaner>>();
    if (name == "documents_autoencoder") return std::make_unique<NetworkOf<depix::DocumentsAutoencoder, true>>();
    if (name == "denoiser" || name == "dejpeg") return std::make_unique<NetworkOf<depix::Denoiser>>();
    return nullptr;
}

}  // namespace page

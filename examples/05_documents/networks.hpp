// The two networks of this example, ready to use: the published autoencoder, and depix's own page cleaner.
#pragma once

#include <filesystem>
#include <string>

#include "depix/restore/any_restorer.hpp"

namespace example {

/// For grey pages of any size. `network` is "documents_autoencoder" or "page_cleaner"; threads has the meaning that
/// it has for Inference; device is "cpu" or "cuda".
depix::AnyRestorer load_network(const std::string& network, const std::filesystem::path& weights, int threads = 0,
                                const std::string& device = "cpu");

}  // namespace example

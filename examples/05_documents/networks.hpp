// The two networks of this example, ready to use: the published autoencoder, and depix's own page cleaner.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "depix/tensor.hpp"

namespace example {

/// A trained network, for grey pages of any size.
using Cleaner = std::function<depix::Image(const depix::Image&)>;

/// `network` is "documents_autoencoder" or "page_cleaner"; threads as Inference takes them.
Cleaner load_cleaner(const std::string& network, const std::filesystem::path& weights, int threads = 0);

}  // namespace example

// The two networks of this example, ready to use: the published depixelizer, and depix's own text restorer.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "depix/tensor.hpp"

namespace example {

/// A trained network, for RGB pictures of any size.
using Restorer = std::function<depix::Image(const depix::Image&)>;

/// `network` is "depixelizer" or "text_restorer"; threads as Inference takes them.
Restorer load_restorer(const std::string& network, const std::filesystem::path& weights, int threads = 0);

}  // namespace example

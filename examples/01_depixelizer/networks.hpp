// The two networks of this example, ready to use: the published depixelizer, and depix's own text restorer.
#pragma once

#include <filesystem>
#include <string>

#include "depix/restore/any_restorer.hpp"

namespace example {

/// For RGB pictures of any size. `network` is "depixelizer" or "text_restorer"; threads has the meaning that it has for
/// Inference.
depix::AnyRestorer load_network(const std::string& network, const std::filesystem::path& weights, int threads = 0);

}  // namespace example

// The three networks of this example, ready to use: the published depixelizer, the one of its notebook, and depix's own
// text restorer.
#pragma once

#include <filesystem>
#include <string>

#include "depix/restore/any_restorer.hpp"

namespace example {

/// For RGB pictures of any size. `network` is "depixelizer", "notebook" or "text_restorer". With `normalise` the
/// network sees 2x - 1 instead of x, so values of -1..1, and what it gives is mapped back. Threads has the meaning that
/// it has for Inference. Device is "cpu" or "cuda".
depix::AnyRestorer load_network(const std::string& network, const std::filesystem::path& weights, bool normalise,
                                int threads = 0, const std::string& device = "cpu");

}  // namespace example

// The three networks of this example, ready to use: the published depixelizer, the one of its notebook, and depix's own
// text restorer.
#pragma once

#include <filesystem>
#include <string>

#include "depix/data/sources/value_range.hpp"
#include "depix/restore/any_restorer.hpp"

namespace example {

/// What black and white are for a network: 0 and 1, or, with `normalise`, -1 and 1.
constexpr depix::ValueRange value_range(bool normalise) {
    return normalise ? depix::ValueRange{-1, 1} : depix::ValueRange{};
}

/// For RGB pictures of any size. `network` is "depixelizer", "notebook" or "text_restorer". `normalise` is the
/// flag of its training. Threads has the meaning that
/// it has for Inference. Device is "cpu" or "cuda".
depix::AnyRestorer load_network(const std::string& network, const std::filesystem::path& weights, bool normalise,
                                int threads = 0, const std::string& device = "cpu");

}  // namespace example

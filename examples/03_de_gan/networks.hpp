// The generator in two widths, ready to use.
#pragma once

#include <filesystem>
#include <string>

#include "depix/restore/any_restorer.hpp"

namespace example {

/// For grey pages of any size, in tiles of 256x256 that overlap and are blended. filters is 8 or 64; threads has the
/// meaning that it has for Inference; device is "cpu" or "cuda".
depix::AnyRestorer load_network(int filters, const std::filesystem::path& weights, int threads = 0,
                                const std::string& device = "cpu");

}  // namespace example

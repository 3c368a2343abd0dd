// The trained generators, ready to use.
#pragma once

#include <filesystem>
#include <string>

#include "depix/restore/any_restorer.hpp"

namespace example {

/// Reads a generator's weights, and says by their names and shapes which generator they belong to: the authors' with 8
/// or 64 filters (64 also with the 512 channels at the bottom that their watermark generator has), or that of the
/// PyTorch implementation with 8 or 64. It restores grey pages of any size, in tiles of 256x256 that overlap and are
/// blended. Threads have the meaning that they have for Inference. Device is "cpu" or "cuda". Throws depix::FileError,
/// which names the file, for weights of another network or width.
depix::AnyRestorer load_network(const std::filesystem::path& weights, int threads = 0,
                                const std::string& device = "cpu");

}  // namespace example

// The generators, ready to use.
#pragma once

#include <filesystem>
#include <string>

#include "depix/restore/any_restorer.hpp"
#include "generators.hpp"

namespace example {

/// Makes pictures of any size four times as high and wide. The values are in 0..1, not yet clamped. device is "cpu" or
/// "cuda"; threads has the meaning that it has for Inference.
depix::AnyRestorer load_network(const Choice& generator, const std::filesystem::path& weights,
                                const std::string& device = "cpu", int threads = 0);

/// The same for one type and backend; load.hpp defines it.
template <class Generator, class Backend>
depix::AnyRestorer load_generator(const std::filesystem::path& weights, int threads);

}  // namespace example

// The generators, ready to use.
#pragma once

#include <filesystem>
#include <string>

#include "depix/restore/any_restorer.hpp"
#include "generators.hpp"

namespace example {

/// Makes pictures of any size four times as high and wide. The values are in 0..1, not yet clamped. threads has
/// the meaning that it has for Inference; device is "cpu" or "cuda".
depix::AnyRestorer load_network(const Choice& generator, const std::filesystem::path& weights, int threads = 0,
                                const std::string& device = "cpu");

/// The same for one type and backend; load.hpp defines it.
template <class Generator, class Backend>
depix::AnyRestorer load_generator(const std::filesystem::path& weights, int threads);

}  // namespace example

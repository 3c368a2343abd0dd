// The generator in two widths, ready to use.
#pragma once

#include <filesystem>
#include <functional>

#include "depix/tensor.hpp"

namespace example {

/// A trained generator, for grey pages of any size, in tiles of 256x256 that overlap and are blended.
using Enhancer = std::function<depix::Image(const depix::Image&)>;

/// filters is 8 or 64; threads as Inference takes them.
Enhancer load_enhancer(int filters, const std::filesystem::path& weights, int threads = 0);

}  // namespace example

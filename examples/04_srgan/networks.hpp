// The generator in two widths, ready to use.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "depix/tensor.hpp"

namespace example {

/// published: 64 channels and 16 blocks; small: 32 and 4; foreign: a network that depix did not train.
enum class Width { published, small, foreign };
inline std::string to_string(Width width) {
    return width == Width::published ? "published" : width == Width::small ? "small" : "foreign";
}

/// A trained network: makes RGB pictures of any size four times as high and wide. Values 0..1, not yet clamped.
using Enlarger = std::function<depix::Image(const depix::Image&)>;

/// threads as Inference takes them.
Enlarger load_enlarger(Width width, const std::filesystem::path& weights, int threads = 0);

}  // namespace example

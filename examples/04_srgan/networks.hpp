// The generator in two widths, ready to use.
#pragma once

#include <filesystem>
#include <string>

#include "depix/restore/any_restorer.hpp"

namespace example {

/// published: 64 channels and 16 blocks; small: 32 and 4; foreign: a network that depix did not train.
enum class Width { Published, Small, Foreign };
inline std::string to_string(Width width) {
    return width == Width::Published ? "published" : width == Width::Small ? "small" : "foreign";
}

/// Makes RGB pictures of any size four times as high and wide. The values are in 0..1, not yet clamped. threads has the
/// meaning that it has for Inference.
depix::AnyRestorer load_network(Width width, const std::filesystem::path& weights, int threads = 0);

}  // namespace example

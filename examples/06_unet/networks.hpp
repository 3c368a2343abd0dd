// The U-Net in two widths, ready to use.
#pragma once

#include <filesystem>
#include <string>

#include "depix/restore/any_restorer.hpp"

namespace example {

/// For RGB pictures of any size. filters is 16 or 32; threads has the meaning that it has for Inference; device is
/// "cpu" or "cuda".
depix::AnyRestorer load_network(int filters, const std::filesystem::path& weights, int threads = 0,
                                const std::string& device = "cpu");

/// The network's picture. With a mask (1 channel, 1 is missing) only what is missing comes from it, and all else stays.
/// Throws ShapeError for a mask of another size.
depix::Image restore_image(const depix::AnyRestorer& network, depix::Image image, const depix::Image* mask = nullptr);

}  // namespace example

// The two networks of this example, ready to use: the published depixelizer, and depix's own text restorer.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "depix/tensor.hpp"

namespace example {

/// A trained network. Pictures have sides that divide by size_multiple.
struct Restorer {
    std::function<depix::Image(const depix::Image&)> restore;
    int size_multiple = 1;
};

/// `network` is "depixelizer" or "text_restorer"; threads as Inference takes them.
Restorer load_restorer(const std::string& network, const std::filesystem::path& weights, int threads = 0);

}  // namespace example

// The networks of the page, by name.
#pragma once

#include <iterator>
#include <memory>
#include <string_view>

#include "network.hpp"

namespace page {

// clang-format off
/// tasks in page.js has the same order.
inline constexpr const char* network_names[]{"depixelizer", "text_restorer", "page_cleaner", "documents_autoencoder",
                                             "denoiser", "dejpeg"};
// clang-format on
inline constexpr int network_count = static_cast<int>(std::size(network_names));

/// A network without weights; nullptr for an unknown name. The denoiser and "dejpeg" are of one type.
std::unique_ptr<Network> make_network(std::string_view name);

}  // namespace page

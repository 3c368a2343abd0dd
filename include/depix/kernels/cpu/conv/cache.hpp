// The cache sizes that the convolutions count on, and how many rows at a time fit into them.
#pragma once

#include <cstddef>

#include "depix/kernels/cpu/simd.hpp"
#include "depix/view.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Floats that a second-level cache of 512 KiB holds. Processors have caches of this size or larger.
inline constexpr std::ptrdiff_t second_level_cache = 128 * 1024;

/// Whether a picture's map does not fit into that cache.
inline bool is_far(const View<const float>& x) {
    return x.shape().size() > static_cast<std::size_t>(second_level_cache);
}

/// The number of rows in a band, whose input stays in the second-level cache while all blocks of output channels read
/// it.
constexpr int band_rows(int in_channels, int width, int stride) {
    const std::ptrdiff_t rows = second_level_cache / 2 / (static_cast<std::ptrdiff_t>(in_channels) * width * stride);
    return rows < 4 ? 4 : static_cast<int>(rows < 4096 ? rows : 4096);
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

// Interleaves several rows to one, which pixel shuffle and nearest-neighbour upsampling both do.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// to[j * factor + l] = from[l * apart + j], for j < width and l < factor.
///
/// padded says that to's row ends in padding that may, and must, be set to zero. from's rows may be read up to a whole
/// vector.
[[gnu::noinline]] inline void interleave(const float* from, std::ptrdiff_t apart, int factor, int width, float* to,
                                         bool padded) {
    const int whole = width * factor;
    if (factor == 2) {
        for (int j = 0; j < width; j += vector_width) {
            const Vector even = load(from + j), odd = load(from + apart + j);
            const int count = whole - 2 * j;
            store_tail(to + 2 * j, zip_low(even, odd), count, padded);
            if (count > vector_width)
                store_tail(to + 2 * j + vector_width, zip_high(even, odd), count - vector_width, padded);
        }
        return;
    }
    for (int l = 0; l < factor; ++l)
        for (int j = 0; j < width; ++j) to[j * factor + l] = from[l * apart + j];
    for (int j = whole; padded && j < round_up(whole, vector_width); ++j) to[j] = 0;
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

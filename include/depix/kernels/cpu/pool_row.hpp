// pool_row: one output row of a pooling, by vectors where the windows lie inside the input's row.
#pragma once

#include <algorithm>

#include "depix/kernels/cpu/cpu.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Writes a row of `width` windows of the pooling L to `to`. inside(left, count) returns the results of `count` windows
/// side by side, the first of which begins at the input's column `left`; at_border(j) returns that of window j, of
/// which a part lies beyond the input's row of `input_width` pixels.
template <class L, class Inside, class AtBorder>
DEPIX_INLINE void pool_row(int input_width, float* to, int width, Inside&& inside, AtBorder&& at_border) {
    if constexpr (L::inside) {
        for_vectors(width, [&](int j, int count) { store_tail(to + j, inside(j * L::stride, count), count, true); });
    } else {
        // The padding of the row, up to a whole vector. What is too much is overwritten.
        store(to + (width - 1) / vector_width * vector_width, Vector{});
        const int begin = (std::min)((L::before + L::stride - 1) / L::stride, width);
        const int fitting = floor_divide(input_width + L::before - L::window, L::stride) + 1;
        const int end = (std::clamp)(fitting, begin, width);
        for_vectors(end - begin, [&](int j, int count) {
            store_tail(to + begin + j, inside((begin + j) * L::stride - L::before, count), count, false);
        });
        for (int j = 0; j < begin; ++j) to[j] = at_border(j);
        for (int j = end; j < width; ++j) to[j] = at_border(j);
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

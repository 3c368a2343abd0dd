// A rectifier as part of another layer's kernel, forward and backward.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// v where v > 0, negative_slope * v elsewhere.
DEPIX_INLINE Vector rectify(Vector v, kernels::Rectifier rectifier) {
    const Vector zero{};
    return !rectifier.present() ? v : v > zero ? v : v * broadcast(rectifier.negative_slope);
}

/// dy where v > 0, negative_slope * dy elsewhere; v is the rectifier's input or output, whose signs are the same.
DEPIX_INLINE Vector rectify_gradient(Vector dy, Vector v, kernels::Rectifier rectifier) {
    const Vector zero{};
    return !rectifier.present() ? dy : v > zero ? dy : dy * broadcast(rectifier.negative_slope);
}

/// The same in place, for rows [first, last) of picture n. y and dy are (N, C, H, W).
[[gnu::noinline]] inline void rectify_gradient_rows(View<const float> y, kernels::Rectifier rectifier, View<float> dy,
                                                    int n, int first, int last) {
    for (int c = 0; c < dy.channels; ++c)
        for (int i = first; i < last; ++i) {
            float* row = dy.row(n, c, i);
            for_vectors(dy.width, [&](int j, int count) {
                store_tail(row + j, rectify_gradient(load(row + j), load(y.row(n, c, i) + j), rectifier), count, true);
            });
        }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

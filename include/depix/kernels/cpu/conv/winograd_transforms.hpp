// The transforms of Winograd's convolution F(4x4, 3x3), on a vector of tiles at once.
//
// Four outputs of a convolution with three taps need twelve multiplications. Winograd's method (S. Winograd 1980; A.
// Lavin, S. Gray 2016, "Fast Algorithms for Convolutional Neural Networks", arXiv 1509.09308) needs six. Both the six
// inputs and the three taps are treated as polynomials, which are evaluated at the points 0, 1, -1, 2, -2 and infinity
// and multiplied there. Then the product is interpolated. In two dimensions a tile of 4x4 outputs needs 36
// multiplications in place of 144:
//
//     Y = A^T [ (G g G^T) * (B^T d B) ] A      d: 6x6 inputs, g: 3x3 taps, Y: 4x4 outputs, *: elementwise
//
// The sum over input channels is taken inside the brackets, which turns it into 36 products of matrices.
#pragma once

#include "depix/kernels/cpu/simd.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

inline constexpr int winograd_points = 36;

/// Treats four vectors as 4x4 matrices, one in every four lanes, and transposes each: what was in lane 4 b + k of
/// vector j moves to lane 4 b + j of vector k. The operation is its own inverse.
///
/// Four vectors of neighbouring pixels become four vectors of tiles (one column of every tile each), and back.
DEPIX_INLINE void transpose_quads(Vector (&v)[4]) {
    const Vector low = in_quads<0, 4, 1, 5>(v[0], v[1]), low2 = in_quads<0, 4, 1, 5>(v[2], v[3]);
    const Vector high = in_quads<2, 6, 3, 7>(v[0], v[1]), high2 = in_quads<2, 6, 3, 7>(v[2], v[3]);
    v[0] = in_quads<0, 1, 4, 5>(low, low2);
    v[1] = in_quads<2, 3, 6, 7>(low, low2);
    v[2] = in_quads<0, 1, 4, 5>(high, high2);
    v[3] = in_quads<2, 3, 6, 7>(high, high2);
}

/// B^T d, in place, for six vectors that lie `step` apart.
DEPIX_INLINE void transform_inputs(Vector* d, int step) {
    const Vector d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
    const Vector even = d4 - 4.f * d2, odd = d3 - 4.f * d1;
    const Vector even2 = d4 - d2, odd2 = 2.f * (d3 - d1);
    d[0] = 4.f * d0 - 5.f * d2 + d4;
    d[step] = even + odd;
    d[2 * step] = even - odd;
    d[3 * step] = even2 + odd2;
    d[4 * step] = even2 - odd2;
    d[5 * step] = 4.f * d1 - 5.f * d3 + d5;
}

/// G g, from three taps, `step` apart, to six values, `to_step` apart.
DEPIX_INLINE void transform_taps(const Vector* g, int step, Vector* to, int to_step) {
    const Vector g0 = g[0], g1 = g[step], g2 = g[2 * step];
    const Vector sum = (g0 + g2) * (-1.f / 6), outer = g0 * (1.f / 24) + g2 * (1.f / 6);
    to[0] = g0 * 0.25f;
    to[to_step] = sum - g1 * (1.f / 6);
    to[2 * to_step] = sum + g1 * (1.f / 6);
    to[3 * to_step] = outer + g1 * (1.f / 12);
    to[4 * to_step] = outer - g1 * (1.f / 12);
    to[5 * to_step] = g2;
}

/// A^T m, from six products, `step` apart, to four outputs, `to_step` apart.
DEPIX_INLINE void transform_products(const Vector* m, int step, Vector* to, int to_step) {
    const Vector inner = m[step] + m[2 * step], inner_odd = m[step] - m[2 * step];
    const Vector outer = m[3 * step] + m[4 * step], outer_odd = m[3 * step] - m[4 * step];
    to[0] = m[0] + inner + outer;
    to[to_step] = inner_odd + 2.f * outer_odd;
    to[2 * to_step] = inner + 4.f * outer;
    to[3 * to_step] = inner_odd + 8.f * outer_odd + m[5 * step];
}

/// A y, from the gradients of four outputs, `step` apart, to those of six products, `to_step` apart.
DEPIX_INLINE void transform_gradient(const Vector* y, int step, Vector* to, int to_step) {
    const Vector y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
    const Vector even = y0 + y2, odd = y1 + y3, outer = y0 + 4.f * y2, outer_odd = 2.f * y1 + 8.f * y3;
    to[0] = y0;
    to[to_step] = even + odd;
    to[2 * to_step] = even - odd;
    to[3 * to_step] = outer + outer_odd;
    to[4 * to_step] = outer - outer_odd;
    to[5 * to_step] = y3;
}

/// G^T s, from the gradients of six transformed taps, `step` apart, to those of three taps, `to_step` apart.
DEPIX_INLINE void transform_to_taps(const Vector* s, int step, Vector* to, int to_step) {
    const Vector inner = (s[step] + s[2 * step]) * (1.f / 6), outer = s[3 * step] + s[4 * step];
    to[0] = s[0] * 0.25f - inner + outer * (1.f / 24);
    to[to_step] = (s[2 * step] - s[step]) * (1.f / 6) + (s[3 * step] - s[4 * step]) * (1.f / 12);
    to[2 * to_step] = outer * (1.f / 6) - inner + s[5 * step];
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

// The gradient of the weights of a convolution with groups, with dilation, or with a kernel that is not square.
#pragma once

#include <algorithm>

#include "depix/kernels/cpu/conv/taps.hpp"
#include "depix/kernels/cpu/conv/weight_gradient.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// How many channels of dy a group shares its pixels among, and how many taps are summed at once, in registers.
constexpr int tap_gradient_block(const ConvGeometry& g) { return g.group_out() >= 4 ? 4 : 1; }
constexpr int taps_at_once(const ConvGeometry& g) { return (std::min)(tap_gradient_block(g) == 4 ? 3 : 9, g.taps()); }

/// d_weight[o][c][k][l] += sum over rows [first, last) of picture n, and all columns j, of
///     dy[o][i][j] * x[first channel of o's group + c][i * stride + k * dilation - before][j * stride + ...]
///
/// dy is (N, Out, H', W') with zeros after every row up to a whole vector; x is (N, In, H, W) with a border of at least
/// the padding; d_weight is (Out, In / Groups, KH, KW).
template <ConvGeometry G, int Block, int Taps>
void tap_weight_gradient_rows(View<const float> x, View<const float> dy, int n, int /*padding*/, int first, int last,
                              float* d_weight) {
    constexpr GroupSizes size = forward_groups(G);
    for (GroupBlock b; b.first(size) < dy.channels; b.next(size, Block)) {
        const int o = b.first(size), channels = (std::min)(Block, size.to - b.channel);
        // A channel or tap beyond the last one reads the last one again; its sums are discarded.
        const float* gradients[bound(Block)];
        for (int i = 0; i < Block; ++i) gradients[i] = dy.row(n, o + (std::min)(i, channels - 1), 0);
        for (int c = 0; c < size.from; ++c)
            for (int tap = 0; tap < size.taps; tap += Taps) {
                std::ptrdiff_t pixel[bound(Taps)];
                for (int t = 0; t < Taps; ++t) {
                    const int index = (std::min)(tap + t, size.taps - 1);
                    pixel[t] = (index / G.kernel_width * x.row_stride + index % G.kernel_width) * G.dilation;
                }
                Vector sum[bound(Block)][bound(Taps)] = {};
                for (int i = first; i < last; ++i) {
                    const float* from =
                        x.row(n, b.group * size.from + c, i * G.stride - G.padding_before) - G.width_padding_before;
                    for (int j = 0; j < dy.width; j += vector_width) {
                        Vector columns[bound(Taps)];
#pragma GCC unroll 9
                        for (int t = 0; t < Taps; ++t)
                            columns[t] = columns_in_order<G.stride>(from + pixel[t] + j * G.stride, 0, dy.width - j);
#pragma GCC unroll 4
                        for (int p = 0; p < Block; ++p) {
                            const Vector gradient = load_once(gradients[p] + i * dy.row_stride + j);
#pragma GCC unroll 9
                            for (int t = 0; t < Taps; ++t) sum[p][t] += gradient * columns[t];
                        }
                    }
                }
                for (int p = 0; p < channels; ++p)
                    for (int t = 0; t < (std::min)(Taps, size.taps - tap); ++t)
                        d_weight[((o + p) * size.from + c) * size.taps + tap + t] += sum_of_lanes(sum[p][t]);
            }
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

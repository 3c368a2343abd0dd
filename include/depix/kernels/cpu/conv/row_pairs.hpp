// Convolution of two output rows at a time, by Winograd's F(2, 3) along the columns. It needs two thirds of the
// multiplications.
//
// For two outputs, one below the other, a column of three taps g is applied to four inputs d. Four multiplications are
// enough in place of six (S. Winograd 1980; see winograd_transforms.hpp for two dimensions):
//
//     m0 = (d0 - d2) g0    m1 = (d1 + d2) (g0 + g1 + g2) / 2    m2 = (d2 - d1) (g0 - g1 + g2) / 2    m3 = (d3 - d1) g2
//     y0 = m0 + m1 + m2    y1 = m1 - m2 + m3
//
// The four products are summed over columns and input channels in registers, like a plain convolution's sums
// (direct.hpp). Nothing goes through memory in between, so this pays where channels are too few for transforms of whole
// tiles. Kernels of 6 or 9 rows are computed three rows at a time, into the same sums. Rounding errors are like those
// of a plain sum, or up to twice as large.
#pragma once

#include <algorithm>
#include <cstddef>

#include "depix/kernels/cpu/conv/direct.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

inline constexpr int row_pair_points = 4;

/// Whether a convolution for which Winograd's tiles do not pay is computed in pairs of rows. Each output channel has
/// four sums, so that a weight is used only once after it is loaded. This needs an instruction that loads and
/// multiplies, and some channels that share the transforms.
constexpr bool row_pairs_pay(const ConvGeometry& g) {
    return multiplies_from_memory && g.kernel % 3 == 0 && g.stride == 1 && g.out_channels >= 4;
}

/// Channels of a register block: as many as fit with their four sums, but with the fewest channels that only fill up
/// the last block.
constexpr int choose_row_pair_block(int out_channels, int registers = vector_registers) {
    const int most = (registers - 6) / row_pair_points;
    const int blocks = (out_channels + most - 1) / most;
    return (out_channels + blocks - 1) / blocks;
}

/// Elements of packed weights: (Out / Block, In, K / 3, K, 4, Block), where the last block is filled up with zeros.
constexpr std::size_t row_pair_packed_size(int in, int out, int kernel, int block) {
    return packed_size(in, out, kernel, block) / 3 * row_pair_points;
}

/// Packs this thread's part of the blocks; arguments as in pack_weights.
[[gnu::noinline]] inline void pack_row_pairs(const float* weight, int in, int out, int kernel, int block,
                                             const float* scale, float* packed, Team team) {
    const Part blocks = team.share(round_up(out, block) / block);
    const int values = kernel / 3 * kernel * row_pair_points * block;  // of one input channel
    for (int b = blocks.first; b < blocks.last; ++b)
        for (int c = 0; c < in; ++c)
            for (int t = 0; t < kernel / 3 * kernel; ++t)
                for (int lane = 0; lane < block; ++lane) {
                    const int o = b * block + lane;
                    float* to =
                        packed + static_cast<std::ptrdiff_t>(b * in + c) * values + t * row_pair_points * block + lane;
                    float g[3] = {};
                    for (int k = 0; k < 3 && o < out; ++k)
                        g[k] = weight[(static_cast<std::ptrdiff_t>(o * in + c) * kernel + t / kernel * 3 + k) * kernel +
                                      t % kernel] *
                               (scale ? scale[o] : 1.f);
                    to[0] = g[0];
                    to[block] = (g[0] + g[1] + g[2]) / 2;
                    to[2 * block] = (g[0] - g[1] + g[2]) / 2;
                    to[3 * block] = g[2];
                }
}

/// What is stored of a pair of rows.
enum class RowPairStore { Both, First, Second, Larger };

/// Computes one vector of two output rows from column `first` on, for Block channels. row.x points at the first tap of
/// the first column and row. `below` is the distance from the last input row but one to the last input row.
template <int Kernel, int Block>
DEPIX_INLINE void row_pair_tile(const ConvRow& row, std::ptrdiff_t below, std::ptrdiff_t y_row, int first,
                                const Epilogue& epilogue, RowPairStore what) {
    Vector sum[bound(row_pair_points)][bound(Block)];
#pragma GCC unroll 8
    for (int o = 0; o < Block; ++o) {
        sum[0][o] = sum[2][o] = sum[3][o] = Vector{};
        sum[1][o] = broadcast(row.bias && o < row.out_channels ? row.bias[o] : 0.f);  // m1 counts once in both rows
    }

    const float* channel = row.x + first;
    const float* weight = row.weight;
    for (int c = 0; c < row.in_channels; ++c, channel += row.x_channel) {
        if (row.prefetches) {
            prefetch<vector_width>(channel + (Kernel + 1) * row.x_row);
            prefetch<vector_width>(channel + (Kernel + 2) * row.x_row);
        }
        const float* taps = channel;
#pragma GCC unroll 3
        for (int group = 0; group < Kernel / 3; ++group, taps += 3 * row.x_row)
#pragma GCC unroll 9
            for (int l = 0; l < Kernel; ++l, weight += row_pair_points * Block) {
                const float* from = taps + l;
                const Vector d0 = load(from), d1 = load_once(from + row.x_row), d2 = load_once(from + 2 * row.x_row);
                const Vector d3 = load(from + 2 * row.x_row + (group == Kernel / 3 - 1 ? below : row.x_row));
                const Vector u[row_pair_points] = {d0 - d2, d1 + d2, d2 - d1, d3 - d1};
#pragma GCC unroll 4
                for (int p = 0; p < row_pair_points; ++p)
#pragma GCC unroll 8
                    for (int o = 0; o < Block; ++o) multiply_add_from(sum[p][o], u[p], weight + p * Block + o);
            }
    }

    Vector rows[2][bound(Block)];
#pragma GCC unroll 8
    for (int o = 0; o < Block; ++o) {
        rows[0][o] = sum[0][o] + sum[1][o] + sum[2][o];
        rows[1][o] = sum[1][o] - sum[2][o] + sum[3][o];
        if (what == RowPairStore::Larger) rows[0][o] = maximum(rows[0][o], rows[1][o]);
        if (what == RowPairStore::Second) rows[0][o] = rows[1][o];
    }
    if (row.holds(Block, first + vector_width) && !epilogue.accumulate) {
#pragma GCC unroll 8
        for (int o = 0; o < Block; ++o) {
            float* to = row.y + o * row.y_channel + first;
            store(to, rectify(rows[0][o], epilogue.rectifier));
            if (what == RowPairStore::Both) store(to + y_row, rectify(rows[1][o], epilogue.rectifier));
        }
        return;
    }
#pragma GCC unroll 1
    for (int o = 0; o < row.out_channels; ++o) {
        float* to = row.y + o * row.y_channel + first;
        finish(to, rows[0][o], row.width - first, epilogue);
        if (what == RowPairStore::Both) finish(to + y_row, rows[1][o], row.width - first, epilogue);
    }
}

/// Computes two output rows of a block of channels, and stores what `what` says of them.
template <int Kernel, int Block>
[[gnu::noinline]] void conv_row_pair(const ConvRow& row, std::ptrdiff_t below, std::ptrdiff_t y_row,
                                     const Epilogue& epilogue, RowPairStore what) {
    for (int j = 0; j < row.width; j += vector_width)
        row_pair_tile<Kernel, Block>(row, below, y_row, j, epilogue, what);
}

/// y = epilogue(x * weight), rows [first, last) of picture n; arguments as in conv_rows. Pairs begin at even rows on
/// every thread, so that a row does not depend on the number of threads.
template <int Kernel, int Block>
void conv_row_pairs(View<const float> x, int n, const float* weight, int padding, const Epilogue& epilogue,
                    View<float> y, int first, int last) {
    const int band = round_up(band_rows(x.channels, x.width, 1), 2);
    const bool prefetches = is_far(x);
    const std::size_t block_size = row_pair_packed_size(x.channels, Block, Kernel, Block);
    for (int top = first / 2 * 2; top < last; top += band) {
        const int bottom = (std::min)(top + band, last);
        const float* block_weight = weight;
        for (int o = 0; o < y.channels; o += Block, block_weight += block_size)
            for (int i = top; i < bottom; i += 2) {
                const RowPairStore what = i < first       ? RowPairStore::Second
                                          : i + 1 == last ? RowPairStore::First
                                                          : RowPairStore::Both;
                // If the last row has no partner, there may be no memory for an input row further down.
                const std::ptrdiff_t below = i + 1 < y.height ? x.row_stride : 0;
                conv_row_pair<Kernel, Block>(
                    {x.row(n, 0, i - padding) - padding, x.channel_stride, x.row_stride, x.channels, block_weight,
                     epilogue.bias ? epilogue.bias + o : nullptr, (std::min)(Block, y.channels - o),
                     y.row(n, o, (std::max)(i, first)), y.channel_stride, y.width, prefetches && o == 0},
                    below, y.row_stride, epilogue, what);
            }
    }
}

/// The same with 2x2 max pooling after it, for pooled rows [first, last); arguments as in conv_pool_rows.
template <int Kernel, int Block>
void conv_row_pairs_pooled(View<const float> x, int n, const float* weight, int padding, const Epilogue& epilogue,
                           int width, View<float> y, int first, int last, float* scratch) {
    const std::ptrdiff_t scratch_row = round_up(width, 2 * vector_width);
    const bool prefetches = is_far(x);
    const Epilogue to_scratch{epilogue.bias, epilogue.rectifier, false, true};
    const std::size_t block_size = row_pair_packed_size(x.channels, Block, Kernel, Block);
    for (int i = first; i < last; ++i) {
        const float* block_weight = weight;
        for (int o = 0; o < y.channels; o += Block, block_weight += block_size) {
            const int channels = (std::min)(Block, y.channels - o);
            conv_row_pair<Kernel, Block>({x.row(n, 0, 2 * i - padding) - padding, x.channel_stride, x.row_stride,
                                          x.channels, block_weight, epilogue.bias ? epilogue.bias + o : nullptr,
                                          channels, scratch, scratch_row, width, prefetches && o == 0},
                                         x.row_stride, 0, to_scratch, RowPairStore::Larger);
            for (int c = 0; c < channels; ++c) {
                const float* row = scratch + c * scratch_row;
                pool_rows(row, row, y.width, y.row(n, o + c, i), epilogue.padded);
            }
        }
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

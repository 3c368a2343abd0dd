// The gradient of a 3x3 convolution's weights by Winograd's F(4x4, 3x3), with a quarter of the multiplications.
//
// A tile's outputs, Y = A^T [ (G g G^T) * (B^T d B) ] A (winograd_transforms.hpp), are linear in the taps g. The taps'
// gradient is the transposed linear map, summed over all tiles:
//
//     dg = G^T [ sum of (A dY A^T) * (B^T d B) ] G
//
// Here a vector's lanes are channels, so that the sums are products of matrices whose inner dimension is the tiles. For
// some tiles at once:
//
//     U[p][tile][c]   the 36 transformed inputs                       (transform_pixels)
//     V[p][tile][o]   the 36 transformed gradients of the outputs     (transform_gradients)
//     S[p][o][c]     += sum over tiles of V[p][tile][o] U[p][tile][c] (multiply)
#pragma once

#include <algorithm>
#include <cstddef>

#include "depix/kernels/cpu/conv/panels.hpp"
#include "depix/kernels/cpu/conv/winograd_tiles.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// The sizes of such a gradient, all known from the channels.
struct WinogradGradientSizes {
    int in_channels;
    int out_channels;

    static constexpr int tiles_per_quarter = vector_width / 4;

    constexpr int in_vectors() const { return round_up(in_channels, vector_width) / vector_width; }
    /// Output channels whose sums are kept at once, in 8 MiB. They are whole panels.
    constexpr int outputs_at_once() const {
        const int room = (1 << 21) / (winograd_points * in_vectors() * vector_width * vector_width);
        return (std::min)((std::max)(room, 1) * vector_width, round_up(out_channels, vector_width));
    }
    /// Quarters of a vector of tiles that are computed together: as many as keep U and V in a second-level cache, but
    /// enough that there are some tiles to sum over.
    constexpr int quarters_at_once() const {
        const int floats = winograd_points * (in_vectors() * vector_width + outputs_at_once());
        return std::clamp(256 * 1024 / floats, 16, 256) / tiles_per_quarter;
    }
    constexpr int tiles_at_once() const { return quarters_at_once() * tiles_per_quarter; }
    // The points lie a little further apart than needed, because with a power of two they would all fall into the same
    // lines of a cache.
    constexpr std::ptrdiff_t u_point() const { return in_vectors() * vector_width * tiles_at_once() + 16; }
    constexpr std::ptrdiff_t v_point() const { return outputs_at_once() * tiles_at_once() + 16; }
    constexpr std::ptrdiff_t s_point() const { return outputs_at_once() * in_vectors() * vector_width + 16; }

    /// Floats of scratch for each thread.
    constexpr std::size_t scratch() const {
        return static_cast<std::size_t>(winograd_points * (u_point() + v_point() + s_point()));
    }
};

namespace winograd_detail {

/// Loads vector_width pixels of as many channels, which lie `stride` apart. v[j] gets pixel j of all channels. Only
/// `channels` channels exist; the other lanes are 0.
DEPIX_INLINE void load_pixels(const float* from, std::ptrdiff_t stride, int channels, Vector* v) {
    Vector rows[vector_width];
#pragma GCC unroll 16
    for (int c = 0; c < vector_width; ++c) rows[c] = c < channels ? load(from + c * stride) : Vector{};
    transpose(rows);
#pragma GCC unroll 16
    for (int j = 0; j < vector_width; ++j) v[j] = rows[j];
}

/// Stores U of a quarter's tiles and vector_width channels, from channel c on, to (to + tile * step)[p].
[[gnu::noinline]] inline void transform_pixels(const View<const float>& x, const Quarter& quarter, int c, EveryPoint to,
                                               std::ptrdiff_t step) {
    constexpr int columns = vector_width + 2;
    const int channels = (std::min)(vector_width, x.channels - c);
    Vector d[6 * columns];
    for (int r = 0; r < 6; ++r) {
        Vector* row = d + r * columns;
        if (quarter.row + r - 1 > x.height) {  // below the lower border
            std::fill_n(row, columns, Vector{});
            continue;
        }
        const float* from = x.row(quarter.image, c, quarter.row + r - 1) + quarter.column - 1;
        load_pixels(from, x.channel_stride, channels, row);
        Vector last[vector_width];
        load_pixels(from + vector_width, x.channel_stride, channels, last);  // the compiler removes all but two
        row[vector_width] = last[0];
        row[vector_width + 1] = last[1];
    }
    for (int j = 0; j < columns; ++j) transform_inputs(d + j, columns);
    for (int tile = 0; tile < vector_width / 4; ++tile, to = to + step)
        for (int r = 0; r < 6; ++r) {
            Vector row[6];
#pragma GCC unroll 6
            for (int j = 0; j < 6; ++j) row[j] = d[r * columns + 4 * tile + j];
            transform_inputs(row, 1);
#pragma GCC unroll 6
            for (int k = 0; k < 6; ++k) store(to[6 * r + k], row[k]);
        }
}

/// Stores V of a quarter's tiles and vector_width channels, from channel o on, to (to + tile * vector_width)[p].
[[gnu::noinline]] inline void transform_gradients(const View<const float>& dy, const Quarter& quarter, int o,
                                                  EveryPoint to) {
    const int channels = (std::min)(vector_width, dy.channels - o);
    Vector d[4 * vector_width], v[6 * vector_width];
    for (int r = 0; r < 4; ++r)
        if (quarter.row + r < dy.height)
            load_pixels(dy.row(quarter.image, o, quarter.row + r) + quarter.column, dy.channel_stride, channels,
                        d + r * vector_width);
        else
            std::fill_n(d + r * vector_width, vector_width, Vector{});
    for (int j = 0; j < vector_width; ++j) transform_gradient(d + j, vector_width, v + j, vector_width);
    for (int tile = 0; tile < vector_width / 4; ++tile, to = to + vector_width)
        for (int r = 0; r < 6; ++r) {
            Vector row[6];
            transform_gradient(v + r * vector_width + 4 * tile, 1, row, 1);
#pragma GCC unroll 6
            for (int k = 0; k < 6; ++k) store(to[6 * r + k], row[k]);
        }
}

/// d_weight[c][kernel][kernel] += G^T S G, for the `channels` input channels of a vector.
[[gnu::noinline]] inline void add_taps(EveryPoint s, int kernel, int channels, float* d_weight) {
    Vector rows[18], taps[9];
    for (int k = 0; k < 6; ++k) {
        Vector column[6];
#pragma GCC unroll 6
        for (int r = 0; r < 6; ++r) column[r] = load(s[6 * r + k]);
        transform_to_taps(column, 1, rows + k, 6);
    }
    for (int r = 0; r < 3; ++r) transform_to_taps(rows + 6 * r, 1, taps + 3 * r, 1);
    float lanes[9][vector_width];
    for (int t = 0; t < 9; ++t) store(lanes[t], taps[t]);
    for (int c = 0; c < channels; ++c)
        for (int r = 3 - kernel; r < 3; ++r)
            for (int k = 3 - kernel; k < 3; ++k) *d_weight++ += lanes[3 * r + k][c];
}

}  // namespace winograd_detail

/// Which part of the sums one thread computes: some output channels if there are enough for every thread, else some
/// tiles.
struct WinogradGradientPart {
    Part quarters;
    Part outputs;

    constexpr WinogradGradientPart(WinogradGradientSizes sizes, int all_quarters, Team team)
        : quarters{0, all_quarters}, outputs{0, sizes.out_channels} {
        if (sizes.out_channels < 64 * team.threads) {
            quarters = team.share(all_quarters);
            return;
        }
        outputs = share_panels(sizes.out_channels, team);
    }
};

/// d_weight += this thread's part of the gradient. x is (N, In, H, W) with a border of one pixel, and dy is
/// (N, Out, H, W) with zeros after every row up to a whole vector. d_weight is (Out, In, K, K), where K is 3 or 2; a
/// 2x2 kernel counts as a 3x3 kernel without its first row and column. The team shares `scratch`, which has
/// sizes.scratch() floats for each thread.
[[gnu::noinline]] inline void winograd_weight_gradient(View<const float> x, View<const float> dy,
                                                       WinogradGradientSizes sizes, int kernel, Team team,
                                                       float* scratch, float* d_weight) {
    using namespace winograd_detail;
    const TileGrid grid(dy.batch, dy.height, dy.width);
    const WinogradGradientPart part(sizes, grid.quarters(), team);
    constexpr int tiles = WinogradGradientSizes::tiles_per_quarter;
    const int in = sizes.in_channels, vectors = sizes.in_vectors(), at_once = sizes.quarters_at_once();
    float* own = scratch + sizes.scratch() * static_cast<std::size_t>(team.thread);
    const EveryPoint u{own, sizes.u_point()}, v{u[winograd_points], sizes.v_point()};
    const PointMatrices s{v[winograd_points], sizes.s_point(), vectors * vector_width};  // (points, Out, In)
    if (part.quarters.first == part.quarters.last) return;
    const bool one_turn = part.quarters.last - part.quarters.first <= at_once;

    for (int o = part.outputs.first; o < part.outputs.last; o += sizes.outputs_at_once()) {
        const int outputs = (std::min)(sizes.outputs_at_once(), part.outputs.last - o);
        for (int first = part.quarters.first; first < part.quarters.last; first += at_once) {
            const int quarters = (std::min)(at_once, part.quarters.last - first), depth = quarters * tiles;
            for (int q = 0; q < quarters; ++q) {
                const Quarter quarter = grid.quarter(first + q);
                for (int i = 0; i < vectors && (!one_turn || o == part.outputs.first); ++i) {
                    const GroupedVector in_u(i, vectors, depth);
                    transform_pixels(x, quarter, i * vector_width, u + in_u.first + q * tiles * in_u.channel,
                                     in_u.channel);
                }
                for (int i = 0; i < outputs; i += vector_width)
                    transform_gradients(dy, quarter, o + i, v + i * depth + q * tiles * vector_width);
            }
            for (int p = 0; p < winograd_points; ++p)
                multiply_vectors(u[p], v[p], depth, outputs, vectors, s.of(p), s.row, first != part.quarters.first);
        }
        for (int i = 0; i < outputs; ++i)
            for (int c = 0; c < in; c += vector_width)
                add_taps(s.at(i, c), kernel, (std::min)(vector_width, in - c),
                         d_weight + static_cast<std::ptrdiff_t>((o + i) * in + c) * kernel * kernel);
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

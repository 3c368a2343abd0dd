// 3x3 convolution by Winograd's F(4x4, 3x3): a quarter of the multiplications, for transforms before and behind.
//
// A picture is cut into tiles of 4x4 outputs. As many tiles as fit a vector go together, one a lane, so that every
// transform is plain arithmetic on vectors (winograd_transforms.hpp). Then, for some tiles at once:
//
//     U[p][c][tile]  the 36 transformed inputs of every input channel            (transform)
//     M[p][o][tile]  = sum over c of W[p][o][c] U[p][c][tile], 36 matrix products (multiply)
//     y[o][tile]     = the transformed products, bias and rectifier               (transform, store)
//
// One compiled function serves every convolution, whatever its channels and size. Its numbers differ from those of a
// plain sum by about 1e-6 to 2e-5 of the output's range, some ten times float's own rounding: the transforms multiply
// by up to 25 and subtract again.
#pragma once

#include <algorithm>
#include <cstddef>

#include "depix/kernels/cpu/conv.hpp"
#include "depix/kernels/cpu/winograd_transforms.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Whether Winograd is used for a convolution. The transforms cost as much as a few channels of the products do: with
/// few channels on either side nothing is gained.
///
/// A 2x2 kernel counts as one of 3x3 whose first row and column are 0: even so that is 64 multiplications for 36.
constexpr bool winograd_pays(const ConvGeometry& g) {
    const bool three = g.kernel == 3 && g.padding_before == 1 && g.padding_after == 1;
    const bool two = g.kernel == 2 && g.padding_before == 0 && g.padding_after == 1;
    return (three || two) && g.stride == 1 && g.in_channels >= 16 && g.out_channels >= 16;
}

/// The sizes of a Winograd convolution, all known from its channels.
struct WinogradSizes {
    int in_channels;
    int out_channels;

    /// Transformed weights are four times as many as taps. Where that is much, the taps are kept, and transformed
    /// whenever they are used: such layers work on small maps, and wait for memory more than for arithmetic.
    constexpr bool keeps_taps() const { return in_channels * out_channels >= 128 * 256; }

    constexpr int padded_out() const { return round_up(out_channels, vector_width); }
    /// Elements of packed weights.
    constexpr std::size_t packed() const {
        const int values = keeps_taps() ? 9 : winograd_points;
        return static_cast<std::size_t>(padded_out()) * static_cast<std::size_t>(in_channels * values);
    }
    /// Output channels whose products are found before they are transformed.
    constexpr int channels_at_once() const {
        const int room = keeps_taps() ? (1 << 20) / (winograd_points * in_channels) : 256;  // 4 MiB of weights
        const int channels = std::max(room / vector_width, 1) * vector_width;
        return std::min(channels, padded_out());
    }
    /// Vectors of tiles that are worked on together: as many as keep U and M near the second-level cache, but enough
    /// that weights are not fetched for little work. A multiple of three.
    constexpr int vectors_at_once() const {
        const int floats = winograd_points * (in_channels + channels_at_once()) * vector_width;
        const int room = 192 * 1024 / floats / 3 * 3;
        return std::clamp(room, keeps_taps() ? 12 : 3, 24);
    }
    // A little more than needed between the points: a power of two would put them all into the same lines of a cache.
    constexpr std::ptrdiff_t u_point() const { return in_channels * vectors_at_once() * vector_width + 16; }
    constexpr std::ptrdiff_t m_point() const { return channels_at_once() * vectors_at_once() * vector_width + 16; }
    constexpr std::ptrdiff_t w_point() const {
        return in_channels * (keeps_taps() ? channels_at_once() : padded_out());
    }

    /// Floats of scratch for each thread.
    constexpr std::size_t scratch() const {
        const std::ptrdiff_t weights = keeps_taps() ? w_point() : 0;
        return static_cast<std::size_t>(winograd_points * (weights + u_point() + m_point()));
    }
};

/// What to do with the 4x4 outputs of a tile.
enum class WinogradStore { Plain, Pooled, Shuffled };

namespace winograd_detail {

/// A quarter of a vector of tiles: neighbours in a row, vector_width pixels wide.
struct Quarter {
    int picture = -1;  ///< -1: behind the last
    int row = 0;       ///< of its first pixel
    int column = 0;
};

/// Quarters of all pictures of a batch, row by row.
struct TileGrid {
    int batch, tile_rows, quarters_per_row;

    constexpr TileGrid(int pictures, int height, int width)
        : batch(pictures),
          tile_rows(round_up(height, 4) / 4),
          quarters_per_row(round_up(width, vector_width) / vector_width) {}
    constexpr int quarters() const { return batch * tile_rows * quarters_per_row; }
    constexpr int vectors() const { return round_up(quarters(), 4) / 4; }
    constexpr Quarter quarter(int index) const {
        if (index >= quarters()) return {};
        const int row = index / quarters_per_row;
        return {row / tile_rows, row % tile_rows * 4, index % quarters_per_row * vector_width};
    }
};

/// U[p][c] of one vector of tiles for all input channels c: to[p * point + c * channel].
[[gnu::noinline]] inline void transform_tiles(const View<const float>& x, const Quarter (&quarters)[4], float* to,
                                              std::ptrdiff_t point, std::ptrdiff_t channel) {
    static constexpr float zeros[2 * vector_width + 8] = {};
    const float* corner[4];
    int rows[4];  // that the picture and its lower border have, counted from the corner
    for (int q = 0; q < 4; ++q) {
        const bool real = quarters[q].picture >= 0;
        corner[q] = real ? x.row(quarters[q].picture, 0, quarters[q].row - 1) + quarters[q].column - 1 : zeros;
        rows[q] = real ? x.height + 2 - quarters[q].row : 0;
    }
    for (int c = 0; c < x.channels; ++c, to += channel) {
        Vector d[winograd_points];
#pragma GCC unroll 6
        for (int r = 0; r < 6; ++r) {
            Vector left[4], right[4];
#pragma GCC unroll 4
            for (int q = 0; q < 4; ++q) {
                const float* from = r < rows[q] ? corner[q] + r * x.row_stride : zeros;
                left[q] = load(from);
                right[q] = load(from + 4);
            }
            transpose_quads(left);
            transpose_quads(right);  // columns 4 and 5; the next tiles' own are of no use
            d[6 * r + 0] = left[0];
            d[6 * r + 1] = left[1];
            d[6 * r + 2] = left[2];
            d[6 * r + 3] = left[3];
            d[6 * r + 4] = right[0];
            d[6 * r + 5] = right[1];
            transform_inputs(d + 6 * r, 1);
        }
#pragma GCC unroll 6
        for (int k = 0; k < 6; ++k) {
            transform_inputs(d + k, 6);
#pragma GCC unroll 6
            for (int r = 0; r < 6; ++r) store(to + (6 * r + k) * point, d[6 * r + k]);
        }
        for (int q = 0; q < 4; ++q)
            if (rows[q] > 0) corner[q] += x.channel_stride;
    }
}

/// Taps of vector_width output channels and one input channel, [9][lane], to [36][lane], `point` apart.
DEPIX_INLINE void transform_weights(const float* taps, float* to, std::ptrdiff_t point) {
    Vector g[9], rows[18];
#pragma GCC unroll 9
    for (int t = 0; t < 9; ++t) g[t] = load(taps + t * vector_width);
#pragma GCC unroll 3
    for (int k = 0; k < 3; ++k) transform_taps(g + k, 3, rows + k, 3);
#pragma GCC unroll 6
    for (int r = 0; r < 6; ++r) {
        Vector w[6];
        transform_taps(rows + 3 * r, 1, w, 1);
#pragma GCC unroll 6
        for (int k = 0; k < 6; ++k) store(to + (6 * r + k) * point, w[k]);
    }
}

/// m[o] = sum over c of w[c][o] u[c], for Channels of a panel's lanes and Vectors of tiles.
template <int Channels, int Vectors>
DEPIX_INLINE void multiply(const float* u, const float* w, int depth, float* m, std::ptrdiff_t m_channel) {
    Vector sum[Channels][Vectors];
#pragma GCC unroll 8
    for (int o = 0; o < Channels; ++o)
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v) sum[o][v] = Vector{};
#pragma GCC unroll 2
    for (int c = 0; c < depth; ++c, u += Vectors * vector_width, w += vector_width) {
        Vector tiles[Vectors];
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v) tiles[v] = load(u + v * vector_width);
#pragma GCC unroll 8
        for (int o = 0; o < Channels; ++o) {
            const Vector weight = broadcast(w[o]);
#pragma GCC unroll 3
            for (int v = 0; v < Vectors; ++v) sum[o][v] += weight * tiles[v];
        }
    }
#pragma GCC unroll 8
    for (int o = 0; o < Channels; ++o)
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v) store(m + o * m_channel + v * vector_width, sum[o][v]);
}

/// M[p] of `channels` output channels (whole panels) and Vectors vectors of tiles.
template <int Vectors>
[[gnu::noinline]] void multiply_panels(const float* u, const float* w, int depth, int channels, float* m,
                                       std::ptrdiff_t m_channel) {
    constexpr int most = vector_registers == 32 ? 8 : Vectors == 1 ? 8 : 4;
    constexpr int block = most < vector_width ? most : vector_width;
    for (int o = 0; o < channels; o += vector_width, w += depth * vector_width)
        for (int lane = 0; lane < vector_width; lane += block)
            multiply<block, Vectors>(u, w + lane, depth, m + (o + lane) * m_channel, m_channel);
}

/// The 4x4 outputs of a vector of tiles, bias added: y[4 * row + column].
DEPIX_INLINE void outputs_of(const float* m, std::ptrdiff_t point, float bias, Vector (&y)[16]) {
    Vector rows[24];
#pragma GCC unroll 6
    for (int k = 0; k < 6; ++k) {
        Vector products[6];
#pragma GCC unroll 6
        for (int r = 0; r < 6; ++r) products[r] = load(m + (6 * r + k) * point);
        transform_products(products, 1, rows + k, 6);
    }
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) {
        transform_products(rows + 6 * r, 1, y + 4 * r, 1);
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k) y[4 * r + k] += broadcast(bias);
    }
}

/// Rows of `out`, all four quarters behind each other: out[row * 4 * vector_width + ...] = the outputs as pixels.
DEPIX_INLINE void outputs_as_pixels(const float* m, std::ptrdiff_t point, float bias, Vector (&pixels)[4][4]) {
    Vector y[16];
    outputs_of(m, point, bias, y);
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) {
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k) pixels[r][k] = y[4 * r + k];
        transpose_quads(pixels[r]);
    }
}

[[gnu::noinline]] inline void store_tiles(const float* m, std::ptrdiff_t point, const Quarter (&quarters)[4], int o,
                                          const Epilogue& epilogue, const View<float>& y) {
    Vector pixels[4][4];
    outputs_as_pixels(m, point, epilogue.bias ? epilogue.bias[o] : 0.f, pixels);
    for (int q = 0; q < 4; ++q) {
        if (quarters[q].picture < 0) break;
        const int rows = std::min(4, y.height - quarters[q].row);
        float* to = y.row(quarters[q].picture, o, quarters[q].row) + quarters[q].column;
        for (int r = 0; r < rows; ++r, to += y.row_stride)
            finish(to, pixels[r][q], y.width - quarters[q].column, epilogue);
    }
}

/// With 2x2 max pooling behind.
[[gnu::noinline]] inline void store_tiles_pooled(const float* m, std::ptrdiff_t point, const Quarter (&quarters)[4],
                                                 int o, const Epilogue& epilogue, const View<float>& y) {
    Vector full[16];
    outputs_of(m, point, epilogue.bias ? epilogue.bias[o] : 0.f, full);
    const auto largest = [&](int i) {  // a rectifier never changes which one is the largest
        return rectify(maximum(maximum(full[i], full[i + 1]), maximum(full[i + 4], full[i + 5])),
                       epilogue.negative_slope);
    };
    Vector pooled[4] = {largest(0), largest(2), largest(8), largest(10)};
    transpose_quads(pooled);  // of every tile the two rows of two behind each other
    for (int q = 0; q < 4; ++q) {
        if (quarters[q].picture < 0) break;
        float tiles[vector_width];
        store(tiles, pooled[q]);
        const int row = quarters[q].row / 2, column = quarters[q].column / 2;
        for (int r = 0; r < std::min(2, y.height - row); ++r) {
            float* to = y.row(quarters[q].picture, o, row + r) + column;
            const int count = std::min(vector_width / 2, y.width - column);
            for (int j = 0; j < count; ++j) to[j] = tiles[j / 2 * 4 + 2 * r + j % 2];
            if (epilogue.padded && column + count == y.width)
                for (int j = count; column + j < round_up(y.width, vector_width); ++j) to[j] = 0;
        }
    }
}

/// With a pixel shuffle by 2 behind: channels o to o + 3 become one. `m_channel` lies between their products.
[[gnu::noinline]] inline void store_tiles_shuffled(const float* m, std::ptrdiff_t point, std::ptrdiff_t m_channel,
                                                   const Quarter (&quarters)[4], int o, const Epilogue& epilogue,
                                                   const View<float>& y) {
    for (int phase = 0; phase < 2; ++phase) {  // of the two rows that one becomes
        Vector even[4][4], odd[4][4];
        const int c = o + 2 * phase;
        outputs_as_pixels(m + 2 * phase * m_channel, point, epilogue.bias ? epilogue.bias[c] : 0.f, even);
        outputs_as_pixels(m + (2 * phase + 1) * m_channel, point, epilogue.bias ? epilogue.bias[c + 1] : 0.f, odd);
        for (int q = 0; q < 4; ++q) {
            if (quarters[q].picture < 0) break;
            const int row = quarters[q].row * 2 + phase, column = quarters[q].column * 2;
            for (int r = 0; r < 4 && row + 2 * r < y.height; ++r) {
                float* to = y.row(quarters[q].picture, o / 4, row + 2 * r) + column;
                finish(to, zip_low(even[r][q], odd[r][q]), y.width - column, epilogue);
                if (y.width > column + vector_width)
                    finish(to + vector_width, zip_high(even[r][q], odd[r][q]), y.width - column - vector_width,
                           epilogue);
            }
        }
    }
}

}  // namespace winograd_detail

/// Packs this thread's part of the weights of a kernel of 3x3 or 2x2; other arguments as pack_weights. `flipped`: the
/// taps in reverse, as the gradient of a convolution's input wants them.
[[gnu::noinline]] inline void pack_winograd(const float* weight, WinogradSizes sizes, int kernel, bool flipped,
                                            const float* scale, float* packed, Team team) {
    const int in = sizes.in_channels, out = sizes.out_channels;
    const Interval panels = team.share(sizes.padded_out() / vector_width);
    for (int panel = panels.first; panel < panels.last; ++panel)
        for (int c = 0; c < in; ++c) {
            float taps[9 * vector_width] = {};
            for (int t = 0; t < kernel * kernel; ++t)
                for (int lane = 0; lane < vector_width; ++lane) {
                    const int o = panel * vector_width + lane;
                    if (o >= out) break;
                    const std::ptrdiff_t pair = flipped ? c * out + o : o * in + c;
                    const int row = t / kernel + 3 - kernel, column = t % kernel + 3 - kernel;
                    const int place = flipped ? 8 - (3 * row + column) : 3 * row + column;
                    taps[place * vector_width + lane] = weight[pair * kernel * kernel + t] * (scale ? scale[o] : 1.f);
                }
            const std::ptrdiff_t place = static_cast<std::ptrdiff_t>(panel) * in + c;
            if (sizes.keeps_taps())
                std::copy_n(taps, 9 * vector_width, packed + place * 9 * vector_width);
            else
                winograd_detail::transform_weights(taps, packed + place * vector_width, sizes.w_point());
        }
}

/// Vectors of tiles that a batch of outputs of a convolution has, `height` and `width` before pooling or shuffling:
/// what threads share.
constexpr int winograd_vectors(int batch, int height, int width) {
    return winograd_detail::TileGrid(batch, height, width).vectors();
}

/// y = epilogue(x * weight), vectors [part.first, part.last) of tiles. x is (N, In, H, W) with a border of one pixel; y
/// is (N, Out, H, W), or as pooling or a pixel shuffle by two leaves it. `scratch` is the thread's own.
template <WinogradStore Store>
[[gnu::noinline]] void winograd_tiles(View<const float> x, const float* packed, WinogradSizes sizes,
                                      const Epilogue& epilogue, View<float> y, Interval part, float* scratch) {
    using namespace winograd_detail;
    const TileGrid grid(x.batch, x.height, x.width);
    const int at_once = sizes.vectors_at_once(), chunk = sizes.channels_at_once(), in = sizes.in_channels;
    float* own_weights = scratch;
    float* u = own_weights + (sizes.keeps_taps() ? winograd_points * sizes.w_point() : 0);
    float* m = u + winograd_points * sizes.u_point();
    for (int first = part.first; first < part.last; first += at_once) {
        const int vectors = std::min(at_once, part.last - first);
        Quarter quarters[24][4];
        for (int v = 0; v < vectors; ++v) {
            for (int q = 0; q < 4; ++q) quarters[v][q] = grid.quarter((first + v) * 4 + q);
            // Vectors are multiplied three at a time, and lie so: [group of three][channel][vector of the group].
            const int group = v / 3 * 3, of = std::min(3, vectors - group);
            transform_tiles(x, quarters[v], u + (group * in + v - group) * vector_width, sizes.u_point(),
                            of * vector_width);
        }
        for (int o = 0; o < sizes.out_channels; o += chunk) {
            const int channels = std::min(chunk, sizes.padded_out() - o);
            const float* weights = packed + o * in;
            if (sizes.keeps_taps()) {
                for (int i = 0; i < channels / vector_width * in; ++i)
                    transform_weights(packed + (static_cast<std::ptrdiff_t>(o) * in + i * vector_width) * 9,
                                      own_weights + i * vector_width, sizes.w_point());
                weights = own_weights;
            }
            const std::ptrdiff_t m_channel = at_once * vector_width;
            for (int p = 0; p < winograd_points; ++p)
                for (int v = 0; v < vectors; v += 3) {
                    const float* tiles = u + p * sizes.u_point() + v * in * vector_width;
                    const float* w = weights + p * sizes.w_point();
                    float* products = m + p * sizes.m_point() + v * vector_width;
                    if (vectors - v >= 3)
                        multiply_panels<3>(tiles, w, in, channels, products, m_channel);
                    else if (vectors - v == 2)
                        multiply_panels<2>(tiles, w, in, channels, products, m_channel);
                    else
                        multiply_panels<1>(tiles, w, in, channels, products, m_channel);
                }
            constexpr int step = Store == WinogradStore::Shuffled ? 4 : 1;
            for (int c = 0; c < std::min(channels, sizes.out_channels - o); c += step)
                for (int v = 0; v < vectors; ++v) {
                    const float* products = m + c * m_channel + v * vector_width;
                    if constexpr (Store == WinogradStore::Plain)
                        store_tiles(products, sizes.m_point(), quarters[v], o + c, epilogue, y);
                    else if constexpr (Store == WinogradStore::Pooled)
                        store_tiles_pooled(products, sizes.m_point(), quarters[v], o + c, epilogue, y);
                    else
                        store_tiles_shuffled(products, sizes.m_point(), m_channel, quarters[v], o + c, epilogue, y);
                }
        }
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

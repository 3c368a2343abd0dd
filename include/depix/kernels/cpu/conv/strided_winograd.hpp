// 3x3 convolution of stride 2, and its input gradient, the transposed convolution, by Winograd's F(2, 2). A tile needs
// 25 multiplications; tap by tap it needs 36.
//
// In one dimension every other tap of a convolution of stride 2 is a tap of a convolution with two taps. Two outputs of
// the latter need three multiplications in place of four. With five inputs d and three taps g:
//
//     y0 = (d0 - d2) g0 + d1 g1 + d2 (g0 + g2)
//     y1 = (d4 - d2) g2 + d3 g1 + d2 (g0 + g2)
//
// The terms belong to three sums: of y0 alone, of both, and of y1 alone. In two dimensions these are 9 sums of 25 terms
// for 2x2 outputs. With the sum over input channels they are 9 products of matrices, M[s][o] = sum over t, c of
// W[s][o][t, c] U[s][t, c]. In the transposed convolution three inputs become four outputs, by 25 products for 4x4:
//
//     y0 = d0 g1    y1 = (d0 - d1) g2 + d1 (g0 + g2)    y2 = d1 g1    y3 = (d2 - d1) g0 + d1 (g0 + g2)
//
// As in winograd.hpp, a vector holds tiles, one in each lane. Nothing is multiplied by more than a tap or a sum of
// taps, so the rounding errors are about those of a plain sum.
#pragma once

#include <algorithm>
#include <cstddef>

#include "depix/kernels/cpu/conv/direct.hpp"
#include "depix/kernels/cpu/conv/panels.hpp"
#include "depix/kernels/cpu/conv/strided_winograd_tiles.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Whether this is used for a convolution, or a transposed one. For every tile each input channel is transformed before
/// the products and each output channel after them; the products must save more than that. From 64 to 128 channels this
/// is faster than tap by tap by a third and more. From 16 to 32 channels it is faster by 5 % at best, and slower where
/// other programs use the caches.
constexpr bool strided_winograd_pays(const ConvGeometry& g, bool transposed) {
    const bool fits = g.kernel == 3 && g.stride == 2 && g.padding_before == 1 &&
                      (transposed ? g.padding_after == 1 : g.padding_after <= 1);
    return fits && g.in_channels * g.out_channels >= 16 * (g.in_channels + g.out_channels);
}

/// Where a product of matrices finds its factors: its terms lie one after the other, as if they were input channels.
struct StridedProduct {
    int u;      ///< its first map of U
    int w;      ///< its first map of W
    int terms;  ///< maps of each that it sums over
};

/// The sizes of such a convolution, all known from its channels.
struct StridedSizes {
    int in_channels;
    int out_channels;
    bool up;  ///< whether it is a transposed one

    /// The number of maps of U, and of W: row terms times column terms.
    constexpr int maps() const { return up ? 16 : 25; }
    constexpr int products() const { return up ? 25 : 9; }

    constexpr int padded_out() const { return round_up(out_channels, vector_width); }
    /// Elements of packed weights: [product][panel of vector_width outputs][term][input channel][lane].
    constexpr std::size_t packed() const { return static_cast<std::size_t>(maps() * w_map()); }
    constexpr int channels_at_once() const { return (std::min)(256, padded_out()); }
    /// Vectors of tiles that are computed together: as many as keep U and M near the second-level cache's size, but
    /// enough that there is much work for each weight that is fetched. The number is a multiple of three, for which the
    /// products are fastest.
    constexpr int vectors_at_once() const {
        const int floats = (maps() * in_channels + products() * channels_at_once()) * vector_width;
        return std::clamp(96 * 1024 / floats / 3 * 3, 3, 24);
    }
    constexpr std::ptrdiff_t w_map() const { return static_cast<std::ptrdiff_t>(in_channels) * padded_out(); }
    // The maps lie a little further apart than needed, because with a power of two they would all fall into the same
    // lines of a cache.
    constexpr std::ptrdiff_t u_map() const { return in_channels * vectors_at_once() * vector_width + 16; }
    constexpr std::ptrdiff_t m_map() const { return channels_at_once() * vectors_at_once() * vector_width + 16; }
    /// Floats of scratch for each thread.
    constexpr std::size_t scratch() const { return static_cast<std::size_t>(maps() * u_map() + products() * m_map()); }

    constexpr StridedProduct product(int index) const {
        if (!up) return sum(index / 3, index % 3);
        constexpr int input[] = {0, 2, 1, 1, 3}, tap[] = {0, 1, 2, 0, 3};  // of transform_strided_inputs, ..._taps
        return {4 * input[index / 5] + input[index % 5], 4 * tap[index / 5] + tap[index % 5], 1};
    }

    /// Where row term i and column term j lie, in U and in W: term `own` of `terms` from map `first` on.
    struct Term {
        int first, terms, own;
    };
    constexpr Term term(int i, int j) const {
        if (up) return {4 * i + j, 1, 0};
        constexpr int sum_of[] = {0, 0, 1, 2, 2};
        const StridedProduct in = sum(sum_of[i], sum_of[j]);
        return {in.u, in.terms, (i - first_term[sum_of[i]]) * terms_of[sum_of[j]] + j - first_term[sum_of[j]]};
    }

  private:
    // For the three sums of one dimension: of the first output alone, of both, and of the second alone.
    static constexpr int first_term[] = {0, 2, 3}, terms_of[] = {2, 1, 2};

    static constexpr StridedProduct sum(int a, int b) {
        const int first = 5 * first_term[a] + terms_of[a] * first_term[b];
        return {first, first, terms_of[a] * terms_of[b]};
    }
};

/// Packs this thread's part of the weights, which are (Out, In, 3, 3), or (In, Out, 3, 3) if `sizes.up`. So the same
/// weights serve a convolution and the gradient of its input. The other arguments are as in pack_weights.
[[gnu::noinline]] inline void pack_strided_winograd(const float* weight, StridedSizes sizes, const float* scale,
                                                    float* packed, Team team) {
    using namespace winograd_detail;
    const int in = sizes.in_channels, out = sizes.out_channels, terms = strided_terms(sizes.up);
    const Part panels = team.share(sizes.padded_out() / vector_width);
    for (int panel = panels.first; panel < panels.last; ++panel)
        for (int c = 0; c < in; ++c) {
            Vector taps[9] = {};
            for (int lane = 0; lane < vector_width && panel * vector_width + lane < out; ++lane) {
                const int o = panel * vector_width + lane;
                const float* from = weight + static_cast<std::ptrdiff_t>(sizes.up ? c * out + o : o * in + c) * 9;
                for (int t = 0; t < 9; ++t) taps[t][lane] = from[t] * (scale ? scale[o] : 1.f);
            }
            Vector by_columns[3 * 5], done[5];  // [tap of a row][row term]
            for (int l = 0; l < 3; ++l) transform_strided_taps(taps + l, 3, sizes.up, by_columns + 5 * l);
            for (int i = 0; i < terms; ++i) {
                transform_strided_taps(by_columns + i, 5, sizes.up, done);
                for (int j = 0; j < terms; ++j) {
                    const StridedSizes::Term at = sizes.term(i, j);
                    const std::ptrdiff_t row = (static_cast<std::ptrdiff_t>(panel) * at.terms + at.own) * in + c;
                    store(packed + at.first * sizes.w_map() + row * vector_width, done[j]);
                }
            }
        }
}

/// Computes this thread's part of y = epilogue(x * weight). x is (N, In, H, W) with a border of one pixel. y is
/// (N, Out, H', W'), about half as large, or twice as large if `sizes.up`. The team shares `scratch`, which has
/// sizes.scratch() floats for each thread.
[[gnu::noinline]] inline void strided_winograd(View<const float> x, const float* packed, StridedSizes sizes,
                                               const Epilogue& epilogue, View<float> y, Team team, float* scratch) {
    using namespace winograd_detail;
    const int scale = sizes.up ? 1 : 2;  // a tile has 4x4 pixels of the larger map
    const TileGrid grid(y.batch, y.height * scale, y.width * scale);
    const Part part = team.share(grid.vectors());
    const int at_once = sizes.vectors_at_once(), chunk = sizes.channels_at_once(), in = sizes.in_channels;
    const int terms = strided_terms(sizes.up);
    float* u = scratch + sizes.scratch() * static_cast<std::size_t>(team.thread);
    // (products, Out, tiles)
    const PointMatrices m{u + sizes.maps() * sizes.u_map(), sizes.m_map(), at_once * vector_width};
    const auto transform = sizes.up ? &transform_strided_tiles<true> : &transform_strided_tiles<false>;
    const auto store = sizes.up ? &store_tiles_up : &store_tiles_down;

    for (int first = part.first; first < part.last; first += at_once) {
        const int vectors = (std::min)(at_once, part.last - first);
        Quarter quarters[24][4];
        for (int v = 0; v < vectors; ++v) {
            for (int q = 0; q < 4; ++q) quarters[v][q] = grid.quarter((first + v) * 4 + q);
            std::ptrdiff_t places[25];
            const std::ptrdiff_t channel = GroupedVector(v, vectors, in).channel;
            for (int i = 0; i < terms; ++i)
                for (int j = 0; j < terms; ++j) {
                    const StridedSizes::Term at = sizes.term(i, j);
                    places[i * terms + j] = at.first * sizes.u_map() + GroupedVector(v, vectors, at.terms * in).first +
                                            at.own * in * channel;
                }
            transform(x, quarters[v], u, places, channel);
        }
        for (int o = 0; o < sizes.out_channels; o += chunk) {
            const int channels = (std::min)(chunk, sizes.out_channels - o);
            for (int p = 0; p < sizes.products(); ++p) {
                const StridedProduct product = sizes.product(p);
                const int depth = product.terms * in;
                multiply_vectors(u + product.u * sizes.u_map(), packed + product.w * sizes.w_map() + o * depth, depth,
                                 channels, vectors, m.of(p), m.row);
            }
            for (int c = 0; c < channels; ++c)
                for (int v = 0; v < vectors; ++v) store(m.at(c, v * vector_width), quarters[v], o + c, epilogue, y);
        }
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

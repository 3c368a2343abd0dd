// A product of matrices in the form that convolutions need: with weights in panels of vector_width output channels, and
// with pixels or tiles in vectors, three at a time.
#pragma once

#include <algorithm>
#include <cstddef>

#include "depix/kernels/cpu/cpu.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// The most output channels that a product keeps in registers at once. Products write no more channels than fill up
/// blocks of this size.
inline constexpr int largest_panel_block = 8;

/// This thread's part of the output channels: whole panels, except for the last one.
constexpr Part share_panels(int channels, Team team) {
    const Part panels = team.share(round_up(channels, vector_width) / vector_width);
    return {panels.first * vector_width, (std::min)(panels.last * vector_width, channels)};
}

/// sum[o] += sum over c of w[c][o] u[c], for Channels of a panel's lanes and Vectors vectors of pixels or tiles.
template <int Channels, int Vectors>
DEPIX_INLINE void add_products(const float* u, const float* w, int depth,
                               Vector (&sum)[bound(Channels)][bound(Vectors)]) {
#pragma GCC unroll 2
    for (int c = 0; c < depth; ++c, u += Vectors * vector_width, w += vector_width) {
        Vector column[bound(Vectors)];
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v) column[v] = load(u + v * vector_width);
#pragma GCC unroll 8
        for (int o = 0; o < Channels; ++o) {
            const Vector weight = broadcast(w[o]);
#pragma GCC unroll 3
            for (int v = 0; v < Vectors; ++v) sum[o][v] += weight * column[v];
        }
    }
}

/// m[o] = sum over c of w[c][o] u[c], for Channels of a panel's lanes and Vectors vectors of tiles. The sums are added
/// to m if `accumulate`.
template <int Channels, int Vectors>
DEPIX_INLINE void multiply(const float* u, const float* w, int depth, float* m, std::ptrdiff_t m_channel,
                           bool accumulate) {
    Vector sum[bound(Channels)][bound(Vectors)];
#pragma GCC unroll 8
    for (int o = 0; o < Channels; ++o)
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v) sum[o][v] = Vector{};
    add_products<Channels, Vectors>(u, w, depth, sum);
#pragma GCC unroll 8
    for (int o = 0; o < Channels; ++o)
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v) {
            float* const to = m + o * m_channel + v * vector_width;
            store(to, accumulate ? load(to) + sum[o][v] : sum[o][v]);  // sums of sums round less than one long sum
        }
}

/// Computes M[p] of `channels` output channels and Vectors vectors of tiles. Channels that only fill up the last panel
/// are left out where they are half a block.
template <int Vectors>
[[gnu::noinline]] void multiply_panels(const float* u, const float* w, int depth, int channels, float* m,
                                       std::ptrdiff_t m_channel, bool accumulate) {
    constexpr int most = vector_registers == 32 || Vectors == 1 ? largest_panel_block : 4;
    constexpr int block = most < vector_width ? most : vector_width;
    for (int o = 0; o < channels; o += block) {
        const float* weights = w + o / vector_width * depth * vector_width + o % vector_width;
        if (channels - o > block / 2)
            multiply<block, Vectors>(u, weights, depth, m + o * m_channel, m_channel, accumulate);
        else
            multiply<block / 2, Vectors>(u, weights, depth, m + o * m_channel, m_channel, accumulate);
    }
}

/// Where a vector lies among several that are multiplied three at a time: [group][input channel][vector of the group].
struct GroupedVector {
    std::ptrdiff_t first;    ///< floats from the start to its first channel
    std::ptrdiff_t channel;  ///< floats from there to the next channel; the last group may be smaller

    constexpr GroupedVector(int index, int vectors, int depth) {
        const int group = index / 3 * 3;
        first = (group * depth + index - group) * vector_width;
        channel = (vectors - group < 3 ? vectors - group : 3) * vector_width;
    }
};

/// The same product for any number of vectors, which lie as GroupedVector says.
inline void multiply_vectors(const float* u, const float* w, int depth, int channels, int vectors, float* m,
                             std::ptrdiff_t m_channel, bool accumulate = false) {
    for (int v = 0; v < vectors; v += 3) {
        const float* group = u + v * depth * vector_width;
        float* products = m + v * vector_width;
        if (vectors - v >= 3)
            multiply_panels<3>(group, w, depth, channels, products, m_channel, accumulate);
        else if (vectors - v == 2)
            multiply_panels<2>(group, w, depth, channels, products, m_channel, accumulate);
        else
            multiply_panels<1>(group, w, depth, channels, products, m_channel, accumulate);
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

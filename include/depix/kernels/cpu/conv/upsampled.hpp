// Upsample<2> and a 2x2 convolution after it (padded right and below) as one step. It needs a quarter of the
// multiplications, and never computes the large map between the two.
//
// After upsampling, four neighbours are often the same pixel four times. Let x be a pixel, and r, d and e the pixels to
// its right, below it, and below to the right. With taps a b / c d', the four outputs whose first pixel is x are
//
//     y00 = (a + b + c + d') x
//     y01 = y00 + (b + d') (r - x)
//     y10 = y00 + (c + d') (d - x)
//     y11 = y01 + y10 - y00 + d' (e - r - d + x)
//
// These are four multiplications, where the convolution has sixteen. Summed over input channels they are four products
// of matrices: one with the pixels, and three with maps of their differences.
#pragma once

#include <algorithm>
#include <cstddef>

#include "depix/kernels/cpu/conv/direct.hpp"
#include "depix/kernels/cpu/conv/panels.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// The sizes of such a step, all known from its channels.
struct UpsampledSizes {
    int in_channels;
    int out_channels;

    static constexpr int points = 4;

    constexpr int padded_out() const { return round_up(out_channels, vector_width); }
    constexpr std::ptrdiff_t w_point() const { return static_cast<std::ptrdiff_t>(in_channels) * padded_out(); }
    /// Elements of packed weights: [point][panel of vector_width outputs][input channel][lane].
    constexpr std::size_t packed() const { return static_cast<std::size_t>(points * w_point()); }
    constexpr int channels_at_once() const { return (std::min)(256, padded_out()); }
    /// Vectors of pixels that are computed together: as many as keep the maps near the second-level cache's size, but
    /// enough that there is much work for each weight that is fetched. The number is a multiple of three.
    constexpr int vectors_at_once() const {
        const int floats = points * (in_channels + channels_at_once()) * vector_width;
        return std::clamp(96 * 1024 / floats / 3 * 3, 12, 24);
    }
    // The points lie a little further apart than needed, because with a power of two they would all fall into the same
    // lines of a cache.
    constexpr std::ptrdiff_t u_point() const { return in_channels * vectors_at_once() * vector_width + 16; }
    constexpr std::ptrdiff_t m_point() const { return channels_at_once() * vectors_at_once() * vector_width + 16; }
    /// Floats of scratch for each thread.
    constexpr std::size_t scratch() const { return static_cast<std::size_t>(points * (u_point() + m_point())); }
};

/// Packs this thread's part of the weights; arguments as in pack_weights.
[[gnu::noinline]] inline void pack_upsampled(const float* weight, UpsampledSizes sizes, const float* scale,
                                             float* packed, Team team) {
    const int in = sizes.in_channels;
    const Part panels = team.share(sizes.padded_out() / vector_width);
    for (int panel = panels.first; panel < panels.last; ++panel)
        for (int c = 0; c < in; ++c)
            for (int lane = 0; lane < vector_width; ++lane) {
                const int o = panel * vector_width + lane;
                float sums[UpsampledSizes::points] = {};
                if (o < sizes.out_channels) {
                    const float* taps = weight + (static_cast<std::ptrdiff_t>(o) * in + c) * 4;
                    const float s = scale ? scale[o] : 1.f;
                    sums[0] = s * (taps[0] + taps[1] + taps[2] + taps[3]);
                    sums[1] = s * (taps[1] + taps[3]);
                    sums[2] = s * (taps[2] + taps[3]);
                    sums[3] = s * taps[3];
                }
                for (int p = 0; p < UpsampledSizes::points; ++p)
                    packed[p * sizes.w_point() + (static_cast<std::ptrdiff_t>(panel) * in + c) * vector_width + lane] =
                        sums[p];
            }
}

namespace upsampled_detail {

/// Where a vector of pixels lies.
struct Place {
    int row, column;
};

/// Stores the pixels at `place` and their differences, for all channels, to to[p * point + c * channel].
[[gnu::noinline]] inline void find_differences(const View<const float>& x, Place place, float* to, std::ptrdiff_t point,
                                               std::ptrdiff_t channel) {
    const float* from = x.row(0, 0, place.row) + place.column;
    for (int c = 0; c < x.channels; ++c, from += x.channel_stride, to += channel) {
        const Vector here = load(from), below = load(from + x.row_stride);
        const Vector right = load(from + 1) - here, below_right = load(from + x.row_stride + 1) - below;
        store(to, here);
        store(to + point, right);
        store(to + 2 * point, below - here);
        store(to + 3 * point, below_right - right);
    }
}

/// Stores the outputs of one channel and a vector of pixels: two rows of two vectors.
[[gnu::noinline]] inline void store_pixels(const float* m, std::ptrdiff_t point, Place place, int o,
                                           const Epilogue& epilogue, const View<float>& y) {
    const Vector plain = load(m) + broadcast(epilogue.bias ? epilogue.bias[o] : 0.f);
    const Vector right = load(m + point), down = plain + load(m + 2 * point);
    const Vector rows[2][2] = {{plain, plain + right}, {down, down + right + load(m + 3 * point)}};
    const int column = 2 * place.column;
    for (int r = 0; r < 2; ++r)
        finish_interleaved(y.row(0, o, 2 * place.row + r) + column, rows[r][0], rows[r][1], y.width - column, epilogue);
}

}  // namespace upsampled_detail

/// y = epilogue(upsampled x * weight), rows [part.first, part.last) of x. x is (1, In, H, W) with a border of one
/// pixel, y (1, Out, 2H, 2W). `scratch` is the thread's own.
[[gnu::noinline]] inline void upsampled_conv_rows(View<const float> x, const float* packed, UpsampledSizes sizes,
                                                  const Epilogue& epilogue, View<float> y, Part part, float* scratch) {
    using namespace upsampled_detail;
    const int at_once = sizes.vectors_at_once(), chunk = sizes.channels_at_once(), in = sizes.in_channels;
    const int per_row = round_up(x.width, vector_width) / vector_width;
    float* u = scratch;
    float* m = u + UpsampledSizes::points * sizes.u_point();
    const std::ptrdiff_t m_channel = at_once * vector_width;
    for (int first = part.first * per_row; first < part.last * per_row; first += at_once) {
        const int vectors = (std::min)(at_once, part.last * per_row - first);
        Place places[24];
        for (int v = 0; v < vectors; ++v) {
            places[v] = {(first + v) / per_row, (first + v) % per_row * vector_width};
            const GroupedVector in_u(v, vectors, in);
            find_differences(x, places[v], u + in_u.first, sizes.u_point(), in_u.channel);
        }
        for (int o = 0; o < sizes.out_channels; o += chunk) {
            const int channels = (std::min)(chunk, sizes.out_channels - o);
            for (int p = 0; p < UpsampledSizes::points; ++p)
                multiply_vectors(u + p * sizes.u_point(), packed + p * sizes.w_point() + o * in, in, channels, vectors,
                                 m + p * sizes.m_point(), m_channel);
            for (int c = 0; c < channels; ++c)
                for (int v = 0; v < vectors; ++v)
                    store_pixels(m + c * m_channel + v * vector_width, sizes.m_point(), places[v], o + c, epilogue, y);
        }
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

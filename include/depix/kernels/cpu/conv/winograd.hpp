// 3x3 convolution by Winograd's F(4x4, 3x3). It needs a quarter of the multiplications, and transforms before and after
// them.
//
// A picture is cut into tiles of 4x4 outputs. A vector holds as many tiles as it has lanes, one in each lane, so that
// every transform is plain arithmetic on vectors (winograd_transforms.hpp). Then, for some tiles at once:
//
//     U[p][c][tile]  the 36 transformed inputs of every input channel            (transform)
//     M[p][o][tile]  = sum over c of W[p][o][c] U[p][c][tile], 36 matrix products (multiply)
//     y[o][tile]     = the transformed products, bias and rectifier               (transform, store)
//
// One compiled function serves every convolution, whatever its channels and size. Its results differ from those of a
// plain sum by about 1e-6 to 2e-5 of the output's range. This is some ten times float's own rounding, because the
// transforms multiply by up to 25 and subtract again.
#pragma once

#include <algorithm>
#include <cstddef>

#include "depix/kernels/cpu/conv/direct.hpp"
#include "depix/kernels/cpu/conv/panels.hpp"
#include "depix/kernels/cpu/conv/winograd_tiles.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Whether Winograd is used for a convolution. For every tile, each input channel is transformed before the products
/// and each output channel after them. Each transform costs some 200 operations, and the products save a hundred for
/// every pair of channels. With loads and stores included, this was measured to pay from 8 input and 8 output channels
/// on, or from 6 and 12.
///
/// A 2x2 kernel counts as a 3x3 kernel whose first row and column are 0. Even so, 36 multiplications replace 64.
constexpr bool winograd_pays(const ConvGeometry& g) {
    const bool three = g.kernel == 3 && g.padding_before == 1 && g.padding_after == 1;
    const bool two = g.kernel == 2 && g.padding_before == 0 && g.padding_after == 1;
    return (three || two) && g.stride == 1 && g.in_channels * g.out_channels >= 4 * (g.in_channels + g.out_channels);
}

/// The sizes of a Winograd convolution, all known from its channels.
struct WinogradSizes {
    int in_channels;
    int out_channels;

    /// There are four times as many transformed weights as taps. Where that is much, the taps are kept, and transformed
    /// whenever they are used, because such layers work on small maps and wait for memory more than for arithmetic.
    constexpr bool keeps_taps() const { return in_channels * out_channels >= 128 * 256; }

    constexpr int padded_out() const { return round_up(out_channels, vector_width); }
    /// Elements of packed weights.
    constexpr std::size_t packed() const {
        const int values = keeps_taps() ? 9 : winograd_points;
        return static_cast<std::size_t>(padded_out()) * static_cast<std::size_t>(in_channels * values);
    }
    /// Output channels whose products are computed before any of them are transformed.
    constexpr int channels_at_once() const {
        const int room = keeps_taps() ? (1 << 20) / (winograd_points * in_channels) : 256;  // 4 MiB of weights
        const int channels = (std::max)(room / vector_width, 1) * vector_width;
        return (std::min)(channels, round_up(out_channels, largest_panel_block));
    }
    /// Vectors of tiles that are computed together: as many as keep U and M in a near cache, but enough that there is
    /// much work for each weight that is fetched, if there are many weights. The number is a multiple of three, for
    /// which the products are fastest, or two.
    constexpr int vectors_at_once() const {
        const int floats = winograd_points * (in_channels + channels_at_once()) * vector_width;
        const int room = 48 * 1024 / floats;
        const int least = keeps_taps() ? 12 : packed() > 32 * 1024 ? 3 : 2;
        return std::clamp(room > 3 ? room / 3 * 3 : room, least, 24);
    }
    // The points lie a little further apart than needed, because with a power of two they would all fall into the same
    // lines of a cache.
    constexpr std::ptrdiff_t u_point() const { return in_channels * vectors_at_once() * vector_width + 16; }
    constexpr std::ptrdiff_t m_point() const { return channels_at_once() * vectors_at_once() * vector_width + 16; }
    constexpr std::ptrdiff_t w_point() const {
        return in_channels * (keeps_taps() ? round_up(channels_at_once(), vector_width) : padded_out());
    }

    /// Floats of scratch for each thread.
    constexpr std::size_t scratch() const {
        const std::ptrdiff_t weights = keeps_taps() ? w_point() : 0;
        return static_cast<std::size_t>(winograd_points * (weights + u_point() + m_point()));
    }
};

/// What to do with the 4x4 outputs of a tile.
enum class WinogradStore { Plain, Pooled, Shuffled };

/// Packs this thread's part of the weights of a 3x3 or 2x2 kernel. `flipped` packs the taps in reverse order, as the
/// gradient of a convolution's input needs them. The other arguments are as in pack_weights.
[[gnu::noinline]] inline void pack_winograd(const float* weight, WinogradSizes sizes, int kernel, bool flipped,
                                            const float* scale, float* packed, Team team) {
    const int in = sizes.in_channels, out = sizes.out_channels;
    const Part panels = team.share(sizes.padded_out() / vector_width);
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
                winograd_detail::transform_weights(taps, {packed + place * vector_width, sizes.w_point()});
        }
}

/// Which part of a convolution one thread computes.
///
/// If there are many tiles, threads share the tiles and do not wait for each other. If there are few, some threads
/// would have one vector more than others, and each would have to transform or fetch all the weights for its own tiles.
/// So then the threads share the transforms of the inputs, wait for each other, and share the output channels.
struct WinogradPart {
    bool meets = false;  ///< whether threads wait for each other; U is then common
    Part vectors;        ///< of tiles
    Part inputs;         ///< input channels that are transformed
    Part outputs;        ///< output channels, from the first of a panel on

    constexpr WinogradPart(WinogradSizes sizes, int all_vectors, Team team)
        : vectors{0, all_vectors}, inputs{0, sizes.in_channels}, outputs{0, sizes.out_channels} {
        const int panels = sizes.padded_out() / vector_width;
        meets =
            team.threads > 1 && panels >= 2 * team.threads && all_vectors <= 2 * sizes.vectors_at_once() * team.threads;
        if (!meets) {
            vectors = team.share(all_vectors);
            return;
        }
        inputs = team.share(sizes.in_channels);
        outputs = share_panels(sizes.out_channels, team);
    }
};

/// Computes this thread's part of y = epilogue(x * weight). x is (N, In, H, W) with a border of one pixel. y is
/// (N, Out, H, W), or the shape of that after pooling or a pixel shuffle by two. The team shares `scratch`, which has
/// sizes.scratch() floats for each thread.
template <WinogradStore Store>
[[gnu::noinline]] void winograd_tiles(View<const float> x, const float* packed, WinogradSizes sizes,
                                      const Epilogue& epilogue, View<float> y, Team team, float* scratch) {
    using namespace winograd_detail;
    const TileGrid grid(x.batch, x.height, x.width);
    const WinogradPart part(sizes, grid.vectors(), team);
    const int at_once = sizes.vectors_at_once(), chunk = sizes.channels_at_once(), in = sizes.in_channels;
    const std::ptrdiff_t u_size = winograd_points * sizes.u_point();
    float* own = scratch + sizes.scratch() * static_cast<std::size_t>(team.thread);
    // U and M are (points, channels, tiles). GroupedVector says where a channel's tiles lie in U.
    const EveryPoint u{part.meets ? scratch : own, sizes.u_point()};
    const PointMatrices m{own + u_size, sizes.m_point(), at_once * vector_width};
    const EveryPoint own_weights{m.of(winograd_points), sizes.w_point()};
    View<const float> inputs = x;
    inputs.data += part.inputs.first * x.channel_stride;
    inputs.channels = part.inputs.last - part.inputs.first;

    for (int first = part.vectors.first; first < part.vectors.last; first += at_once) {
        const int vectors = (std::min)(at_once, part.vectors.last - first);
        Quarter quarters[24][4];
        for (int v = 0; v < vectors; ++v) {
            for (int q = 0; q < 4; ++q) quarters[v][q] = grid.quarter((first + v) * 4 + q);
            const GroupedVector in_u(v, vectors, in);
            transform_tiles(inputs, quarters[v], u + in_u.first + part.inputs.first * in_u.channel, in_u.channel);
        }
        if (part.meets) team.barrier();
        for (int o = part.outputs.first; o < part.outputs.last; o += chunk) {
            const int channels = (std::min)(chunk, part.outputs.last - o);
            const float* weights = packed + o * in;
            if (sizes.keeps_taps()) {
                for (int i = 0; i < round_up(channels, vector_width) / vector_width * in; ++i)
                    transform_weights(packed + (static_cast<std::ptrdiff_t>(o) * in + i * vector_width) * 9,
                                      own_weights + i * vector_width);
                weights = own_weights[0];
            }
            for (int p = 0; p < winograd_points; ++p)
                multiply_vectors(u[p], weights + p * sizes.w_point(), in, channels, vectors, m.of(p), m.row);
            constexpr int step = Store == WinogradStore::Shuffled ? 4 : 1;
            for (int c = 0; c < channels; c += step)
                for (int v = 0; v < vectors; ++v) {
                    const EveryPoint products = m.at(c, v * vector_width);
                    if constexpr (Store == WinogradStore::Plain)
                        store_tiles(products, quarters[v], o + c, epilogue, y);
                    else if constexpr (Store == WinogradStore::Pooled)
                        store_tiles_pooled(products, quarters[v], o + c, epilogue, y);
                    else
                        store_tiles_shuffled(products, m.row, quarters[v], o + c, epilogue, y);
                }
        }
        if (part.meets && first + at_once < part.vectors.last) team.barrier();
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

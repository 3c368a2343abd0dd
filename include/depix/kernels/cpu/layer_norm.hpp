// Normalisation of the channels of each pixel with SIMD and threads. The formulas are those of
// kernels/reference/layer_norm.hpp.
#pragma once

#include <algorithm>

#include "depix/kernels/cpu/batch_norm.hpp"
#include "depix/kernels/cpu/reciprocal_root.hpp"
#include "depix/layers/layer_norm.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// A layer's numbers. The code gets them at run time, so that it is compiled once for all numbers of channels.
struct LayerNormSettings {
    int channels;
    float epsilon;
};

/// Normalises the channels of `Vectors` vectors of pixels, from column j of row i on, of which `count` pixels count.
/// The channels are read from memory once, and twice more from the cache. Several vectors are summed side by side,
/// because every sum waits for the one before it.
template <int Vectors>
DEPIX_INLINE void normalise_pixels(const LayerNormSettings& settings, const kernels::Forward<float>& a, int n, int i,
                                   int j, int count) {
    const View<const float>& x = a.input;
    const int channels = settings.channels;
    const float *weight = a.parameters, *bias = a.parameters + channels;
    const Vector share = broadcast(1.f / static_cast<float>(channels));
    const float* from = x.row(n, 0, i) + j;
    // Sums of distances from the first channel lose less to rounding where all channels are large.
    Vector origin[bound(Vectors)], sum[bound(Vectors)] = {}, squares[bound(Vectors)] = {};
    Vector mean[bound(Vectors)], inverse[bound(Vectors)];
    for (int v = 0; v < Vectors; ++v) origin[v] = load(from + v * vector_width);
    for (int c = 1; c < channels; ++c)
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) sum[v] += load(from + c * x.channel_stride + v * vector_width) - origin[v];
    for (int v = 0; v < Vectors; ++v) mean[v] = origin[v] + sum[v] * share;
    for (int c = 0; c < channels; ++c)
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) {
            const Vector distance = load(from + c * x.channel_stride + v * vector_width) - mean[v];
            squares[v] += distance * distance;
        }
    for (int v = 0; v < Vectors; ++v) inverse[v] = reciprocal_root(squares[v] * share + broadcast(settings.epsilon));
    for (int c = 0; c < channels; ++c) {
        float* to = a.output.row(n, c, i) + j;
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) {
            const Vector distance = load(from + c * x.channel_stride + v * vector_width) - mean[v];
            store_tail(to + v * vector_width, distance * inverse[v] * broadcast(weight[c]) + broadcast(bias[c]),
                       count - v * vector_width, true);
        }
    }
    if (!a.saved) return;
    const auto area = static_cast<std::ptrdiff_t>(x.shape().area());
    float* saved = a.saved + n * area + i * x.width + j;
    for (int v = 0; v < Vectors; ++v) {
        store_tail(saved + v * vector_width, mean[v], count - v * vector_width, false);
        store_tail(saved + x.batch * area + v * vector_width, inverse[v], count - v * vector_width, false);
    }
}

/// saved is (2, N, H, W): mean and 1 / deviation.
[[gnu::noinline]] inline void layer_norm_forward(const LayerNormSettings& settings, const kernels::Forward<float>& a,
                                                 Team team) {
    constexpr int vectors = 4;
    share_rows(team, a.input.batch, a.input.height, [&](int n, int first, int last) {
        for (int i = first; i < last; ++i) {
            int j = 0;
            for (; j + vectors * vector_width <= a.input.width; j += vectors * vector_width)
                normalise_pixels<vectors>(settings, a, n, i, j, vectors * vector_width);
            for (; j < a.input.width; j += vector_width)
                normalise_pixels<1>(settings, a, n, i, j, (std::min)(a.input.width - j, vector_width));
        }
    });
}

[[gnu::noinline]] inline void layer_norm_backward(const LayerNormSettings& settings, const kernels::Backward<float>& a,
                                                  Team team) {
    const View<const float>&x = a.input, &dy = a.output_gradient;
    const int channels = settings.channels;
    const auto area = static_cast<std::ptrdiff_t>(x.shape().area());
    // Mean and 1 / deviation of the pixels from column j of row i on.
    const auto saved = [&](int n, int i, int j, int count, int which) {
        return load_first(a.saved + (which * x.batch + n) * area + i * x.width + j, count);
    };
    if (a.parameter_gradients) {
        auto* partial = static_cast<double*>(static_cast<void*>(a.scratch));
        two_sums(team, x, partial, [&](int n, int c, int i, Vector& product, Vector& sum) {
            for_vectors(x.width, [&](int j, int count) {
                const Vector gradient = keep_counted(load(dy.row(n, c, i) + j), count);
                sum += gradient;
                product += gradient * (load(x.row(n, c, i) + j) - saved(n, i, j, count, 0)) * saved(n, i, j, count, 1);
            });
        });
        const Part part = team.share(channels);
        for (int c = part.first; c < part.last; ++c) {
            a.parameter_gradients[c] += static_cast<float>(team_sum(team, partial, channels, c, 0));
            a.parameter_gradients[channels + c] += static_cast<float>(team_sum(team, partial, channels, c, 1));
        }
    }
    if (!a.input_gradient.data) return;
    const Vector share = broadcast(1.f / static_cast<float>(channels));
    share_rows(team, x.batch, x.height, [&](int n, int first, int last) {
        for (int i = first; i < last; ++i)
            for_vectors(x.width, [&](int j, int count) {
                const Vector mean = saved(n, i, j, count, 0), inverse = saved(n, i, j, count, 1);
                const float *pixels = x.row(n, 0, i) + j, *gradients = dy.row(n, 0, i) + j;
                Vector sum{}, product{};
                for (int c = 0; c < channels; ++c) {
                    const Vector weighted = load(gradients + c * dy.channel_stride) * broadcast(a.parameters[c]);
                    sum += weighted;
                    multiply_add(product, weighted, (load(pixels + c * x.channel_stride) - mean) * inverse);
                }
                sum *= share;
                product *= share;
                for (int c = 0; c < channels; ++c) {
                    const Vector weighted = load(gradients + c * dy.channel_stride) * broadcast(a.parameters[c]);
                    const Vector normalised = (load(pixels + c * x.channel_stride) - mean) * inverse;
                    const Vector dx = inverse * (weighted - sum - normalised * product);
                    float* to = a.input_gradient.row(n, c, i) + j;
                    store_tail(to, a.accumulate ? load(to) + dx : dx, count, true);
                }
            });
    });
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

namespace depix {

template <int C, class... Options>
struct kernels::Kernel<Cpu, LayerNorm2d<C, Options...>> {
    static constexpr cpu::LayerNormSettings settings{C, static_cast<float>(LayerNorm2d<C, Options...>::epsilon)};

    static constexpr std::size_t scratch_size(int /*batch*/, Shape /*input*/, int threads) {
        return cpu::two_sums_scratch(C, threads);
    }
    static void forward(const Forward<float>& a, cpu::Team team) { cpu::layer_norm_forward(settings, a, team); }
    static void backward(const Backward<float>& a, cpu::Team team) { cpu::layer_norm_backward(settings, a, team); }
};

}  // namespace depix

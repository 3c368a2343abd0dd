// Dense layers with SIMD and threads.
//
// Reading the weights from memory takes most of the time. So each weight is read once for all pictures of a batch, in
// chunks that stay in the first-level cache during the loop over the pictures. Before that, each picture's pixels are
// copied to contiguous memory.
#pragma once

#include <algorithm>
#include <cstring>

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/layers/dense.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// A layer's numbers. The code gets them at run time, so that it is compiled once for all layers.
struct DenseSettings {
    int inputs;
    int outputs;
    bool bias;

    constexpr std::size_t weights() const {
        return static_cast<std::size_t>(inputs) * static_cast<std::size_t>(outputs);
    }
    /// The distance in scratch from one picture's pixels to the next picture's. It is a cache line more than the pixels
    /// take, because otherwise pixels that are needed together would often fall into one set of the cache.
    constexpr std::ptrdiff_t row() const { return round_up(inputs, vector_width) + 16; }
    /// The distance from one output's weights to the next output's.
    constexpr std::ptrdiff_t weight_row() const { return inputs; }
};

/// Outputs that share a load of the pixels, pictures that share a load of the weights, and inputs that stay in cache.
inline constexpr int dense_outputs = 4;
inline constexpr int dense_images = vector_registers == 32 ? 4 : 2;
inline constexpr int dense_chunk = 512;

/// flat[n * row + (c * H + i) * W + j] = x[n][c][i][j], and zeros after every picture.
inline void gather_pixels(View<const float> x, float* flat, std::ptrdiff_t row, Team team) {
    share_rows(team, x.batch, x.channels, [&](int n, int first, int last) {
        float* to = flat + n * row + first * x.height * x.width;
        for (int c = first; c < last; ++c)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) *to++ = x(n, c, i, j);
        if (last == x.channels) std::fill(to, flat + (n + 1) * row, 0.f);
    });
}

/// y[n][o] += sum over `inputs` columns of weight[o][k] * x[n][k], for up to Outputs outputs and Images pictures.
///
/// weight is (Out, K), x (N, row); y points at y[n][o].
template <int Outputs, int Images>
DEPIX_INLINE void dense_tile(const DenseSettings& d, const float* weight, const float* x, int inputs, int outputs,
                             int images, View<float> y, int n, int o) {
    // An output or picture beyond the last one reads the last one again; its sums are discarded.
    const float* weights[bound(Outputs)];
    const float* pixels[bound(Images)];
    for (int b = 0; b < Outputs; ++b) weights[b] = weight + (std::min)(b, outputs - 1) * d.weight_row();
    for (int p = 0; p < Images; ++p) pixels[p] = x + (std::min)(p, images - 1) * d.row();
    Vector sum[bound(Outputs)][bound(Images)]{};
    const auto add = [&](int k, auto&& load_weights) {
        Vector columns[bound(Images)];
#pragma GCC unroll 8
        for (int p = 0; p < Images; ++p) columns[p] = load(pixels[p] + k);
#pragma GCC unroll 8
        for (int b = 0; b < Outputs; ++b) {
            const Vector w = load_weights(weights[b] + k);
#pragma GCC unroll 8
            for (int p = 0; p < Images; ++p) sum[b][p] += w * columns[p];
        }
    };
    int k = 0;
    for (; k + vector_width <= inputs; k += vector_width) add(k, [](const float* from) { return load(from); });
    if (k < inputs) add(k, [&](const float* from) { return load_first(from, inputs - k); });

    Vector done[bound(Outputs)][bound(Images)];
#pragma GCC unroll 8
    for (int b = 0; b < Outputs; ++b)
#pragma GCC unroll 8
        for (int p = 0; p < Images; ++p) done[b][p] = sum[b][p];
    for (int b = 0; b < outputs; ++b)
        for (int p = 0; p < images; ++p) y(n + p, o + b, 0, 0) += sum_of_lanes(done[b][p]);
}

/// y = weight * x + bias. x is (N, In, H, W), y (N, Out, 1, 1); scratch holds (N, row).
[[gnu::noinline]] inline void dense_forward(const DenseSettings& d, const kernels::Forward<float>& a, Team team) {
    gather_pixels(a.input, a.scratch, d.row(), team);
    team.barrier();
    const float* bias = d.bias ? a.parameters + d.weights() : nullptr;
    const int batch = a.output.batch;
    const Part part = team.share(d.outputs);
    for (int n = 0; n < batch; ++n)
        for (int o = part.first; o < part.last; ++o)
            store_tail(a.output.row(n, o, 0), broadcast(bias ? bias[o] : 0.f), 1, true);
    for (int o = part.first; o < part.last; o += dense_outputs)
        for (int k = 0; k < d.inputs; k += dense_chunk) {
            const float* weight = a.parameters + o * d.weight_row() + k;
            const int inputs = (std::min)(dense_chunk, d.inputs - k),
                      outputs = (std::min)(dense_outputs, part.last - o);
            int n = 0;
            for (; n + 1 < batch; n += dense_images)
                dense_tile<dense_outputs, dense_images>(d, weight, a.scratch + n * d.row() + k, inputs, outputs,
                                                        (std::min)(dense_images, batch - n), a.output, n, o);
            if (n < batch)
                dense_tile<dense_outputs, 1>(d, weight, a.scratch + n * d.row() + k, inputs, outputs, 1, a.output, n,
                                             o);
        }
}

/// d_weight[o][k] += sum over n of dy[n][o] * x[n][k], and dx[n][k] += sum over o of dy[n][o] * weight[o][k], for
/// Outputs outputs from o on and Vectors vectors of inputs from k on. x and dx are (N, row). d_weight may be nullptr.
template <int Outputs, int Vectors>
DEPIX_INLINE void dense_gradient_tile(const DenseSettings& d, View<const float> dy, int o, int k, const float* weight,
                                      const float* x, float* d_weight, float* dx) {
    const std::ptrdiff_t place = o * d.weight_row() + k;
    const auto count = [&](int v) { return (std::min)(vector_width, d.inputs - k - v * vector_width); };
    Vector w[bound(Outputs)][bound(Vectors)], sum[bound(Outputs)][bound(Vectors)];
#pragma GCC unroll 8
    for (int b = 0; b < Outputs; ++b)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) {
            const std::ptrdiff_t at = place + b * d.weight_row() + v * vector_width;
            w[b][v] = load_first(weight + at, count(v));
            sum[b][v] = d_weight ? load_first(d_weight + at, count(v)) : Vector{};
        }
    const float* gradients = dy.row(0, o, 0);
    for (int n = 0; n < dy.batch; ++n, gradients += dy.batch_stride) {
        Vector pixels[bound(Vectors)], gradient[bound(Vectors)];
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) {
            pixels[v] = load(x + n * d.row() + k + v * vector_width);
            gradient[v] = load(dx + n * d.row() + k + v * vector_width);
        }
#pragma GCC unroll 8
        for (int b = 0; b < Outputs; ++b) {
            const Vector factor = broadcast(gradients[b * dy.channel_stride]);
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v) {
                sum[b][v] += factor * pixels[v];
                gradient[v] += factor * w[b][v];
            }
        }
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) store(dx + n * d.row() + k + v * vector_width, gradient[v]);
    }
    if (!d_weight) return;
#pragma GCC unroll 8
    for (int b = 0; b < Outputs; ++b)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v)
            store_tail(d_weight + place + b * d.weight_row() + v * vector_width, sum[b][v], count(v), false);
}

/// The same for the inputs [first, last), whole vectors of them.
template <int Outputs>
void dense_gradient(const DenseSettings& d, View<const float> dy, int o, int first, int last, const float* weight,
                    const float* x, float* d_weight, float* dx) {
    int k = first;
    for (; k + 2 * vector_width <= last; k += 2 * vector_width)
        dense_gradient_tile<Outputs, 2>(d, dy, o, k, weight, x, d_weight, dx);
    if (k < last) dense_gradient_tile<Outputs, 1>(d, dy, o, k, weight, x, d_weight, dx);
}

/// The backward pass. Each thread has inputs of its own, so that no two threads write to the same place. scratch holds
/// two arrays (N, row).
[[gnu::noinline]] inline void dense_backward(const DenseSettings& d, const kernels::Backward<float>& a, Team team) {
    const View<const float>& dy = a.output_gradient;
    float* x = a.scratch;
    float* dx = x + dy.batch * d.row();
    gather_pixels(a.input, x, d.row(), team);
    team.barrier();
    const Part outputs = team.share(d.bias && a.parameter_gradients ? d.outputs : 0);
    for (int o = outputs.first; o < outputs.last; ++o)
        for (int n = 0; n < dy.batch; ++n)
            a.parameter_gradients[d.weights() + static_cast<std::size_t>(o)] += dy(n, o, 0, 0);

    const Part vectors = team.share(round_up(d.inputs, vector_width) / vector_width);
    const int end = vectors.last * vector_width;
    // As many inputs as fit into the first-level cache with all pictures' x and dx.
    const int chunk = round_up((std::max)(4096 / dy.batch, 128), 2 * vector_width);
    for (int first = vectors.first * vector_width; first < end; first += chunk) {
        const int last = (std::min)(first + chunk, end);
        for (int n = 0; n < dy.batch; ++n) std::fill(dx + n * d.row() + first, dx + n * d.row() + last, 0.f);
        int o = 0;
        for (; o + dense_images <= d.outputs; o += dense_images)
            dense_gradient<dense_images>(d, dy, o, first, last, a.parameters, x, a.parameter_gradients, dx);
        for (; o < d.outputs; ++o) dense_gradient<1>(d, dy, o, first, last, a.parameters, x, a.parameter_gradients, dx);
    }
    if (!a.input_gradient.data) return;
    team.barrier();
    for_rows(team, a.input_gradient, [&](int n, int c, int i) {
        const float* from = dx + n * d.row() + (c * a.input_gradient.height + i) * a.input_gradient.width;
        float* to = a.input_gradient.row(n, c, i);
        for (int j = 0; j < a.input_gradient.width; ++j) to[j] = a.accumulate ? to[j] + from[j] : from[j];
    });
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

namespace depix {

template <int In, int Out, class... Options>
struct kernels::Kernel<Cpu, Dense<In, Out, Options...>> {
    using L = Dense<In, Out, Options...>;
    static constexpr cpu::DenseSettings settings{L::inputs, Out, L::bias};

    static constexpr std::size_t scratch_size(int batch, Shape /*input*/, int /*threads*/) {
        return 2 * static_cast<std::size_t>(batch) * static_cast<std::size_t>(settings.row());
    }
    static constexpr std::size_t inference_scratch_size(int /*batch*/, Shape /*input*/) {
        return static_cast<std::size_t>(settings.row());
    }
    static void forward(const Forward<float>& a, cpu::Team team) { cpu::dense_forward(settings, a, team); }
    static void backward(const Backward<float>& a, cpu::Team team) { cpu::dense_backward(settings, a, team); }
};

}  // namespace depix

// Binds Conv and ConvTranspose to the kernels: what training calls layer by layer, and what inference calls fused.
#pragma once

#include "depix/kernels/cpu/conv_row_pairs.hpp"
#include "depix/kernels/cpu/conv_transpose.hpp"
#include "depix/kernels/cpu/interleave.hpp"
#include "depix/kernels/cpu/upsampled_conv.hpp"
#include "depix/kernels/cpu/weight_gradient.hpp"
#include "depix/kernels/cpu/winograd.hpp"
#include "depix/kernels/cpu/winograd_gradient.hpp"
#include "depix/layers/conv_transpose.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// How a convolution is computed: tap by tap, the same for two rows at once, by Winograd's tiles, or together with an
/// Upsample<2> in front of it.
enum class Algorithm { Taps, RowPairs, Winograd, Upsampled };

/// A convolution's kernels as a value: its geometry, and which of the compiled kernels serve it. All code around them
/// is compiled once, for every convolution of a program.
struct ConvKernels {
    ConvGeometry geometry;
    bool transposed = false;
    bool winograd = false;   ///< forward and both gradients; the functions and blocks below are then for those who
                             ///< cannot use it
    int forward_block = 1;   ///< channels of a register block, which the forward weights are packed for
    int backward_block = 1;  ///< likewise for the input's gradient
    int row_pair_block = 0;  ///< likewise for pairs of rows; 0: they do not pay

    /// y = epilogue(x * weight), rows [first, last) of picture n.
    using Rows = void (*)(View<const float> x, int n, const float* packed, int padding, const Epilogue& epilogue,
                          View<float> y, int first, int last);
    Rows forward_rows = nullptr;
    Rows forward_row_pairs = nullptr;  ///< packed for Algorithm::RowPairs
    /// The same with 2x2 max pooling behind it: pooled rows. nullptr if transposed, and where Winograd pays. In pairs
    /// where these pay.
    void (*forward_pool_rows)(View<const float> x, int n, const float* packed, int padding, const Epilogue& epilogue,
                              int width, View<float> y, int first, int last, float* scratch) = nullptr;

    constexpr WinogradSizes winograd_forward() const { return {geometry.in_channels, geometry.out_channels}; }
    constexpr WinogradSizes winograd_backward() const { return {geometry.out_channels, geometry.in_channels}; }
    constexpr WinogradGradientSizes winograd_gradient() const { return {geometry.in_channels, geometry.out_channels}; }
    constexpr UpsampledSizes upsampled() const { return {geometry.in_channels, geometry.out_channels}; }
    /// What training uses forward.
    constexpr Algorithm layer_algorithm() const {
        return winograd ? Algorithm::Winograd : row_pair_block > 0 ? Algorithm::RowPairs : Algorithm::Taps;
    }
    constexpr std::size_t forward_size(Algorithm algorithm) const {
        const int in = geometry.in_channels, out = geometry.out_channels, kernel = geometry.kernel;
        return algorithm == Algorithm::Winograd    ? winograd_forward().packed()
               : algorithm == Algorithm::Upsampled ? upsampled().packed()
               : algorithm == Algorithm::RowPairs  ? row_pair_packed_size(in, out, kernel, row_pair_block)
                                                   : packed_size(in, out, kernel, forward_block);
    }
    constexpr Rows rows(Algorithm algorithm) const {
        return algorithm == Algorithm::RowPairs ? forward_row_pairs : forward_rows;
    }
    constexpr std::size_t backward_size() const {
        return winograd ? winograd_backward().packed()
                        : packed_size(geometry.out_channels, geometry.in_channels, geometry.kernel, backward_block);
    }
    /// Floats of scratch that each thread wants of its own.
    constexpr std::size_t winograd_scratch() const {
        return winograd ? std::max({winograd_forward().scratch(), winograd_backward().scratch(),
                                    winograd_gradient().scratch()})
                        : 0;
    }
    /// Weights and biases.
    constexpr std::size_t parameters() const {
        return geometry.weight_count() + (geometry.bias ? static_cast<std::size_t>(geometry.out_channels) : 0);
    }
    /// Floats of scratch that training wants: packed weights, a sum of the parameters' gradients for each thread, and
    /// what Winograd wants.
    constexpr std::size_t scratch_size(int threads) const {
        return packed_for_training() + gradient_scratch(parameters(), threads) +
               winograd_scratch() * static_cast<std::size_t>(threads);
    }
    constexpr std::size_t packed_for_training() const {
        return std::max(forward_size(layer_algorithm()), backward_size());
    }

    void pack_forward(Algorithm algorithm, const float* weight, const float* scale, float* packed, Team team) const {
        if (algorithm == Algorithm::Winograd)
            pack_winograd(weight, winograd_forward(), geometry.kernel, false, scale, packed, team);
        else if (algorithm == Algorithm::Upsampled)
            pack_upsampled(weight, upsampled(), scale, packed, team);
        else if (algorithm == Algorithm::RowPairs)
            pack_row_pairs(weight, geometry.in_channels, geometry.out_channels, geometry.kernel, row_pair_block, scale,
                           packed, team);
        else
            pack_weights(weight, geometry.in_channels, geometry.out_channels, geometry.kernel, forward_block,
                         transposed, scale, packed, team);
    }
    void pack_backward(const float* weight, float* packed, Team team) const {
        if (winograd)
            pack_winograd(weight, winograd_backward(), geometry.kernel, true, nullptr, packed, team);
        else
            pack_weights(weight, geometry.out_channels, geometry.in_channels, geometry.kernel, backward_block,
                         !transposed, nullptr, packed, team);
    }
};

/// What only the backward pass calls: in a table of its own, so that a program that trains nothing does not compile it.
struct ConvBackwardKernels {
    /// dx = dy * weight, rows [first, last) of picture n. nullptr where Winograd does it.
    void (*input_gradient_rows)(View<const float> dy, int n, const float* packed, int padding, const Epilogue& epilogue,
                                View<float> dx, int first, int last) = nullptr;
    /// d_weight += rows [first, last) of picture n of the small map (y's if not transposed, else x's), which slides
    /// over the large one. nullptr where Winograd does it.
    void (*weight_gradient_rows)(View<const float> large, View<const float> small, int n, int padding, int first,
                                 int last, float* d_weight) = nullptr;
};

template <ConvGeometry G, bool Transposed>
constexpr RegisterBlock backward_block() {
    return choose_block(G.in_channels, Transposed ? 1 : G.stride, Transposed ? G.stride : 1);
}

/// The kernels for one geometry. Those that differ in nothing but channels share their code wherever the blocks agree.
template <ConvGeometry G, bool Transposed>
constexpr ConvKernels choose_conv_kernels() {
    constexpr int k = G.kernel, s = G.stride, p = G.padding_before;
    constexpr RegisterBlock ahead = choose_block(G.out_channels, Transposed ? s : 1, Transposed ? 1 : s);
    ConvKernels kernels{G, Transposed, !Transposed && winograd_pays(G), ahead.channels,
                        backward_block<G, Transposed>().channels};
    if constexpr (Transposed) {
        kernels.forward_rows = &conv_transpose_rows<k, s, p, ahead.channels, ahead.vectors>;
    } else {
        kernels.forward_rows = &conv_rows<k, s, ahead.channels, ahead.vectors>;
        if constexpr (!winograd_pays(G) && row_pairs_pay(G)) {
            constexpr int block = choose_row_pair_block(G.out_channels);
            kernels.row_pair_block = block;
            kernels.forward_row_pairs = &conv_row_pairs<k, block>;
            kernels.forward_pool_rows = &conv_row_pairs_pooled<k, block>;
        } else if constexpr (!winograd_pays(G)) {
            kernels.forward_pool_rows = &conv_pool_rows<k, s, ahead.channels, ahead.vectors>;
        }
    }
    return kernels;
}

template <ConvGeometry G, bool Transposed>
constexpr ConvBackwardKernels choose_conv_backward_kernels() {
    constexpr int k = G.kernel, s = G.stride, p = G.padding_before;
    constexpr RegisterBlock block = backward_block<G, Transposed>();
    constexpr int gradient = choose_gradient_block(Transposed ? G.in_channels : G.out_channels, k);
    if constexpr (Transposed)
        return {&conv_rows<k, s, block.channels, block.vectors>, &weight_gradient_rows<k, s, gradient>};
    else if constexpr (!winograd_pays(G))
        return {&conv_transpose_rows<k, s, p, block.channels, block.vectors>, &weight_gradient_rows<k, s, gradient>};
    else
        return {};
}

/// y = pixel shuffle of epilogue(x * weight), rows [first, last) of the convolution, whose width is `width`.
///
/// x is (1, In, H, W), y (1, Out / factor^2, H' * factor, W' * factor). `scratch` holds largest_block * factor rows,
/// where whole blocks of channels wait in the first-level cache until `factor` of them make a row of y.
[[gnu::noinline]] inline void conv_shuffle_rows(const ConvKernels& kernels, View<const float> x, const float* packed,
                                                const Epilogue& epilogue, int factor, int width, View<float> y,
                                                int first, int last, float* scratch) {
    const ConvGeometry& g = kernels.geometry;
    const int group = least_common_multiple(kernels.forward_block, factor);
    const int row = round_up(width, vector_width);
    const int band = band_rows(x.channels, x.row_stride, g.stride);
    for (int top = first; top < last; top += band)
        for (int o = 0; o < g.out_channels; o += group) {
            const float* weight = packed + packed_size(x.channels, o, g.kernel, kernels.forward_block);
            const Epilogue to_scratch{epilogue.bias + o, epilogue.negative_slope, false, true};
            // Every row lies where the one before it lay.
            const View<float> rows(scratch, 1, {std::min(group, g.out_channels - o), last, width}, 0, row, 0);
            for (int i = top; i < std::min(top + band, last); ++i) {
                kernels.forward_rows(x, 0, weight, g.padding_before, to_scratch, rows, i, i + 1);
                for (int c = 0; c < rows.channels; c += factor) {
                    const int phase = (o + c) / factor % factor;
                    interleave(scratch + c * row, row, factor, width,
                               y.row(0, (o + c) / (factor * factor), i * factor + phase), epilogue.padded);
                }
            }
        }
}

/// The part of a layer's scratch that is for Winograd.
inline float* winograd_scratch(const ConvKernels& kernels, float* scratch, Team team) {
    return scratch + kernels.packed_for_training() + gradient_scratch(kernels.parameters(), team.threads);
}

/// The forward pass of a layer in training.
[[gnu::noinline]] inline void conv_layer_forward(const ConvKernels& kernels, const Forward<float>& a, Team team) {
    const ConvGeometry& g = kernels.geometry;
    kernels.pack_forward(kernels.layer_algorithm(), a.parameters, nullptr, a.scratch, team);
    team.barrier();
    const Epilogue epilogue{g.bias ? a.parameters + g.weight_count() : nullptr, a.negative_slope};
    if (kernels.winograd)
        return winograd_tiles<WinogradStore::Plain>(a.input, a.scratch, kernels.winograd_forward(), epilogue, a.output,
                                                    team, winograd_scratch(kernels, a.scratch, team));
    const ConvKernels::Rows rows = kernels.rows(kernels.layer_algorithm());
    share_rows(team, a.output.batch, a.output.height, [&](int n, int first, int last) {
        rows(a.input, n, a.scratch, g.padding_before, epilogue, a.output, first, last);
    });
}

/// The last part of the backward pass: dx = dy * weight, packed in a.scratch; then the way back through the rectifier
/// before the layer.
inline void conv_input_gradient(const ConvKernels& kernels, const ConvBackwardKernels& backward,
                                const Backward<float>& a, Team team) {
    const View<const float>& dy = a.output_gradient;
    const View<float>& dx = a.input_gradient;
    const bool rectified = a.input_slope != 1.f;
    const Epilogue epilogue{nullptr, 1.f, a.accumulate, true};
    if (kernels.winograd) {
        winograd_tiles<WinogradStore::Plain>(dy, a.scratch, kernels.winograd_backward(), epilogue, dx, team,
                                             winograd_scratch(kernels, a.scratch, team));
        if (!rectified) return;
        team.barrier();  // threads share tiles above, and rows below
        share_rows(team, dx.batch, dx.height, [&](int n, int first, int last) {
            rectify_gradient_rows(a.input, a.input_slope, dx, n, first, last);
        });
        return;
    }
    // Band by band, so that the rectifier finds the rows in the second-level cache, where they have just been written.
    const int band = rectified ? band_rows(dx.channels, dx.row_stride, 1) : dx.height;
    share_rows(team, dx.batch, dx.height, [&](int n, int first, int last) {
        for (int top = first; top < last; top += band) {
            const int bottom = std::min(top + band, last);
            backward.input_gradient_rows(dy, n, a.scratch, kernels.geometry.padding_before, epilogue, dx, top, bottom);
            if (rectified) rectify_gradient_rows(a.input, a.input_slope, dx, n, top, bottom);
        }
    });
}

/// The backward pass of a layer.
[[gnu::noinline]] inline void conv_layer_backward(const ConvKernels& kernels, const ConvBackwardKernels& backward,
                                                  const Backward<float>& a, Team team) {
    const ConvGeometry& g = kernels.geometry;
    const View<const float>& dy = a.output_gradient;
    kernels.pack_backward(a.parameters, a.scratch, team);
    const View<const float>& large = kernels.transposed ? dy : a.input;
    const View<const float>& small = kernels.transposed ? a.input : dy;
    if (!a.parameter_gradients)
        team.barrier();  // the packed weights are complete
    else
        share_gradient(team, kernels.parameters(), a.scratch + kernels.packed_for_training(), a.parameter_gradients,
                       [&](float* sums) {
                           if (kernels.winograd)
                               winograd_weight_gradient(a.input, dy, kernels.winograd_gradient(), g.kernel, team,
                                                        winograd_scratch(kernels, a.scratch, team), sums);
                           else
                               share_rows(team, small.batch, small.height, [&](int n, int first, int last) {
                                   backward.weight_gradient_rows(large, small, n, g.padding_before, first, last, sums);
                               });
                           if (g.bias)
                               share_rows(team, dy.batch, dy.height, [&](int n, int first, int last) {
                                   bias_gradient_rows(dy, n, first, last, sums + g.weight_count());
                               });
                       });
    if (a.input_gradient.data) conv_input_gradient(kernels, backward, a, team);
}

/// What a layer's Kernel offers, by way of the functions above.
template <ConvGeometry G, bool Transposed>
struct ConvLayerKernel {
    static constexpr ConvKernels kernels = choose_conv_kernels<G, Transposed>();
    static constexpr std::size_t scratch_size(int /*batch*/, Shape /*input*/, int threads) {
        return kernels.scratch_size(threads);
    }
    static void forward(const Forward<float>& a, Team team) { conv_layer_forward(kernels, a, team); }
    static void backward(const Backward<float>& a, Team team) {
        static constexpr ConvBackwardKernels backward_kernels = choose_conv_backward_kernels<G, Transposed>();
        conv_layer_backward(kernels, backward_kernels, a, team);
    }
};

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

namespace depix {

template <int In, int Out, int K, class... Options>
struct Kernel<Cpu, Conv<In, Out, K, Options...>> : cpu::ConvLayerKernel<Conv<In, Out, K, Options...>::geometry, false> {
};

template <int In, int Out, int K, class... Options>
struct Kernel<Cpu, ConvTranspose<In, Out, K, Options...>>
    : cpu::ConvLayerKernel<ConvTranspose<In, Out, K, Options...>::geometry, true> {};

}  // namespace depix

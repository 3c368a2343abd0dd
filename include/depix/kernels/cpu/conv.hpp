// Binds Conv and ConvTranspose to the kernels. Training calls these layer by layer, and inference calls them for fused
// steps.
#pragma once

#include "depix/kernels/cpu/conv/kernels.hpp"
#include "depix/kernels/cpu/interleave.hpp"
#include "depix/layers/conv_transpose.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// y = pixel shuffle of epilogue(x * weight), rows [first, last) of the convolution, whose width is `width`.
///
/// x is (1, In, H, W), y (1, Out / factor^2, H' * factor, W' * factor). `scratch` holds largest_block * factor rows.
/// Whole blocks of channels stay there, in the first-level cache, until `factor` channels become a row of y.
[[gnu::noinline]] inline void conv_shuffle_rows(const ConvKernels& kernels, View<const float> x, const float* packed,
                                                const Epilogue& epilogue, int factor, int width, View<float> y,
                                                int first, int last, float* scratch) {
    const ConvGeometry& g = kernels.geometry;
    const int group = least_common_multiple(kernels.forward_block, factor);
    const int row = round_up(width, vector_width);
    const int band = band_rows(x.channels, x.width, g.stride);
    for (int top = first; top < last; top += band)
        for (int o = 0; o < g.out_channels; o += group) {
            const float* weight = packed + packed_size(x.channels, o, g.kernel, kernels.forward_block);
            const Epilogue to_scratch{epilogue.bias + o, epilogue.rectifier, false, true};
            // Every row is written to the same memory as the row before it.
            const View<float> rows(scratch, 1, {(std::min)(group, g.out_channels - o), last, width}, 0, row, 0);
            for (int i = top; i < (std::min)(top + band, last); ++i) {
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
[[gnu::noinline]] inline void conv_layer_forward(const ConvKernels& kernels, const kernels::Forward<float>& a,
                                                 Team team) {
    const ConvGeometry& g = kernels.geometry;
    kernels.pack_forward(kernels.layer_algorithm(), a.parameters, nullptr, a.scratch, team);
    team.barrier();
    const Epilogue epilogue{g.bias ? a.parameters + g.weight_count() : nullptr, a.rectifier};
    if (kernels.winograd)
        return winograd_tiles<WinogradStore::Plain>(a.input, a.scratch, kernels.winograd_forward(), epilogue, a.output,
                                                    team, winograd_scratch(kernels, a.scratch, team));
    if (kernels.strided_winograd)
        return strided_winograd(a.input, a.scratch, kernels.strided_forward(), epilogue, a.output, team,
                                winograd_scratch(kernels, a.scratch, team));
    const ConvKernels::Rows rows = kernels.rows(kernels.layer_algorithm());
    share_rows(team, a.output.batch, a.output.height, [&](int n, int first, int last) {
        rows(a.input, n, a.scratch, g.padding_before, epilogue, a.output, first, last);
    });
}

/// The last part of the backward pass: dx = dy * weight, where weight is packed in a.scratch. Then dx is passed back
/// through the rectifier that precedes the layer.
inline void conv_input_gradient(const ConvKernels& kernels, const ConvBackwardKernels& backward,
                                const kernels::Backward<float>& a, Team team) {
    const View<const float>& dy = a.output_gradient;
    const View<float>& dx = a.input_gradient;
    const bool rectified = a.input_rectifier.present();
    const Epilogue epilogue{nullptr, {}, a.accumulate, true};
    if (kernels.winograd || kernels.strided_winograd) {
        float* scratch = winograd_scratch(kernels, a.scratch, team);
        if (kernels.winograd)
            winograd_tiles<WinogradStore::Plain>(dy, a.scratch, kernels.winograd_backward(), epilogue, dx, team,
                                                 scratch);
        else
            strided_winograd(dy, a.scratch, kernels.strided_backward(), epilogue, dx, team, scratch);
        if (!rectified) return;
        team.barrier();  // above, threads share tiles; below, they share rows
        share_rows(team, dx.batch, dx.height, [&](int n, int first, int last) {
            rectify_gradient_rows(a.input, a.input_rectifier, dx, n, first, last);
        });
        return;
    }
    // The work is done band by band, so that the rows are still in the second-level cache when the rectifier reads
    // them.
    const int band = rectified ? band_rows(dx.channels, dx.width, 1) : dx.height;
    share_rows(team, dx.batch, dx.height, [&](int n, int first, int last) {
        for (int top = first; top < last; top += band) {
            const int bottom = (std::min)(top + band, last);
            backward.input_gradient_rows(dy, n, a.scratch, kernels.geometry.padding_before, epilogue, dx, top, bottom);
            if (rectified) rectify_gradient_rows(a.input, a.input_rectifier, dx, n, top, bottom);
        }
    });
}

/// Adds this thread's part of the gradients of weights and biases to `sums`.
inline void parameter_gradient(const ConvKernels& kernels, const ConvBackwardKernels& backward,
                               const kernels::Backward<float>& a, Team team, float* sums) {
    const ConvGeometry& g = kernels.geometry;
    const View<const float>& dy = a.output_gradient;
    float* bias_sums = g.bias ? sums + g.weight_count() : nullptr;
    if (kernels.winograd) {
        winograd_weight_gradient(a.input, dy, kernels.winograd_gradient(), g.kernel, team,
                                 winograd_scratch(kernels, a.scratch, team), sums);
        if (bias_sums)
            share_rows(team, dy.batch, dy.height,
                       [&](int n, int first, int last) { bias_gradient_rows(dy, n, first, last, bias_sums); });
        return;
    }
    const View<const float>& large = kernels.transposed ? dy : a.input;
    const View<const float>& small = kernels.transposed ? a.input : dy;
    // The work is done band by band, so that the rows that the first channel has read are still in the second-level
    // cache for the other channels and the biases. A band has at least eight rows, because lanes must be summed after
    // every band.
    const int band = (std::max)(8, band_rows(large.channels + small.channels, large.width, g.stride));
    const auto row_of_dy = [&](int row) {
        return !kernels.transposed ? row : row == small.height ? dy.height : (std::min)(row * g.stride, dy.height);
    };
    share_rows(team, small.batch, small.height, [&](int n, int first, int last) {
        for (int top = first; top < last; top += band) {
            const int bottom = (std::min)(top + band, last);
            backward.weight_gradient_rows(large, small, n, g.padding_before, top, bottom, sums);
            if (bias_sums) bias_gradient_rows(dy, n, row_of_dy(top), row_of_dy(bottom), bias_sums);
        }
    });
}

/// The backward pass of a layer.
[[gnu::noinline]] inline void conv_layer_backward(const ConvKernels& kernels, const ConvBackwardKernels& backward,
                                                  const kernels::Backward<float>& a, Team team) {
    kernels.pack_backward(a.parameters, a.scratch, team);
    if (!a.parameter_gradients)
        team.barrier();  // the packed weights are complete
    else
        share_gradient(team, kernels.parameters(), a.scratch + kernels.packed_for_training(), a.parameter_gradients,
                       [&](float* sums) { parameter_gradient(kernels, backward, a, team, sums); });
    if (a.input_gradient.data) conv_input_gradient(kernels, backward, a, team);
}

/// What a layer's Kernel offers. It calls the functions above.
template <ConvGeometry G, bool Transposed>
struct ConvLayerKernel {
    static constexpr ConvKernels kernels = choose_conv_kernels<G, Transposed>();
    static constexpr std::size_t scratch_size(int /*batch*/, Shape /*input*/, int threads) {
        return kernels.scratch_size(threads);
    }
    static void forward(const kernels::Forward<float>& a, Team team) { conv_layer_forward(kernels, a, team); }
    static void backward(const kernels::Backward<float>& a, Team team) {
        static constexpr ConvBackwardKernels backward_kernels = choose_conv_backward_kernels<G, Transposed>();
        conv_layer_backward(kernels, backward_kernels, a, team);
    }
};

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

namespace depix {

template <int In, int Out, int K, class... Options>
struct kernels::Kernel<Cpu, Conv<In, Out, K, Options...>>
    : cpu::ConvLayerKernel<Conv<In, Out, K, Options...>::geometry, false> {};

template <int In, int Out, int K, class... Options>
struct kernels::Kernel<Cpu, ConvTranspose<In, Out, K, Options...>>
    : cpu::ConvLayerKernel<ConvTranspose<In, Out, K, Options...>::geometry, true> {};

}  // namespace depix

// Which of the compiled kernels serve a convolution, and what they need: packed weights and scratch.
#pragma once

#include "depix/kernels/cpu/conv/depthwise.hpp"
#include "depix/kernels/cpu/conv/pointwise.hpp"
#include "depix/kernels/cpu/conv/row_pairs.hpp"
#include "depix/kernels/cpu/conv/strided_winograd.hpp"
#include "depix/kernels/cpu/conv/tap_weight_gradient.hpp"
#include "depix/kernels/cpu/conv/transposed.hpp"
#include "depix/kernels/cpu/conv/upsampled.hpp"
#include "depix/kernels/cpu/conv/weight_gradient.hpp"
#include "depix/kernels/cpu/conv/winograd.hpp"
#include "depix/kernels/cpu/conv/winograd_gradient.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// How a convolution is computed: tap by tap, the same for two rows at once, by Winograd's tiles, by Winograd's tiles
/// for stride 2, together with the Upsample<2> that precedes it, or as a product of matrices.
enum class Algorithm { Taps, RowPairs, Winograd, StridedWinograd, Upsampled, Pointwise };

/// A convolution's kernels as a value: its geometry, and which of the compiled kernels serve it. All code around them
/// is compiled once, for every convolution of a program.
struct ConvKernels {
    ConvGeometry geometry;
    bool transposed = false;
    bool winograd = false;  ///< forward and both gradients; the direct kernels below then serve only fused steps that
                            ///< Winograd cannot store
    bool strided_winograd = false;  ///< the same, but not for the gradient of the weights
    int forward_block = 1;          ///< channels of a register block, which the forward weights are packed for
    int backward_block = 1;         ///< likewise for the input's gradient
    int row_pair_block = 0;         ///< likewise for pairs of rows; 0: they do not pay

    /// y = epilogue(x * weight), rows [first, last) of picture n.
    using Rows = void (*)(View<const float> x, int n, const float* packed, int padding, const Epilogue& epilogue,
                          View<float> y, int first, int last);
    Rows forward_rows = nullptr;
    Rows forward_row_pairs = nullptr;  ///< packed for Algorithm::RowPairs
    /// The same for pooled rows, with 2x2 max pooling after it. It works on pairs of rows where these pay. It is
    /// nullptr if transposed, and where Winograd pays.
    void (*forward_pool_rows)(View<const float> x, int n, const float* packed, int padding, const Epilogue& epilogue,
                              int width, View<float> y, int first, int last, float* scratch) = nullptr;

    constexpr WinogradSizes winograd_forward() const { return {geometry.in_channels, geometry.out_channels}; }
    constexpr WinogradSizes winograd_backward() const { return {geometry.out_channels, geometry.in_channels}; }
    constexpr WinogradGradientSizes winograd_gradient() const { return {geometry.in_channels, geometry.out_channels}; }
    constexpr StridedSizes strided_forward() const { return {geometry.in_channels, geometry.out_channels, transposed}; }
    constexpr StridedSizes strided_backward() const {
        return {geometry.out_channels, geometry.in_channels, !transposed};
    }
    constexpr bool pointwise() const { return !transposed && pointwise_pays(geometry); }
    /// Whether its kernel, by this algorithm, cuts off its results at two limits by itself.
    constexpr bool has_limits(Algorithm algorithm) const {
        return algorithm == Algorithm::Pointwise || (!transposed && is_depthwise(geometry));
    }
    constexpr UpsampledSizes upsampled() const { return {geometry.in_channels, geometry.out_channels}; }
    /// What training uses for the forward pass.
    constexpr Algorithm layer_algorithm() const {
        return winograd             ? Algorithm::Winograd
               : strided_winograd   ? Algorithm::StridedWinograd
               : row_pair_block > 0 ? Algorithm::RowPairs
                                    : Algorithm::Taps;
    }
    constexpr std::size_t forward_size(Algorithm algorithm) const {
        const int in = geometry.in_channels, out = geometry.out_channels, kernel = geometry.kernel;
        return algorithm == Algorithm::Winograd          ? winograd_forward().packed()
               : algorithm == Algorithm::StridedWinograd ? strided_forward().packed()
               : algorithm == Algorithm::Upsampled       ? upsampled().packed()
               : algorithm == Algorithm::Pointwise       ? packed_size(in, out, kernel, vector_width)
               : algorithm == Algorithm::RowPairs        ? row_pair_packed_size(in, out, kernel, row_pair_block)
               : geometry.plain()                        ? packed_size(in, out, kernel, forward_block)
                                                         : forward_groups(geometry).packed(forward_block);
    }
    constexpr Rows rows(Algorithm algorithm) const {
        return algorithm == Algorithm::RowPairs ? forward_row_pairs : forward_rows;
    }
    constexpr std::size_t backward_size() const {
        return winograd           ? winograd_backward().packed()
               : strided_winograd ? strided_backward().packed()
               : geometry.plain()
                   ? packed_size(geometry.out_channels, geometry.in_channels, geometry.kernel, backward_block)
                   : backward_groups(geometry).packed(backward_block);
    }
    /// Floats of scratch that each thread needs of its own in training.
    constexpr std::size_t winograd_scratch() const {
        if (strided_winograd) return (std::max)(strided_forward().scratch(), strided_backward().scratch());
        return winograd ? (std::max)({winograd_forward().scratch(), winograd_backward().scratch(),
                                      winograd_gradient().scratch()})
                        : 0;
    }
    /// Weights and biases.
    constexpr std::size_t parameters() const {
        return geometry.weight_count() + (geometry.bias ? static_cast<std::size_t>(geometry.out_channels) : 0);
    }
    /// Floats of scratch that training needs: packed weights, a sum of the parameters' gradients for each thread, and
    /// what Winograd needs.
    constexpr std::size_t scratch_size(int threads) const {
        return packed_for_training() + gradient_scratch(parameters(), threads) +
               winograd_scratch() * static_cast<std::size_t>(threads);
    }
    constexpr std::size_t packed_for_training() const {
        return (std::max)(forward_size(layer_algorithm()), backward_size());
    }

    void pack_forward(Algorithm algorithm, const float* weight, const float* scale, float* packed, Team team) const {
        if (algorithm == Algorithm::Winograd)
            pack_winograd(weight, winograd_forward(), geometry.kernel, false, scale, packed, team);
        else if (algorithm == Algorithm::StridedWinograd)
            pack_strided_winograd(weight, strided_forward(), scale, packed, team);
        else if (algorithm == Algorithm::Upsampled)
            pack_upsampled(weight, upsampled(), scale, packed, team);
        else if (algorithm == Algorithm::Pointwise)
            pack_weights(weight, geometry.in_channels, geometry.out_channels, geometry.kernel, vector_width, transposed,
                         scale, packed, team);
        else if (algorithm == Algorithm::RowPairs)
            pack_row_pairs(weight, geometry.in_channels, geometry.out_channels, geometry.kernel, row_pair_block, scale,
                           packed, team);
        else if (!geometry.plain())
            pack_groups(weight, forward_groups(geometry), forward_block, transposed, scale, packed, team);
        else
            pack_weights(weight, geometry.in_channels, geometry.out_channels, geometry.kernel, forward_block,
                         transposed, scale, packed, team);
    }
    void pack_backward(const float* weight, float* packed, Team team) const {
        if (winograd)
            pack_winograd(weight, winograd_backward(), geometry.kernel, true, nullptr, packed, team);
        else if (strided_winograd)
            pack_strided_winograd(weight, strided_backward(), nullptr, packed, team);
        else if (!geometry.plain())
            pack_groups(weight, backward_groups(geometry), backward_block, !transposed, nullptr, packed, team);
        else
            pack_weights(weight, geometry.out_channels, geometry.in_channels, geometry.kernel, backward_block,
                         !transposed, nullptr, packed, team);
    }
};

/// The kernels that only the backward pass calls. They have a table of their own, so that a program that trains nothing
/// does not compile them.
struct ConvBackwardKernels {
    /// dx = dy * weight, rows [first, last) of picture n. It is nullptr where Winograd, of either kind, computes this.
    void (*input_gradient_rows)(View<const float> dy, int n, const float* packed, int padding, const Epilogue& epilogue,
                                View<float> dx, int first, int last) = nullptr;
    /// Adds to d_weight the sums over rows [first, last) of picture n of the small map (y's if not transposed, else
    /// x's), which slides over the large one. It is nullptr where Winograd computes this.
    void (*weight_gradient_rows)(View<const float> large, View<const float> small, int n, int padding, int first,
                                 int last, float* d_weight) = nullptr;
};

template <ConvGeometry G, bool Transposed>
constexpr RegisterBlock backward_block() {
    return choose_block(G.in_channels, Transposed ? 1 : G.stride, Transposed ? G.stride : 1);
}

/// The kernels for one geometry. Geometries that differ only in their channels share code wherever the blocks agree.
template <ConvGeometry G, bool Transposed>
constexpr ConvKernels choose_conv_kernels() {
    constexpr int k = G.kernel, s = G.stride, p = G.padding_before;
    constexpr RegisterBlock ahead = choose_block(G.out_channels, Transposed ? s : 1, Transposed ? 1 : s);
    ConvKernels kernels{G,
                        Transposed,
                        !Transposed && winograd_pays(G),
                        strided_winograd_pays(G, Transposed),
                        ahead.channels,
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
    if constexpr (strided_winograd_pays(G, Transposed))
        return {nullptr, &weight_gradient_rows<k, s, gradient>};
    else if constexpr (Transposed)
        return {&conv_rows<k, s, block.channels, block.vectors>, &weight_gradient_rows<k, s, gradient>};
    else if constexpr (!winograd_pays(G))
        return {&conv_transpose_rows<k, s, p, block.channels, block.vectors>, &weight_gradient_rows<k, s, gradient>};
    else
        return {};
}

/// The kernels for a geometry with groups, with dilation, or with a kernel that is not square. A transposed convolution
/// is the input gradient of the swapped one, and the other way round.
template <ConvGeometry G, bool Transposed>
requires(!G.plain()) constexpr ConvKernels choose_conv_kernels() {
    constexpr RegisterBlock ahead = choose_block(G.group_out(), 1, Transposed ? 1 : G.stride);
    constexpr RegisterBlock back = choose_block(G.group_in(), 1, Transposed ? G.stride : 1);
    ConvKernels kernels{
        .geometry = G, .transposed = Transposed, .forward_block = ahead.channels, .backward_block = back.channels};
    if constexpr (Transposed) {
        kernels.forward_rows = &tap_gradient_rows<G.swapped(), ahead.channels, ahead.vectors>;
    } else if constexpr (is_depthwise(G)) {
        kernels.forward_rows = &depthwise_rows<G.kernel, G.stride, false>;
        kernels.forward_block = 1;
        if (G.stride == 1) kernels.backward_block = 1;
    } else {
        kernels.forward_rows = &tap_conv_rows<G, ahead.channels, ahead.vectors>;
    }
    return kernels;
}

template <ConvGeometry G, bool Transposed>
requires(!G.plain()) constexpr ConvBackwardKernels choose_conv_backward_kernels() {
    constexpr RegisterBlock block = choose_block(G.group_in(), 1, Transposed ? G.stride : 1);
    constexpr ConvGeometry g = Transposed ? G.swapped() : G;
    constexpr auto weights = &tap_weight_gradient_rows<g, tap_gradient_block(g), taps_at_once(g)>;
    if constexpr (Transposed)
        return {&tap_conv_rows<g, block.channels, block.vectors>, weights};
    else if constexpr (is_depthwise(G) && G.stride == 1)
        return {&depthwise_rows<G.kernel, 1, true>, weights};
    else
        return {&tap_gradient_rows<G, block.channels, block.vectors>, weights};
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

// Conv: a two-dimensional convolution.
#pragma once

#include "depix/layers/layer.hpp"
#include "depix/layers/options.hpp"

namespace depix {

/// A convolution as plain numbers, which its kernels take as an argument.
struct ConvGeometry {
    int in_channels = 1;
    int out_channels = 1;
    int kernel = 1;
    int stride = 1;
    int padding_before = 0;
    int padding_after = 0;
    bool bias = true;

    /// Weights, without the biases.
    constexpr std::size_t weight_count() const {
        return static_cast<std::size_t>(in_channels) * static_cast<std::size_t>(out_channels) *
               static_cast<std::size_t>(kernel * kernel);
    }
};

/// y[o][i][j] = bias[o] + sum over c, k, l of
///              weight[o][c][k][l] * x[c][i * stride + k - before][j * stride + l - before]
///
/// PyTorch's nn.Conv2d (a cross-correlation, as everywhere in this field). Height and width become
/// floor((size + before + after - Kernel) / stride) + 1. The default padding keeps the size ("same"): (Kernel - 1) / 2
/// before and Kernel / 2 after, so with stride 2 and an odd kernel an even size is halved exactly.
///
/// Parameters: weight (Out, In, Kernel, Kernel), bias (Out). Options: Stride, Padding, NoBias.
template <int In, int Out, int Kernel = 3, class... Options>
struct Conv : LayerBase<Conv<In, Out, Kernel, Options...>> {
    static_assert(In >= 1 && Out >= 1 && Kernel >= 1, "depix: Conv<In, Out, Kernel> takes positive numbers");
    static_assert(
        AllowedOptions<option_kind::Stride, option_kind::Padding, option_kind::Bias>::check<Conv, Options...>());

    using padding = find_option<option_kind::Padding, Padding<(Kernel - 1) / 2, Kernel / 2>, Options...>;
    static constexpr int stride = find_option<option_kind::Stride, Stride<1>, Options...>::value;
    static constexpr bool bias = find_option<option_kind::Bias, Bias<true>, Options...>::value;
    static constexpr ConvGeometry geometry{In, Out, Kernel, stride, padding::before, padding::after, bias};

    static constexpr const char* name = "Conv2d";
    static constexpr int in_channels = In;
    static constexpr int out_channels(int) { return Out; }

    static constexpr Shape output(Shape input) {
        constexpr int more = padding::before + padding::after;
        return {Out, count_windows(input.height + more, Kernel, stride),
                count_windows(input.width + more, Kernel, stride)};
    }
    static constexpr std::size_t multiply_adds(Shape input) { return geometry.weight_count() * output(input).area(); }
    static constexpr RowRange needs(RowRange rows) {
        return {rows.first * stride - padding::before, rows.last * stride - padding::before + Kernel - 1};
    }

    static constexpr auto tensors = [] {
        const TensorInfo weight{"weight", {Out, In, Kernel, Kernel}, 4, Initial::Uniform, In * Kernel * Kernel, true};
        const TensorInfo offset{"bias", {Out}, 1, Initial::Uniform, In * Kernel * Kernel, true};
        if constexpr (bias)
            return std::array{weight, offset};
        else
            return std::array{weight};
    }();

    static constexpr Traits traits{
        .role = Role::Convolution,
        .down = stride,
        .halo = padding::before > padding::after ? padding::before : padding::after,
        // The input's gradient is a transposed convolution of the output's gradient, and reads it this far beyond the
        // border.
        .gradient_halo = (Kernel - 1 + stride - 1) / stride,
    };
};

}  // namespace depix

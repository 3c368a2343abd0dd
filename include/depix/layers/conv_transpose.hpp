// ConvTranspose: a transposed convolution, which enlarges.
#pragma once

#include "depix/layers/conv.hpp"

namespace depix {

/// y[o][i * stride + k - before][j * stride + l - before] += weight[c][o][k][l] * x[c][i][j], starting from bias[o]
///
/// PyTorch's nn.ConvTranspose2d: the gradient of a convolution, used as a forward pass. Every input pixel adds a block
/// of Kernel x Kernel to the output; height and width become (size - 1) * stride - before - after + Kernel + output
/// padding. With Kernel 2 and stride 2 the blocks cover the output without overlap, and the size doubles. The default
/// padding is 0.
///
/// Parameters: weight (In, Out, Kernel, Kernel), bias (Out). Options: Stride, Padding, OutputPadding, NoBias, and
/// Groups, Dilation and KernelSize as in Conv. With groups, weight is (In, Out / Groups, KH, KW); with dilation,
/// Dilation * (Kernel - 1) + 1 takes Kernel's place in the sizes.
template <int In, int Out, int Kernel = 3, class... Options>
struct ConvTranspose : LayerBase<ConvTranspose<In, Out, Kernel, Options...>> {
    static_assert(In >= 1 && Out >= 1 && Kernel >= 1, "depix: ConvTranspose<In, Out, Kernel> takes positive numbers");
    static_assert(AllowedOptions<option_kind::Stride, option_kind::Padding, option_kind::OutputPadding,
                                 option_kind::Bias, option_kind::Groups, option_kind::Dilation,
                                 option_kind::KernelSize>::check<ConvTranspose, Options...>());

    using size = find_option<option_kind::KernelSize, KernelSize<Kernel, Kernel>, Options...>;
    using padding = find_option<option_kind::Padding, Padding<0>, Options...>;
    static constexpr int stride = find_option<option_kind::Stride, Stride<1>, Options...>::value;
    static constexpr int output_padding = find_option<option_kind::OutputPadding, OutputPadding<0>, Options...>::value;
    static constexpr bool bias = find_option<option_kind::Bias, Bias<true>, Options...>::value;
    static constexpr int groups = find_option<option_kind::Groups, Groups<1>, Options...>::value;
    static constexpr int dilation = find_option<option_kind::Dilation, Dilation<1>, Options...>::value;
    static constexpr ConvGeometry geometry{In,   Out,    size::height, stride,     padding::before, padding::after,
                                           bias, groups, dilation,     size::width};
    static_assert(In % groups == 0 && Out % groups == 0,
                  "depix: ConvTranspose<In, Out, Kernel, Groups<N>>: In and Out must divide by N");
    static_assert(detail::larger(size::height, size::width) == Kernel,
                  "depix: ConvTranspose<In, Out, Kernel, KernelSize<Height, Width>>: Kernel must be the larger of "
                  "Height and Width");
    static_assert(output_padding < stride || output_padding == 0, "depix: output padding is smaller than the stride");
    static_assert(detail::larger(padding::before, padding::after) < geometry.height_extent() &&
                      detail::larger(padding::before, padding::after) < geometry.width_extent(),
                  "depix: padding is smaller than the kernel");

    static constexpr const char* name = "ConvTranspose2d";
    static constexpr int in_channels = In;
    static constexpr int out_channels(int) { return Out; }

    static constexpr Shape output(Shape input) {
        constexpr int extra = output_padding - padding::before - padding::after;
        return {Out, (input.height - 1) * stride + geometry.height_extent() + extra,
                (input.width - 1) * stride + geometry.width_extent() + extra};
    }
    static constexpr std::size_t multiply_adds(Shape input) { return geometry.weight_count() * input.area(); }
    static constexpr RowRange needs(RowRange rows) {
        // Row i of the input reaches output rows i * stride - before + [0, extent), where the larger extent counts.
        constexpr int extent = dilation * (Kernel - 1) + 1;
        return {floor_divide(rows.first + padding::before - extent + stride, stride),
                floor_divide(rows.last + padding::before, stride)};
    }

    static constexpr auto tensors = [] {
        // PyTorch computes fan_in from the weight's second dimension, which here is that of the output.
        constexpr int fan_in = Out / groups * size::height * size::width;
        const TensorInfo weight{"weight", {In, Out / groups, size::height, size::width}, 4, Initial::Uniform, fan_in,
                                true};
        const TensorInfo offset{"bias", {Out}, 1, Initial::Uniform, fan_in, true};
        if constexpr (bias)
            return std::array{weight, offset};
        else
            return std::array{weight};
    }();

    static constexpr Traits traits{
        .role = Role::TransposedConvolution,
        .up = stride,
        .halo = (dilation * (Kernel - 1) + stride - 1) / stride,
        // The input's gradient is a strided convolution of the output's gradient.
        .gradient_halo = detail::larger(padding::before, padding::after),
        .plain = geometry.plain(),
    };
};

}  // namespace depix

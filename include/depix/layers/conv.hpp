// Conv: a two-dimensional convolution.
#pragma once

#include "depix/layers/layer.hpp"
#include "depix/layers/options.hpp"

namespace depix {

namespace detail {
constexpr int larger(int a, int b) { return a > b ? a : b; }
}  // namespace detail

/// A convolution as plain numbers, which its kernels take as an argument.
struct ConvGeometry {
    int in_channels = 1;
    int out_channels = 1;
    int kernel = 1;  ///< its height
    int stride = 1;
    int padding_before = 0;  ///< above; to the left is width_padding_before
    int padding_after = 0;   ///< below; to the right is width_padding_after
    bool bias = true;
    int groups = 1;
    int dilation = 1;
    int kernel_width = kernel;
    int width_padding_before = padding_before;
    int width_padding_after = padding_after;

    /// The same in the other direction. A transposed convolution with these weights, (In, Out / Groups, KH, KW), is the
    /// input gradient of the convolution `swapped`.
    constexpr ConvGeometry swapped() const {
        ConvGeometry other = *this;
        other.in_channels = out_channels;
        other.out_channels = in_channels;
        return other;
    }
    /// Channels of one group.
    constexpr int group_in() const { return in_channels / groups; }
    constexpr int group_out() const { return out_channels / groups; }
    /// Weights of an output channel for one input channel.
    constexpr int taps() const { return kernel * kernel_width; }
    /// Weights, without the biases.
    constexpr std::size_t weight_count() const {
        return static_cast<std::size_t>(group_in()) * static_cast<std::size_t>(out_channels) *
               static_cast<std::size_t>(taps());
    }
    /// Whether it has a single group, no dilation and a square kernel.
    constexpr bool plain() const {
        return groups == 1 && dilation == 1 && kernel_width == kernel && width_padding_before == padding_before &&
               width_padding_after == padding_after;
    }
    /// The pixels from the first tap to the last, both included.
    constexpr int height_extent() const { return dilation * (kernel - 1) + 1; }
    constexpr int width_extent() const { return dilation * (kernel_width - 1) + 1; }
};

/// y[o][i][j] = bias[o] + sum over c, k, l of
///              weight[o][c][k][l] * x[c][i * stride + k - before][j * stride + l - before]
///
/// PyTorch's nn.Conv2d (a cross-correlation, as everywhere in this field). Height and width become
/// floor((size + before + after - Kernel) / stride) + 1. The default padding keeps the size ("same"): (Kernel - 1) / 2
/// before and Kernel / 2 after, so with stride 2 and an odd kernel an even size is halved exactly.
///
/// Parameters: weight (Out, In, Kernel, Kernel), bias (Out). Options: Stride, Padding, NoBias, and these three:
///
/// With Dilation<D>, k and l above are multiplied by D, and so the extent D * (Kernel - 1) + 1 takes Kernel's place.
/// The default padding is half of D * (Kernel - 1), rounded down before and up after. With Groups<G>, output channel o
/// reads only the In / G input channels of group o / (Out / G), and weight is (Out, In / G, Kernel, Kernel). `Conv<C,
/// C, 3, Groups<C>>` is a depthwise convolution. With KernelSize<Height, Width>, weight is (Out, In, Height, Width),
/// and Kernel must be the larger of the two: `Conv<8, 8, 7, KernelSize<1, 7>>`. The default padding keeps both sizes.
/// Padding<N> is for both axes, as in nn.Conv2d(padding=N).
template <int In, int Out, int Kernel = 3, class... Options>
struct Conv : LayerBase<Conv<In, Out, Kernel, Options...>> {
    static_assert(In >= 1 && Out >= 1 && Kernel >= 1, "depix: Conv<In, Out, Kernel> takes positive numbers");
    static_assert(AllowedOptions<option_kind::Stride, option_kind::Padding, option_kind::Bias, option_kind::Groups,
                                 option_kind::Dilation, option_kind::KernelSize>::check<Conv, Options...>());

    using size = find_option<option_kind::KernelSize, KernelSize<Kernel, Kernel>, Options...>;
    static constexpr int groups = find_option<option_kind::Groups, Groups<1>, Options...>::value;
    static constexpr int dilation = find_option<option_kind::Dilation, Dilation<1>, Options...>::value;
    static_assert(In % groups == 0 && Out % groups == 0,
                  "depix: Conv<In, Out, Kernel, Groups<N>>: In and Out must divide by N");
    static_assert(
        (size::height > size::width ? size::height : size::width) == Kernel,
        "depix: Conv<In, Out, Kernel, KernelSize<Height, Width>>: Kernel must be the larger of Height and Width");

    template <int Extent>
    using padding_of = find_option<option_kind::Padding, Padding<(Extent - 1) / 2, Extent / 2>, Options...>;
    using padding = padding_of<dilation*(size::height - 1) + 1>;
    using width_padding = padding_of<dilation*(size::width - 1) + 1>;
    static constexpr int stride = find_option<option_kind::Stride, Stride<1>, Options...>::value;
    static constexpr bool bias = find_option<option_kind::Bias, Bias<true>, Options...>::value;
    static constexpr ConvGeometry geometry{
        In,   Out,    size::height, stride,      padding::before,       padding::after,
        bias, groups, dilation,     size::width, width_padding::before, width_padding::after};

    static constexpr const char* name = "Conv2d";
    static constexpr int in_channels = In;
    static constexpr int out_channels(int) { return Out; }

    static constexpr Shape output(Shape input) {
        return {
            Out, count_windows(input.height + padding::before + padding::after, geometry.height_extent(), stride),
            count_windows(input.width + width_padding::before + width_padding::after, geometry.width_extent(), stride)};
    }
    static constexpr std::size_t multiply_adds(Shape input) { return geometry.weight_count() * output(input).area(); }
    /// For rows and columns alike: where the axes differ, what either of them needs.
    static constexpr RowRange needs(RowRange rows) {
        return {rows.first * stride - detail::larger(padding::before, width_padding::before),
                rows.last * stride + detail::larger(geometry.height_extent() - 1 - padding::before,
                                                    geometry.width_extent() - 1 - width_padding::before)};
    }

    static constexpr auto tensors = [] {
        constexpr int fan_in = In / groups * size::height * size::width;
        const TensorInfo weight{"weight", {Out, In / groups, size::height, size::width}, 4, Initial::Uniform, fan_in,
                                true};
        const TensorInfo offset{"bias", {Out}, 1, Initial::Uniform, fan_in, true};
        if constexpr (bias)
            return std::array{weight, offset};
        else
            return std::array{weight};
    }();

    static constexpr Traits traits{
        .role = Role::Convolution,
        .down = stride,
        .halo = detail::larger(detail::larger(padding::before, padding::after),
                               detail::larger(width_padding::before, width_padding::after)),
        // The input's gradient is a transposed convolution of the output's gradient, and reads it this far beyond the
        // border.
        .gradient_halo = (dilation * (Kernel - 1) + stride - 1) / stride,
        .plain = geometry.plain(),
    };
};

}  // namespace depix

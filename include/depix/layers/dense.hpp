// Dense: every output depends on every input.
#pragma once

#include "depix/layers/layer.hpp"
#include "depix/layers/options.hpp"

namespace depix {

/// y[o] = bias[o] + sum over c, i, j of weight[o][(c * H + i) * W + j] * x[c][i][j]: In x H x W becomes Out x 1 x 1
///
/// PyTorch's nn.Linear after nn.Flatten. It takes pictures of one size, 1 x 1 unless the option Size<H, W> says
/// otherwise: Dense<512, 10> takes 512 channels of one pixel each, and Dense<512, 1024, Size<6, 6>> takes 512 channels
/// of 6 x 6 pixels. Another size gives the shape 0x0x0: Inference and Trainer refuse it with a ShapeError that names
/// both sizes, and StaticInference does not compile.
///
/// Parameters: weight (Out, In * H * W), bias (Out). Options: Size, NoBias.
template <int In, int Out, class... Options>
struct Dense : LayerBase<Dense<In, Out, Options...>> {
    static_assert(In >= 1 && Out >= 1, "depix: Dense<In, Out> takes positive numbers");
    static_assert(AllowedOptions<option_kind::Size, option_kind::Bias>::check<Dense, Options...>());

    using size = find_option<option_kind::Size, Size<1, 1>, Options...>;
    static constexpr bool bias = find_option<option_kind::Bias, Bias<true>, Options...>::value;
    static constexpr int inputs = In * size::height * size::width;
    static constexpr std::size_t weight_count = static_cast<std::size_t>(Out) * static_cast<std::size_t>(inputs);

    static constexpr const char* name = "Linear";
    static constexpr int in_channels = In;
    static constexpr int in_height = size::height;
    static constexpr int in_width = size::width;
    static constexpr int out_channels(int) { return Out; }

    static constexpr Shape output(Shape input) {
        return input.height == in_height && input.width == in_width ? Shape{Out, 1, 1} : Shape{};
    }
    static constexpr std::size_t multiply_adds(Shape) { return weight_count; }
    static constexpr RowRange needs(RowRange /*rows*/) { return every_row; }

    static constexpr auto tensors = [] {
        const TensorInfo weight{"weight", {Out, inputs}, 2, Initial::Uniform, inputs, true};
        const TensorInfo offset{"bias", {Out}, 1, Initial::Uniform, inputs, true};
        if constexpr (bias)
            return std::array{weight, offset};
        else
            return std::array{weight};
    }();

    static constexpr Traits traits{.global = true};
};

}  // namespace depix

// MaxPool: the largest value of each window.
#pragma once

#include "depix/layers/layer.hpp"
#include "depix/layers/options.hpp"

namespace depix {

/// y[c][i][j] = max over k, l < Window of x[c][i * stride + k][j * stride + l]
///
/// PyTorch's nn.MaxPool2d without padding; rows and columns that do not fill a window are dropped. The gradient goes to
/// the first largest element in reading order, as in PyTorch. By default the stride equals the window. Option: Stride.
template <int Window, class... Options>
struct MaxPool : LayerBase<MaxPool<Window, Options...>> {
    static_assert(Window >= 1, "depix: MaxPool<Window> takes a positive number");
    static_assert(AllowedOptions<option_kind::Stride>::check<MaxPool, Options...>());

    static constexpr int window = Window;
    static constexpr int stride = find_option<option_kind::Stride, Stride<Window>, Options...>::value;

    static constexpr const char* name = "MaxPool2d";
    static constexpr Shape output(Shape input) {
        return {input.channels, count_windows(input.height, Window, stride),
                count_windows(input.width, Window, stride)};
    }
    static constexpr RowRange needs(RowRange rows) { return {rows.first * stride, rows.last * stride + Window - 1}; }
    static constexpr Traits traits{.role = Role::MaxPool, .down = stride, .needs_output = true};
};

}  // namespace depix

// AveragePool: the mean of each window.
#pragma once

#include "depix/layers/layer.hpp"
#include "depix/layers/options.hpp"

namespace depix {

/// y[c][i][j] = sum over k, l < Window of x[c][i * stride + k][j * stride + l] / Window^2
///
/// PyTorch's nn.AvgPool2d without padding; rows and columns that do not fill a window are dropped. By default the
/// stride equals the window. Option: Stride.
template <int Window, class... Options>
struct AveragePool : LayerBase<AveragePool<Window, Options...>> {
    static_assert(Window >= 1, "depix: AveragePool<Window> takes a positive number");
    static_assert(AllowedOptions<option_kind::Stride>::check<AveragePool, Options...>());

    static constexpr int window = Window;
    static constexpr int stride = find_option<option_kind::Stride, Stride<Window>, Options...>::value;

    static constexpr const char* name = "AvgPool2d";
    static constexpr Shape output(Shape input) {
        return {input.channels, count_windows(input.height, Window, stride),
                count_windows(input.width, Window, stride)};
    }
    static constexpr RowRange needs(RowRange rows) { return {rows.first * stride, rows.last * stride + Window - 1}; }
    static constexpr Traits traits{.down = stride, .needs_input = false};
};

}  // namespace depix

// MaxPool: the largest value of each window.
#pragma once

#include "depix/layers/pool_windows.hpp"

namespace depix {

/// y[c][i][j] = max over k, l < Window of x[c][i * stride - before + k][j * stride - before + l]
///
/// PyTorch's nn.MaxPool2d. Rows and columns that do not fill a window are dropped, unless CeilMode is given; what lies
/// outside the input is left out of the maximum. The gradient goes to the first largest element in reading order, as in
/// PyTorch. By default the stride equals the window. Options: Stride, Padding (at most half of the window), CeilMode.
template <int Window, class... Options>
struct MaxPool : detail::PoolWindows<MaxPool<Window, Options...>, Window, Options...> {
    using Windows = detail::PoolWindows<MaxPool, Window, Options...>;

    static constexpr const char* name = "MaxPool2d";
    // The planner fuses by the role, and knows only windows that lie inside.
    static constexpr Traits traits{
        .role = Windows::inside ? Role::MaxPool : Role::Other, .down = Windows::stride, .needs_output = true};
};

}  // namespace depix

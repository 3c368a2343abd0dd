// AveragePool: the mean of each window.
#pragma once

#include "depix/layers/pool_windows.hpp"

namespace depix {

/// y[c][i][j] = sum over k, l < Window of x[c][i * stride - before + k][j * stride - before + l] / Window^2
///
/// PyTorch's nn.AvgPool2d. Rows and columns that do not fill a window are dropped, unless CeilMode is given. Padding
/// counts as zeros, and with CeilMode, where a window reaches beyond the padded input, only its part inside is counted
/// (PyTorch's count_include_pad=True, the default). By default the stride equals the window.
/// Options: Stride, Padding (at most half of the window), CeilMode.
template <int Window, class... Options>
struct AveragePool : detail::PoolWindows<AveragePool<Window, Options...>, Window, Options...> {
    static constexpr const char* name = "AvgPool2d";
    static constexpr Traits traits{.down = detail::PoolWindows<AveragePool, Window, Options...>::stride,
                                   .needs_input = false};
};

}  // namespace depix

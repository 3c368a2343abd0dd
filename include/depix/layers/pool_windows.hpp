// PoolWindows: where the windows of a pooling lie.
#pragma once

#include "depix/layers/layer.hpp"
#include "depix/layers/options.hpp"

namespace depix::detail {

/// What MaxPool and AveragePool have in common. Window i covers the rows [i * stride - before, i * stride - before +
/// Window), of which those outside the input are padding; columns likewise.
template <class Pool, int Window, class... Options>
struct PoolWindows : LayerBase<Pool> {
    static_assert(Window >= 1, "depix: a pooling takes a positive number as its window");
    static_assert(
        AllowedOptions<option_kind::Stride, option_kind::Padding, option_kind::Ceil>::check<Pool, Options...>());
    using padding = find_option<option_kind::Padding, Padding<0>, Options...>;
    static_assert(2 * padding::before <= Window && 2 * padding::after <= Window,
                  "depix: a pooling's padding is at most half of its window");

    static constexpr int window = Window;
    static constexpr int stride = find_option<option_kind::Stride, Stride<Window>, Options...>::value;
    static constexpr int before = padding::before;
    static constexpr int after = padding::after;
    static constexpr bool ceil = find_option<option_kind::Ceil, Ceil<false>, Options...>::value;
    /// Every window lies inside the input.
    static constexpr bool inside = before == 0 && after == 0 && !ceil;

    /// The number of windows, as PyTorch counts them.
    static constexpr int count(int size) {
        const int count = floor_divide(size + before + after - Window + (ceil ? stride - 1 : 0), stride) + 1;
        if (size <= 0 || count <= 0) return 0;
        return ceil && (count - 1) * stride >= size + before ? count - 1 : count;
    }
    /// The rows of window i that lie inside an input of `size` rows.
    static constexpr RowRange clip(int i, int size) {
        const int first = i * stride - before, last = first + Window - 1;
        if (inside) return {first, last};
        return {first < 0 ? 0 : first, last < size ? last : size - 1};
    }
    /// The rows of window i that lie inside the padded input.
    static constexpr int padded_rows(int i, int size) {
        const int rest = size + after - (i * stride - before);
        return !ceil ? Window : rest < Window ? rest : Window;
    }

    static constexpr Shape output(Shape input) { return {input.channels, count(input.height), count(input.width)}; }
    static constexpr RowRange needs(RowRange rows) {
        return {rows.first * stride - before, rows.last * stride - before + Window - 1};
    }
};

}  // namespace depix::detail

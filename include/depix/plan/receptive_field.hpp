// The receptive field: which input rows an output row depends on.
#pragma once

#include <array>
#include <cstddef>

#include "depix/plan/flatten.hpp"

namespace depix {

/// Whether the network has a layer whose every output row depends on every input row (GlobalAveragePool, Dense). Such a
/// network can restore only whole pictures, not tiles.
template <Module Network>
constexpr bool is_global() {
    constexpr auto plan = flatten<Network>();
    for (int i = 0; i < plan.step_count; ++i)
        if (plan.step(i).layer.info->traits.global) return true;
    return false;
}

/// The input rows that output rows [first, last] are computed from, found by following every path backwards. They may
/// reach beyond the picture, into the zero padding. The result is `every_row` if the network is global.
template <Module Network>
constexpr RowRange input_rows(RowRange output_rows) {
    constexpr auto plan = flatten<Network>();
    std::array<RowRange, plan.tensors.size()> needed{};
    for (RowRange& rows : needed) rows = {every_row.last, every_row.first};  // none yet
    const auto widen = [&](int tensor, RowRange rows) {
        RowRange& now = needed[static_cast<std::size_t>(tensor)];
        now = {rows.first < now.first ? rows.first : now.first, rows.last > now.last ? rows.last : now.last};
    };
    widen(plan.output, output_rows);
    for (int i = plan.step_count - 1; i >= 0; --i) {
        const PlanStep& step = plan.step(i);
        const RowRange wanted = needed[static_cast<std::size_t>(step.output)];
        const RowRange rows = wanted == every_row ? every_row : step.layer.info->needs(wanted);
        widen(step.input, rows);
        if (step.other >= 0) widen(step.other, rows);
    }
    return needed[static_cast<std::size_t>(plan.input)];
}

/// The receptive field of a global network.
inline constexpr int whole_image = every_row.last - every_row.first + 1;

/// The receptive field: the largest number of input rows (and columns) that one output pixel depends on; `whole_image`
/// if the network is global.
template <Module Network>
constexpr int receptive_field() {
    constexpr Scaling scale = scale_after<Network>(Scaling{});
    const int period = scale.multiple / scale.down * scale.up;  // output rows after which the pattern repeats
    int widest = 0;
    for (int row = 0; row < period; ++row) {
        const RowRange rows = input_rows<Network>({row, row});
        if (rows.last - rows.first + 1 > widest) widest = rows.last - rows.first + 1;
    }
    return widest;
}

}  // namespace depix

// Upsample: every pixel becomes a square.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y[c][i][j] = x[c][i / Factor][j / Factor], rounded down: the nearest neighbour
///
/// PyTorch's nn.Upsample(scale_factor=Factor, mode="nearest"): height and width are multiplied by Factor.
template <int Factor>
struct Upsample : LayerBase<Upsample<Factor>> {
    static_assert(Factor >= 1, "depix: Upsample<Factor> takes a positive number");
    static constexpr int factor = Factor;

    static constexpr const char* name = "Upsample";
    static constexpr Shape output(Shape input) { return {input.channels, input.height * Factor, input.width * Factor}; }
    static constexpr RowRange needs(RowRange rows) {
        return {floor_divide(rows.first, Factor), floor_divide(rows.last, Factor)};
    }
    static constexpr Traits traits{.role = Role::Upsample, .up = Factor, .needs_input = false};
};

}  // namespace depix

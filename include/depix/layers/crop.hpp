// Crop: a map without the pixels at its edges.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y[c][i][j] = x[c][i + Before][j + Before]. Before rows and columns are left out at top and left, After at bottom and
/// right, so height and width shrink by Before + After. PyTorch: x[:, :, N:-N, N:-N] or F.pad(x, (-N, -N, -N, -N)) is
/// Crop<N>. The gradient is dx[c][i + Before][j + Before] = dy[c][i][j], and 0 at the edges.
///
/// It joins a map with what convolutions without padding make of it, as in waifu2x's networks:
///
///     Sum<Crop<2>, Sequential<Conv<64, 64, 3, Padding<0>>, ReLU, Conv<64, 64, 3, Padding<0>>>>
///
/// A map of which nothing is left gives the shape C x 0 x 0, which Inference, Trainer and restore refuse with a
/// ShapeError that names the layer.
template <int Before, int After = Before>
struct Crop : LayerBase<Crop<Before, After>> {
    static_assert(Before >= 0 && After >= 0, "depix: Crop<Before, After> leaves out no negative number of pixels");
    static constexpr const char* name = "Crop";
    static constexpr Traits traits{.needs_input = false};

    static constexpr Shape output(Shape input) {
        constexpr int both = Before + After;
        if (input.height <= both || input.width <= both) return {input.channels, 0, 0};
        return {input.channels, input.height - both, input.width - both};
    }
    static constexpr RowRange needs(RowRange rows) { return {rows.first + Before, rows.last + Before}; }
};

}  // namespace depix

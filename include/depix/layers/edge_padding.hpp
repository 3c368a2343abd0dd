// ReflectPadding and ReplicationPadding: padding with pixels of the map instead of zeros.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

namespace detail {

/// What both have in common: Before rows and columns at top and left, After at bottom and right.
template <class Pad, int Before, int After>
struct EdgePadding : LayerBase<Pad> {
    static_assert(Before >= 0 && After >= 0, "depix: padding is not negative");
    static constexpr bool pads_edges = true;
    static constexpr int before = Before;
    static constexpr int after = After;

    static constexpr Traits traits{.needs_input = false};
};

}  // namespace detail

/// y[c][i][j] = x[c][r(i - Before, H)][r(j - Before, W)], where r reflects at the edges without repeating them:
/// r(q, n) = -q for q < 0, 2 (n - 1) - q for q >= n. Height and width grow by Before + After.
///
/// PyTorch's nn.ReflectionPad2d(N) is ReflectPadding<N>. Before a convolution with Padding<0> it takes the place of
/// zero padding. Height and width must be larger than the padding: a smaller map gives the shape C x 0 x 0, which
/// Inference, Trainer and restore refuse with a ShapeError that names the layer.
///
/// restore() in tiles is exact: a tile's edge is the picture's edge or lies outside of what its result depends on.
template <int Before, int After = Before>
struct ReflectPadding : detail::EdgePadding<ReflectPadding<Before, After>, Before, After> {
    static constexpr const char* name = "ReflectionPad2d";

    /// The input row (or column) that output row i is a copy of.
    static constexpr int source(int i, int size) {
        const int q = i - Before;
        return q < 0 ? -q : q < size ? q : 2 * (size - 1) - q;
    }
    static constexpr Shape output(Shape input) {
        constexpr int reach = Before > After ? Before : After;
        if (input.height <= reach || input.width <= reach) return {input.channels, 0, 0};
        return {input.channels, input.height + Before + After, input.width + Before + After};
    }
    /// Where the picture's edges lie is not known here. A row that lies up to Before rows above the upper edge is a
    /// copy of one that lies as far below it, so at most 2 * Before rows further down; at the lower edge likewise. A
    /// convolution of Before + 1 + After rows reads these rows anyway.
    static constexpr RowRange needs(RowRange rows) {
        const int first = rows.first - Before, last = rows.last - Before;
        return {first < last - 2 * After ? first : last - 2 * After,
                last > first + 2 * Before ? last : first + 2 * Before};
    }
};

/// y[c][i][j] = x[c][r(i - Before, H)][r(j - Before, W)], where r repeats the edge: r(q, n) = min(max(q, 0), n - 1).
/// Height and width grow by Before + After.
///
/// PyTorch's nn.ReplicationPad2d(N) is ReplicationPadding<N>. restore() in tiles is exact, as with ReflectPadding.
template <int Before, int After = Before>
struct ReplicationPadding : detail::EdgePadding<ReplicationPadding<Before, After>, Before, After> {
    static constexpr const char* name = "ReplicationPad2d";

    /// The input row (or column) that output row i is a copy of.
    static constexpr int source(int i, int size) {
        const int q = i - Before;
        return q < 0 ? 0 : q < size ? q : size - 1;
    }
    static constexpr Shape output(Shape input) {
        if (input.height <= 0 || input.width <= 0) return {input.channels, 0, 0};
        return {input.channels, input.height + Before + After, input.width + Before + After};
    }
    static constexpr RowRange needs(RowRange rows) {
        const int first = rows.first - Before, last = rows.last - Before;
        return {first < last - After ? first : last - After, last > first + Before ? last : first + Before};
    }
};

namespace detail {

/// A layer of this kind, for its kernels.
template <class L>
concept EdgePaddingLayer = Layer<L> && requires {
    requires L::pads_edges;
};

}  // namespace detail

}  // namespace depix

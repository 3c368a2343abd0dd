// Some rows of a layer's output from some rows of its input, and which layers can do that.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/network/type_list.hpp"
#include "depix/plan/stream.hpp"

namespace depix {

/// Appears in the compiler's message when a network cannot be given a picture row by row.
template <class Layer>
struct layer_does_not_stream {
    static_assert(
        !Layer::traits.global,
        "depix: this network needs the whole picture at once, because every row that this layer gives depends "
        "on all rows of its input: see layer_does_not_stream<Layer>; StaticInference can run it");
    static_assert(Layer::traits.global,
                  "depix: this layer's kernel knows whole maps only: see layer_does_not_stream<Layer>; it needs "
                  "forward_rows, see kernels/kernel.hpp");
};

namespace reference {

template <class L, class T>
concept HasForwardRows = requires(const kernels::Forward<T>& call, const kernels::Band& band) {
    kernels::Kernel<Reference, L>::forward_rows(call, band);
};

/// Whether output rows from k * up on are computed from input rows from k * down on, wherever they lie. Then any kernel
/// can be given only them.
template <Layer L>
constexpr bool has_equal_rows() {
    constexpr int up = detail::rows_at_once(L::traits), down = L::traits.down;
    for (int k = -2; k <= 3; ++k)
        if (L::needs({k * up, k * up + up - 1}) != RowRange{k * down, k * down + down - 1}) return false;
    return true;
}

/// Computes rows_at_once(L::traits) rows from the rows that they need.
template <Layer L, class T>
void forward_rows(const kernels::Forward<T>& call, const kernels::Band& band) {
    if constexpr (HasForwardRows<L, T>)
        kernels::Kernel<Reference, L>::forward_rows(call, band);
    else
        infer_layer<L>(call);
}

}  // namespace reference

namespace detail {

template <class L, bool Streams>
struct CheckStreams {
    static constexpr bool value = true;
};
template <class L>
struct CheckStreams<L, false> {
    static constexpr bool value = sizeof(layer_does_not_stream<L>) > 0;
};

template <class L, class T>
constexpr bool does_stream() {
    if constexpr (L::traits.global)
        return false;
    else
        return reference::HasForwardRows<L, T> || reference::has_equal_rows<L>();
}

// Stops the compiler at a layer that cannot be given its input row by row.
template <class List, class T>
struct CheckLayersStream;
template <class... Layers, class T>
struct CheckLayersStream<TypeList<Layers...>, T> {
    static constexpr bool value = (CheckStreams<Layers, does_stream<Layers, T>()>::value && ...);
};

}  // namespace detail
}  // namespace depix

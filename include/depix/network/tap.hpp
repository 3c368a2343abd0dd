// Tap and Use: a map that is used again elsewhere, for the few networks that no nesting of joins describes.
#pragma once

#include "depix/network/branches.hpp"

namespace depix {

/// Its input, unchanged, which Use<Name, ...> gives again further on in the network.
template <FixedString Name>
struct Tap : detail::Unchanged<0> {
    template <class Visitor>
    static constexpr int walk(Visitor& visitor, int tensor) {
        if constexpr (requires { visitor.tap(Name.text, tensor); }) visitor.tap(Name.text, tensor);
        return tensor;
    }
};

/// The map at Tap<Name>, whatever its own input is. That map has this many channels, and where it is joined it must be
/// as high and wide as the others: output_shape() says so if it is not. A network that has no such Tap before the Use
/// does not compile.
///
///     Sequential<Conv<3, 16>, Tap<"first">, Body, Concat<Identity, Use<"first", 16>>, Conv<32, 3>>
template <FixedString Name, int Channels>
struct Use : detail::Unchanged<0> {
    static_assert(Channels >= 1, "depix: Use<Name, Channels> says how many channels the map at Tap<Name> has");
    static constexpr int out_channels(int) { return Channels; }
    template <int>
    static constexpr int checked_out_channels() {
        return Channels;
    }
    static constexpr Shape output(Shape shape) { return {Channels, shape.height, shape.width}; }
    template <class Visitor>
    static constexpr int walk(Visitor& visitor, int tensor) {
        if constexpr (requires { visitor.template use<Channels>(Name.text); })
            return visitor.template use<Channels>(Name.text);
        else
            return tensor;
    }
};

}  // namespace depix

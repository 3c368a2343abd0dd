// Residual and SkipConcat: a skip is a type. Skips nest as types do, so they need no tags.
#pragma once

#include "depix/network/sequential.hpp"

namespace depix {

namespace detail {

// What both skips have in common: F's layers, and the check that F keeps height and width.
template <class Join, class... Children>
struct Skip {
    using inner = Sequential<Children...>;

    static constexpr bool is_composition = true;
    static constexpr int in_channels = inner::in_channels;
    using layers = merge_lists<typename inner::layers, TypeList<Join>>;
    static constexpr std::size_t parameter_count = inner::parameter_count;

    static constexpr Scaling scale = inner::scale_after(Scaling{});
    static_assert(CheckSkip<scale.up == scale.down, scale.down, scale.up>::value);
    static constexpr int size_multiple = scale.multiple;

    // The branch may need a larger multiple than the trunk.
    static constexpr Scaling scale_after(Scaling before) {
        const Scaling after = inner::scale_after(before);
        return {before.up, before.down, after.multiple};
    }
};

}  // namespace detail

/// Residual<F...>(x) = x + F(x) (He et al. 2015). F keeps channels, height and width.
template <Module... Children>
struct Residual : detail::Skip<Add, Children...> {
    using inner = Sequential<Children...>;

    static constexpr int out_channels(int channels) { return channels; }
    template <int Channels>
    static constexpr int checked_out_channels() {
        constexpr int out = inner::template checked_out_channels<Channels>();
        static_assert(detail::CheckSkip<out == Channels, Channels, out>::value);
        return out;
    }
    static constexpr Shape output(Shape shape) { return shape; }

    template <class Visitor>
    static constexpr int walk(Visitor& visitor, int tensor) {
        return visitor.add(tensor, inner::walk(visitor, tensor));
    }
};

/// SkipConcat<F...>(x) = [x, F(x)] along the channels, x first (Ronneberger et al. 2015). F keeps height and width.
template <Module... Children>
struct SkipConcat : detail::Skip<Concatenate, Children...> {
    using inner = Sequential<Children...>;

    static constexpr int out_channels(int channels) { return channels + inner::out_channels(channels); }
    template <int Channels>
    static constexpr int checked_out_channels() {
        return Channels + inner::template checked_out_channels<Channels>();
    }
    static constexpr Shape output(Shape shape) {
        return {shape.channels + inner::output(shape).channels, shape.height, shape.width};
    }

    template <class Visitor>
    static constexpr int walk(Visitor& visitor, int tensor) {
        return visitor.concatenate(tensor, inner::walk(visitor, tensor));
    }
};

}  // namespace depix

// The rules by which layers compose: channels, sizes, names. Sequential and the other compositions are written with
// these.
//
// Every composition has what a layer has (in_channels, out_channels, output, parameter_count), and
//
//     template <class Visitor> static constexpr int walk(Visitor&, int tensor);
//
// which calls a visitor for every layer in order of execution: enter(name), layer<L>(input) -> output, join<J>(a, b) ->
// output, leave(). Such visitors make the plan, the summary and the parameter names. A visitor that has
// repeat<Count, Child>(input) -> output, as that of the drawings, is given a Repeat as a whole.
#pragma once

#include <cstddef>

#include "depix/layers/layer.hpp"

namespace depix {

/// Numbers in a compiler's message, with their meaning. They have a namespace of their own, so that a user's variables
/// may have the same names.
namespace compile_message {
template <int Value>
struct layer_index {};
template <int Value>
struct expects {};
template <int Value>
struct gets {};
}  // namespace compile_message

/// Appears in the compiler's message when a layer is given another number of channels than it takes.
template <class LayerIndex, class Expects, class Gets>
struct channel_mismatch {
    static_assert(
        sizeof(LayerIndex) == 0,
        "depix: channel mismatch: the layer at this index (from 0, inside its Sequential) expects another "
        "number of channels than the layers before it give: see channel_mismatch<layer_index, expects, gets>");
};

/// A network or a part of one: Sequential, Named, Repeat, Sum and the other joins.
template <class T>
concept Composition = requires {
    T::is_composition;
};

/// Anything that can stand inside a Sequential.
template <class T>
concept Module = Layer<T> || Composition<T>;

/// How far height and width are scaled on the way to a tensor, in lowest terms, and what they must be a multiple of.
struct Scaling {
    int up = 1;
    int down = 1;
    int multiple = 1;

    constexpr Scaling times(int factor_up, int factor_down) const {
        const int common = greatest_common_divisor(up * factor_up, down * factor_down);
        const int new_up = up * factor_up / common;
        const int new_down = down * factor_down / common;
        return {new_up, new_down, least_common_multiple(multiple, new_down)};
    }
};

/// Trainable parameters of a layer or composition.
template <Module M>
constexpr std::size_t parameters_of() {
    if constexpr (Layer<M>)
        return count_tensors<M>(true);
    else
        return M::parameter_count;
}

/// The scale after a module, from the scale before it.
template <Module M>
constexpr Scaling scale_after(Scaling scale) {
    if constexpr (Layer<M>)
        return scale.times(M::traits.up, M::traits.down);
    else
        return M::scale_after(scale);
}

/// Calls `visitor` for a module, and returns the tensor after it.
template <Module M, class Visitor>
constexpr int walk(Visitor& visitor, int tensor) {
    if constexpr (Layer<M>)
        return visitor.template layer<M>(tensor);
    else
        return M::walk(visitor, tensor);
}

namespace detail {

// How many numbers a module takes among its siblings: one, but for Series.
template <Module M>
constexpr int count_slots() {
    if constexpr (requires { M::slots; })
        return M::slots;
    else
        return 1;
}

}  // namespace detail

/// Calls `visitor` for the child at `index`, under its own name if it has one, otherwise under its number, as in
/// PyTorch.
template <Module M, class Visitor>
constexpr int walk_child(Visitor& visitor, int tensor, int index) {
    if constexpr (requires { M::slots; }) {
        return M::walk_from(visitor, tensor, index);
    } else {
        if constexpr (requires { M::own_name; })
            visitor.enter(M::own_name.text);
        else
            visitor.enter(index);
        const int result = walk<M>(visitor, tensor);
        visitor.leave();
        return result;
    }
}

namespace detail {

template <int Index, int Expected, int Given, bool Fits>
struct CheckChannels {
    static constexpr bool value = true;
};
template <int Index, int Expected, int Given>
struct CheckChannels<Index, Expected, Given, false> {
    static constexpr bool value =
        sizeof(channel_mismatch<compile_message::layer_index<Index>, compile_message::expects<Expected>,
                                compile_message::gets<Given>>) > 0;
};

// The channels after a module that is given Channels; a composition checks its own children on the way.
template <Module M, int Channels>
constexpr int channels_after() {
    if constexpr (Layer<M>)
        return M::out_channels(Channels);
    else
        return M::template checked_out_channels<Channels>();
}

// The number of channels that a module needs if it is given this many. If they suit it, the number is the same.
template <Module M>
constexpr int wanted_channels(int given) {
    if (M::in_channels != 0) return M::in_channels;
    if constexpr (Layer<M>)
        if (given % M::channel_multiple != 0) return round_up(given, M::channel_multiple);
    return given;
}

// Follows the channels through a list of modules, and stops the compiler at the first module that does not fit. 0 means
// that the number is not known.
template <int Index, int Channels, class... Modules>
struct Chain {
    static constexpr int out = Channels;
};
template <int Index, int Channels, class First, class... Rest>
struct Chain<Index, Channels, First, Rest...> {
    static constexpr int wanted = wanted_channels<First>(Channels);
    static constexpr bool fits = Channels == 0 || Channels == wanted;
    static_assert(CheckChannels<Index, wanted, Channels, fits>::value);
    static constexpr int given = Channels != 0 ? Channels : First::in_channels;
    static constexpr int out = Chain < Index + 1, fits ? channels_after<First, given>() : 0, Rest... > ::out;
};

// The number of channels that a list of modules takes, if one of them states it before the number changes. Otherwise 0,
// which means any number.
template <class... Modules>
constexpr int first_in_channels() {
    int result = 0;
    bool known = true;  // still the same channels as at the beginning
    // A layer that maps 1 to 1 and 64 to 64 keeps the channels.
    ((result = result == 0 && known ? Modules::in_channels : result,
      known = known && Modules::out_channels(1) == 1 && Modules::out_channels(64) == 64),
     ...);
    return result;
}

}  // namespace detail
}  // namespace depix

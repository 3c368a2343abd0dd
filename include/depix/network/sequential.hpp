// Sequential, Named, Repeat, Series: one module after another.
#pragma once

#include <cstddef>

#include "depix/network/compose.hpp"
#include "depix/network/join.hpp"
#include "depix/network/type_list.hpp"

namespace depix {

namespace detail {
template <class M>
struct LayersOf {
    using type = typename M::layers;
};
template <Layer M>
struct LayersOf<M> {
    using type = TypeList<M>;
};
}  // namespace detail

/// The distinct layers of a module.
template <Module M>
using layers_of = typename detail::LayersOf<M>::type;

/// F = Fn o ... o F2 o F1: PyTorch's nn.Sequential. Children are named "0", "1", ... unless they are Named.
template <Module... Children>
struct Sequential {
    static constexpr bool is_composition = true;
    static constexpr int in_channels = detail::first_in_channels<Children...>();
    static_assert(detail::Chain<0, in_channels, Children...>::out >= 0);

    using layers = merge_lists<layers_of<Children>...>;

    /// Trainable parameters, as torchinfo counts them.
    static constexpr std::size_t parameter_count = (std::size_t{0} + ... + parameters_of<Children>());

    static constexpr int out_channels(int channels) {
        ((channels = Children::out_channels(channels)), ...);
        return channels;
    }
    template <int Channels>
    static constexpr int checked_out_channels() {
        return detail::Chain<0, Channels, Children...>::out;
    }
    static constexpr Shape output(Shape shape) {
        ((shape = Children::output(shape)), ...);
        return shape;
    }
    static constexpr Scaling scale_after(Scaling scale) {
        ((scale = depix::scale_after<Children>(scale)), ...);
        return scale;
    }
    /// Height and width must be a multiple of this.
    static constexpr int size_multiple = scale_after(Scaling{}).multiple;

    template <class Visitor>
    static constexpr int walk(Visitor& visitor, int tensor) {
        int index = 0;
        ((tensor = walk_child<Children>(visitor, tensor, index), index += detail::count_slots<Children>()), ...);
        return tensor;
    }
};

/// A string literal as a template argument.
template <std::size_t Size>
struct FixedString {
    char text[Size]{};
    constexpr FixedString(const char (&literal)[Size]) {  // NOLINT: implicit, so that Named<"encoder"> reads well
        for (std::size_t i = 0; i < Size; ++i) text[i] = literal[i];
    }
};

/// "up." and 3 make "up.3", for networks that are built by recursion. The number has one digit.
template <std::size_t Size>
constexpr FixedString<Size + 1> numbered(const char (&prefix)[Size], int digit) {
    char text[Size + 1]{};
    for (std::size_t i = 0; i + 1 < Size; ++i) text[i] = prefix[i];
    text[Size - 1] = static_cast<char>('0' + digit);
    return text;
}

/// A Sequential whose parameters are called "Name.0.weight" and so on. With one child they are called "Name.weight",
/// or, if the child is Named<"Child", ...> itself, "Name.Child.weight". The empty name adds nothing to the path, so a
/// skip's branches can share their parent's names.
template <FixedString Name, Module... Children>
struct Named : Sequential<Children...> {
    static constexpr auto own_name = Name;

    template <class Visitor>
    static constexpr int walk(Visitor& visitor, int tensor) {
        if constexpr (sizeof...(Children) == 1 && !(requires { Children::own_name; } && ...))
            return (depix::walk<Children>(visitor, tensor), ...);
        else
            return Sequential<Children...>::walk(visitor, tensor);
    }
};

/// The same module Count times, each with its own parameters: nn.Sequential(*[Child() for _ in range(Count)]).
template <int Count, Module Child>
struct Repeat {
    static_assert(Count >= 1, "depix: Repeat<Count, Child> takes a positive count");
    static constexpr bool is_composition = true;
    static constexpr int in_channels = Child::in_channels;
    static_assert(Count == 1 || detail::Chain<0, in_channels, Child, Child>::out >= 0);

    using layers = layers_of<Child>;
    static constexpr std::size_t parameter_count = static_cast<std::size_t>(Count) * parameters_of<Child>();

    static constexpr int out_channels(int channels) {
        for (int i = 0; i < Count; ++i) channels = Child::out_channels(channels);
        return channels;
    }
    template <int Channels>
    static constexpr int checked_out_channels() {
        static_assert(Count == 1 || detail::Chain<0, Channels, Child, Child>::out >= 0);
        if constexpr (Count == 1)
            return detail::Chain<0, Channels, Child>::out;
        else
            return out_channels(Channels);
    }
    static constexpr Shape output(Shape shape) {
        for (int i = 0; i < Count; ++i) shape = Child::output(shape);
        return shape;
    }
    static constexpr Scaling scale_after(Scaling scale) {
        for (int i = 0; i < Count; ++i) scale = depix::scale_after<Child>(scale);
        return scale;
    }
    static constexpr int size_multiple = scale_after(Scaling{}).multiple;

    template <class Visitor>
    static constexpr int walk(Visitor& visitor, int tensor) {
        if constexpr (requires { visitor.template repeat<Count, Child>(tensor); }) {
            return visitor.template repeat<Count, Child>(tensor);
        } else {
            for (int i = 0; i < Count; ++i) tensor = walk_child<Child>(visitor, tensor, i);
            return tensor;
        }
    }
};

/// Count times the same modules, one after another, numbered as if they were written out: in Sequential<Conv<3, 64>,
/// Series<2, Conv<64, 64>, ReLU>, Conv<64, 3>> the convolutions are "0", "1", "3" and "5". In PyTorch a list of layers
/// that a loop extends, for nn.Sequential(*layers).
template <int Count, Module... Children>
struct Series : Repeat<Count, Sequential<Children...>> {
    static constexpr int slots = Count * (0 + ... + detail::count_slots<Children>());

    template <class Visitor>
    static constexpr int walk(Visitor& visitor, int tensor) {
        return walk_from(visitor, tensor, 0);
    }
    template <class Visitor>
    static constexpr int walk_from(Visitor& visitor, int tensor, int index) {
        if constexpr (requires { visitor.template repeat<Count, Sequential<Children...>>(tensor); }) {
            return visitor.template repeat<Count, Sequential<Children...>>(tensor);
        } else {
            for (int i = 0; i < Count; ++i)
                ((tensor = walk_child<Children>(visitor, tensor, index), index += detail::count_slots<Children>()),
                 ...);
            return tensor;
        }
    }
};

}  // namespace depix

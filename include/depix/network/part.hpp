// PartOf: a part of a network, found by its name.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "depix/network/skip.hpp"
#include "depix/network/split.hpp"

namespace depix {

/// What the compiler's message about a part that does not exist is made of.
namespace compile_message {
template <FixedString Name>
struct asked_for {};
template <FixedString... Names>
struct there_are {};
}  // namespace compile_message

/// Appears in the compiler's message when a network has no part of that name.
template <class AskedFor, class ThereAre>
struct no_such_part {
    static_assert(sizeof(AskedFor) == 0,
                  "depix: the network has no part of this name: see no_such_part<asked_for, there_are>, which lists "
                  "the parts at the top; a part of a part is called \"encoder.0\"");
};

namespace detail {

inline constexpr std::size_t not_this_one = static_cast<std::size_t>(-1);

// "17" as a FixedString: how PyTorch names a child that has no name of its own.
template <int Index>
constexpr auto index_name() {
    if constexpr (Index < 10) {
        return numbered("", Index);
    } else {
        constexpr auto front = index_name<Index / 10>();
        return numbered(front.text, Index % 10);
    }
}

template <Module Child, int Index>
constexpr auto child_name() {
    if constexpr (requires { Child::own_name; })
        return Child::own_name;
    else
        return index_name<Index>();
}

// Where the rest of the path begins after a child's name; `not_this_one` if the path leads elsewhere. The empty name is
// no step of the path.
constexpr std::size_t step_into(std::string_view path, std::size_t start, std::string_view name) {
    if (name.empty()) return start;
    const std::string_view rest = path.substr(start);
    if (rest == name) return path.size();
    return rest.starts_with(name) && rest[name.size()] == '.' ? start + name.size() + 1 : not_this_one;
}

// The module that Path leads to from Start on inside a module, or void.
template <FixedString Path, std::size_t Start, class M>
struct FindInside {
    using type = void;
};

template <FixedString Path, std::size_t Start, class M>
struct FindFrom : FindInside<Path, Start, M> {};
template <FixedString Path, class M>
struct FindFrom<Path, not_this_one, M> {
    using type = void;
};
template <FixedString Path, class M>
struct FindFrom<Path, std::string_view(Path.text).size(), M> {
    using type = M;
};

template <FixedString Path, std::size_t Start, int Index, class... Children>
struct FindAmong {
    using type = void;
};
template <FixedString Path, std::size_t Start, int Index, class First, class... Rest>
struct FindAmong<Path, Start, Index, First, Rest...> {
    static constexpr std::size_t next = step_into(Path.text, Start, child_name<First, Index>().text);
    using here = typename FindFrom<Path, next, First>::type;
    using type =
        typename std::conditional_t<std::is_void_v<here>, FindAmong<Path, Start, Index + count_slots<First>(), Rest...>,
                                    std::type_identity<here>>::type;
};

// A Series has as many names as if it were written out.
template <FixedString Path, std::size_t Start, int Index, int Count, class... Children, class... Rest>
struct FindAmong<Path, Start, Index, Series<Count, Children...>, Rest...> {
    template <int Round>
    static constexpr auto find() {
        constexpr int slots = Series<Count, Children...>::slots / Count;
        if constexpr (Round == Count) {
            return std::type_identity<typename FindAmong<Path, Start, Index + Count * slots, Rest...>::type>{};
        } else {
            using here = typename FindAmong<Path, Start, Index + Round * slots, Children...>::type;
            if constexpr (std::is_void_v<here>)
                return find<Round + 1>();
            else
                return std::type_identity<here>{};
        }
    }
    using type = typename decltype(find<0>())::type;
};
template <FixedString Path, std::size_t Start, int Count, class... Children>
struct FindInside<Path, Start, Series<Count, Children...>> : FindAmong<Path, Start, 0, Series<Count, Children...>> {};

template <FixedString Path, std::size_t Start, class... Children>
struct FindInside<Path, Start, Sequential<Children...>> : FindAmong<Path, Start, 0, Children...> {};
template <FixedString Path, std::size_t Start, class... Children>
struct FindInside<Path, Start, Residual<Children...>> : FindAmong<Path, Start, 0, Children...> {};
template <FixedString Path, std::size_t Start, class... Children>
struct FindInside<Path, Start, SkipConcat<Children...>> : FindAmong<Path, Start, 0, Children...> {};
template <FixedString Path, std::size_t Start, class... Children>
struct FindInside<Path, Start, Gate<Children...>> : FindAmong<Path, Start, 0, Children...> {};
template <FixedString Path, std::size_t Start, class... Branches>
struct FindInside<Path, Start, Sum<Branches...>> : FindAmong<Path, Start, 0, Branches...> {};
template <FixedString Path, std::size_t Start, class... Branches>
struct FindInside<Path, Start, Concat<Branches...>> : FindAmong<Path, Start, 0, Branches...> {};
template <FixedString Path, std::size_t Start, class... Branches>
struct FindInside<Path, Start, Product<Branches...>> : FindAmong<Path, Start, 0, Branches...> {};
template <FixedString Path, std::size_t Start, class... Branches>
struct FindInside<Path, Start, Split<Branches...>> : FindAmong<Path, Start, 0, Branches...> {};
template <FixedString Path, std::size_t Start, FixedString Name, class... Children>
struct FindInside<Path, Start, Named<Name, Children...>> : FindAmong<Path, Start, 0, Children...> {};
// Named<"up", Child> gives Child its own name, so that no number stands between them.
template <FixedString Path, std::size_t Start, FixedString Name, class Child>
    struct FindInside<Path, Start, Named<Name, Child>> : std::conditional_t < requires {
    Child::own_name;
}, FindAmong<Path, Start, 0, Child>, FindInside < Path, Start, Child >> {};
template <FixedString Path, std::size_t Start, int Count, class Child>
struct FindInside<Path, Start, Repeat<Count, Child>> {
    template <int Index>
    static constexpr auto find() {
        if constexpr (Index == Count) {
            return std::type_identity<void>{};
        } else {
            constexpr std::size_t next = step_into(Path.text, Start, child_name<Child, Index>().text);
            using here = typename FindFrom<Path, next, Child>::type;
            if constexpr (std::is_void_v<here>)
                return find<Index + 1>();
            else
                return std::type_identity<here>{};
        }
    }
    using type = typename decltype(find<0>())::type;
};

// The names at the top of a network, for the message.
template <class M>
struct PartNames {
    using type = compile_message::there_are<>;
};
template <class Indices, class... Children>
struct ChildNames;
template <std::size_t... Indices, class... Children>
struct ChildNames<std::index_sequence<Indices...>, Children...> {
    using type = compile_message::there_are<child_name<Children, static_cast<int>(Indices)>()...>;
};
template <class... Children>
struct PartNames<Sequential<Children...>> : ChildNames<std::index_sequence_for<Children...>, Children...> {};
template <FixedString Name, class... Children>
struct PartNames<Named<Name, Children...>> : ChildNames<std::index_sequence_for<Children...>, Children...> {};

template <FixedString Path, class Network>
struct FindPart {
    using found = typename FindInside<Path, 0, Network>::type;
    template <class F>
    struct Checked {
        using type = F;
    };
    template <class F>
    requires std::is_void_v<F>
    struct Checked<F> {
        static_assert(sizeof(no_such_part<compile_message::asked_for<Path>, typename PartNames<Network>::type>) > 0);
        using type = Network;
    };
    using type = typename Checked<found>::type;
};

}  // namespace detail

/// The part of a network that state_dict calls Path: "encoder", or "encoder.0" for a part of a part. It is a network
/// itself, whose parameters are called "0.weight" and so on. A name that does not exist is a compile-time error that
/// lists those that do.
///
///     static_assert(PartOf<"encoder", Depixelizer>::output({3, 64, 256}) == Shape{24, 8, 32});
template <FixedString Path, Module Network>
using PartOf = typename detail::FindPart<Path, Network>::type;

}  // namespace depix

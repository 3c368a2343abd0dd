// TypeList: the distinct layers of a network, so that equal layers are compiled once, however often they occur in it.
#pragma once

#include <cstddef>
#include <type_traits>

namespace depix {

template <class... Types>
struct TypeList {
    static constexpr std::size_t size = sizeof...(Types);

    /// Calls `function.template operator()<T>()` for each type, in order.
    template <class Function>
    static constexpr void for_each(Function&& function) {
        (function.template operator()<Types>(), ...);
    }
};

namespace detail {

template <class List, class Type>
struct Append;
template <class... Types, class Type>
struct Append<TypeList<Types...>, Type> {
    using type = std::conditional_t<(std::is_same_v<Types, Type> || ...), TypeList<Types...>, TypeList<Types..., Type>>;
};

template <class List, class Other>
struct Merge;
template <class List>
struct Merge<List, TypeList<>> {
    using type = List;
};
template <class List, class First, class... Rest>
struct Merge<List, TypeList<First, Rest...>> {
    using type = typename Merge<typename Append<List, First>::type, TypeList<Rest...>>::type;
};

template <class List, class... Lists>
struct MergeAll {
    using type = List;
};
template <class List, class First, class... Rest>
struct MergeAll<List, First, Rest...> {
    using type = typename MergeAll<typename Merge<List, First>::type, Rest...>::type;
};

}  // namespace detail

/// The union of lists, each type once, in order of first appearance.
template <class... Lists>
using merge_lists = typename detail::MergeAll<TypeList<>, Lists...>::type;

}  // namespace depix

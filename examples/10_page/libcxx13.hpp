// What depix uses of C++20 and emscripten 3.1.6's standard library (libc++ 13) does not have yet: std::bit_cast and
// some algorithms of std::ranges. The build includes this file before all others. With a newer library it is empty.
#pragma once

#include <algorithm>
#include <bit>
#include <functional>
#include <iterator>

#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 15000
namespace std {  // NOLINT: in the place of the library's own

template <class To, class From>
constexpr To bit_cast(const From& from) noexcept {
    return __builtin_bit_cast(To, from);
}

namespace ranges {

template <class Range, class Function>
constexpr bool any_of(Range&& range, Function function) {
    return std::any_of(std::begin(range), std::end(range), function);
}
template <class Range, class Output>
constexpr auto copy(Range&& range, Output output) {
    return std::copy(std::begin(range), std::end(range), output);
}
template <class Range, class Function>
constexpr auto count_if(Range&& range, Function function) {
    return std::count_if(std::begin(range), std::end(range), function);
}
template <class Range, class Value>
constexpr void fill(Range&& range, const Value& value) {
    std::fill(std::begin(range), std::end(range), value);
}
template <class Range, class Value>
constexpr auto find(Range&& range, const Value& value) {
    return std::find(std::begin(range), std::end(range), value);
}
template <class Range, class Function>
constexpr auto find_if(Range&& range, Function function) {
    return std::find_if(std::begin(range), std::end(range), function);
}
template <class Range, class Function>
constexpr void for_each(Range&& range, Function function) {
    for (auto&& item : range) function(item);
}
template <class Range, class Less>
constexpr void sort(Range&& range, Less less) {
    std::sort(std::begin(range), std::end(range), less);
}
template <class Range, class Key>
constexpr void stable_sort(Range&& range, std::less<>, Key key) {
    std::stable_sort(std::begin(range), std::end(range), [&](auto& a, auto& b) { return key(a) < key(b); });
}

}  // namespace ranges
}  // namespace std
#endif

// Shape: the size of a picture or a feature map. It is the root of every include in depix.
#pragma once

#if defined(_MSC_VER) && !defined(__clang__)
#error "depix needs GCC's vector extensions, which MSVC lacks: compile with GCC 12, clang 14 or clang-cl, or newer"
#endif

#include <cstddef>

namespace depix {

/// The extent of one feature map: channels x height x width (PyTorch's C, H, W, without the batch).
///
/// A network's channels are part of its type; height and width are not. `constexpr Shape output(Shape)` is therefore
/// an ordinary function of every layer, which serves static_assert, run-time planning and the summary table alike.
struct Shape {
    int channels = 0;
    int height = 0;
    int width = 0;

    /// Pixels of one channel.
    constexpr std::size_t area() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
    /// Elements of all channels.
    constexpr std::size_t size() const { return static_cast<std::size_t>(channels) * area(); }

    friend constexpr bool operator==(const Shape&, const Shape&) = default;
};

/// The smallest multiple of `step` that is not below `value` (both positive).
constexpr int round_up(int value, int step) { return (value + step - 1) / step * step; }

/// a / b rounded downwards, also where a is negative; b is positive.
constexpr int floor_divide(int a, int b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

/// The number of windows, `stride` apart, that fit into `size`; 0 if the first one does not fit.
constexpr int count_windows(int size, int window, int stride) {
    return size < window ? 0 : (size - window) / stride + 1;
}

/// Euclid's greatest common divisor, for positive numbers.
constexpr int greatest_common_divisor(int a, int b) {
    while (b != 0) {
        const int rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/// The least common multiple, for positive numbers.
constexpr int least_common_multiple(int a, int b) { return a / greatest_common_divisor(a, b) * b; }

}  // namespace depix

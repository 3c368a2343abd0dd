// Integer arithmetic: how numbers become 8-bit integers, and how sums in 32 bits become 8 bits again. It needs only the
// language's headers, so that firmware can use it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace depix::integers {

inline constexpr int lowest = -128, highest = 127;

/// What the integers of a map stand for: number = scale * (integer - zero_point). Zero itself is exact, which the zeros
/// around a picture need. With zero_point 0 it is symmetric.
struct Encoding {
    float scale = 1;
    int zero_point = 0;

    friend constexpr bool operator==(const Encoding&, const Encoding&) = default;
};

constexpr std::int8_t clamp(int value, int low = lowest) {
    return static_cast<std::int8_t>(value < low ? low : value > highest ? highest : value);
}

/// round(x / scale) + zero_point, halves upwards, kept in -128..127; NaN becomes -128. The product of two floats is
/// exact in double, so the result does not depend on whether the compiler fuses it with the addition.
constexpr std::int8_t encode(float x, float inverse_scale, int zero_point) {
    const double value =
        static_cast<double>(x) * static_cast<double>(inverse_scale) + (static_cast<double>(zero_point) + 128.5);
    const double positive = value > 0 ? value : 0;
    return static_cast<std::int8_t>(static_cast<int>(positive < 255 ? positive : 255) - 128);
}
constexpr float inverse(float scale) { return static_cast<float>(1 / static_cast<double>(scale)); }
constexpr std::int8_t encode(float x, const Encoding& to) { return encode(x, inverse(to.scale), to.zero_point); }
constexpr float decode(int integer, const Encoding& from) {
    return from.scale * static_cast<float>(integer - from.zero_point);
}

/// floor(a * b / 2^32): the upper half of the product. (SMMUL on a Cortex-M.)
constexpr std::int32_t upper_product(std::int32_t a, std::int32_t b) {
    return static_cast<std::int32_t>((std::int64_t{a} * b) >> 32);
}

/// A factor below 1/4 as multiplier / 2^(32 + shift), with multiplier below 2^31 and shift in 1..max_shift.
struct Factor {
    std::int32_t multiplier = 0;
    int shift = 1;
};
/// With at most 22, a result's zero point can be added before the shift without overflow (kernels/cpu/int8).
inline constexpr int max_shift = 22;
inline constexpr double largest_factor = 0.25;

/// round(sum * factor), halves upwards: exactly floor(sum * multiplier / 2^(32 + shift) + 1/2).
constexpr std::int32_t scale(std::int32_t sum, std::int32_t multiplier, int shift) {
    return (upper_product(sum, multiplier) + (std::int32_t{1} << (shift - 1))) >> shift;
}

/// The factor with this shift. |factor| * 2^(32 + shift) must be at most 2^31.
constexpr std::int32_t multiplier_of(double factor, int shift) {
    const double scaled = factor * 4294967296.0 * static_cast<double>(std::int64_t{1} << shift);
    const double rounded = scaled < 0 ? scaled - 0.5 : scaled + 0.5;
    return rounded >= 2147483647.0 ? 2147483647 : static_cast<std::int32_t>(rounded);
}
/// The largest shift with which the factor's multiplier fits, so that it has most digits.
constexpr int shift_of(double factor) {
    const double size = factor < 0 ? -factor : factor;
    int shift = 1;
    while (shift < max_shift && size * 4294967296.0 * static_cast<double>(std::int64_t{2} << shift) < 2147483647.0)
        ++shift;
    return shift;
}
constexpr Factor make_factor(double factor) {
    const int shift = shift_of(factor);
    return {multiplier_of(factor, shift), shift};
}

/// How the sums of a convolution become its output: a number for each output channel, or nullptr where noted.
///
///     y = table[max(zero_point + scale(sum, multiplier, shift), low)], kept in -128..127
///
/// Where the sum is negative, negative_multiplier replaces multiplier (a leaky rectifier). A ReLU is low = zero_point.
struct Epilogue {
    const std::int32_t* bias = nullptr;
    const std::int32_t* multiplier = nullptr;
    const std::int32_t* negative_multiplier = nullptr;  ///< nullptr: the same
    const std::int32_t* shift = nullptr;
    int zero_point = 0;
    int low = lowest;
    const std::int8_t* table = nullptr;  ///< of 256, for -128, -127, ... (an activation); nullptr: none

    constexpr std::int8_t operator()(std::int32_t sum, int channel) const {
        const std::int32_t* factor = sum < 0 && negative_multiplier ? negative_multiplier : multiplier;
        const std::int8_t y = clamp(zero_point + scale(sum, factor[channel], shift[channel]), low);
        return table ? table[y + 128] : y;
    }
};

/// y = a + b for maps with different scales, in 32 bits:
///
///     y = max(zero_point + floor(((a - a_zero) * a_factor + (b - b_zero) * b_factor) / 2^shift + 1/2), low)
///
/// Both factors are at most 2^21, so that no sum overflows.
struct Addition {
    int a_zero = 0, b_zero = 0;
    std::int32_t a_factor = 0, b_factor = 0;
    int shift = 1;
    int zero_point = 0;
    int low = lowest;

    constexpr std::int8_t operator()(int a, int b) const {
        const std::int32_t sum = (a - a_zero) * a_factor + (b - b_zero) * b_factor + (std::int32_t{1} << (shift - 1));
        return clamp(zero_point + (sum >> shift), low);
    }
};
constexpr Addition make_addition(const Encoding& a, const Encoding& b, const Encoding& y, bool rectified) {
    const double of_a = static_cast<double>(a.scale) / static_cast<double>(y.scale);
    const double of_b = static_cast<double>(b.scale) / static_cast<double>(y.scale);
    const double larger = of_a > of_b ? of_a : of_b;
    int shift = 20;
    while (shift > 1 && larger * static_cast<double>(1 << shift) > 2097152.0) --shift;
    const auto factor = [shift](double of) { return static_cast<std::int32_t>(of * (1 << shift) + 0.5); };
    return {
        a.zero_point, b.zero_point, factor(of_a), factor(of_b), shift, y.zero_point, rectified ? y.zero_point : lowest};
}
/// The largest ratio of scales that make_addition can express.
inline constexpr double largest_ratio = 1048576.0;

/// Where the windows of a max pooling lie: as detail::PoolWindows says.
struct PoolGeometry {
    int window = 2, stride = 2, before = 0;
};

}  // namespace depix::integers

// Float16 and BFloat16: the two 16-bit formats of weight files, with conversions to and from float. They need no
// compiler support.
#pragma once

#include <bit>
#include <cstdint>

namespace depix {

/// An IEEE 754 binary format of 16 bits: a sign bit, `ExponentBits` of exponent and `MantissaBits` of mantissa.
///
///     value = (-1)^sign * 2^(exponent - bias) * (1 + mantissa / 2^MantissaBits)      exponent 0: subnormal, no 1 +
///                                                                                    all ones: infinity or NaN
template <int ExponentBits, int MantissaBits>
struct Float16Format {
    static_assert(ExponentBits <= 8 && 1 + ExponentBits + MantissaBits == 16, "a 16-bit format that float contains");

    static constexpr int bias = (1 << (ExponentBits - 1)) - 1;
    static constexpr std::uint32_t exponent_mask = (1u << ExponentBits) - 1;
    static constexpr std::uint32_t mantissa_mask = (1u << MantissaBits) - 1;

    /// Exact, because every value of the format is a float. NaN keeps its sign and payload.
    static constexpr float decode(std::uint16_t bits) {
        const std::uint32_t sign = std::uint32_t{bits} >> 15 << 31;
        const std::uint32_t exponent = (std::uint32_t{bits} >> MantissaBits) & exponent_mask;
        const std::uint32_t mantissa = bits & mantissa_mask;
        constexpr int rebias = 127 - bias;
        if (exponent == exponent_mask)
            return std::bit_cast<float>(sign | 0x7F800000u | mantissa << (23 - MantissaBits));
        if (exponent != 0 || rebias == 0) {
            const std::uint32_t rebased = exponent + static_cast<std::uint32_t>(rebias);
            return std::bit_cast<float>(sign | rebased << 23 | mantissa << (23 - MantissaBits));
        }
        // A subnormal is an integer times the smallest step, 2^(1 - bias - MantissaBits). As a float it is normal, so
        // it is exact.
        constexpr auto step_exponent = static_cast<std::uint32_t>(127 + 1 - bias - MantissaBits);
        const float magnitude = static_cast<float>(mantissa) * std::bit_cast<float>(step_exponent << 23);
        return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
    }

    /// Rounds to nearest, ties to even. It converts directly from double, so that nothing is rounded twice (a float
    /// becomes a double exactly). A number that is too large becomes infinity; NaN stays NaN and is made quiet.
    static constexpr std::uint16_t encode(double value) {
        const auto bits = std::bit_cast<std::uint64_t>(value);
        const auto sign = static_cast<std::uint32_t>(bits >> 63) << 15;
        const auto exponent = static_cast<int>((bits >> 52) & 0x7FF);
        const std::uint64_t fraction = bits & 0xFFFFFFFFFFFFF;
        const std::uint32_t infinity = exponent_mask << MantissaBits;
        if (exponent == 0x7FF) {
            const auto payload = static_cast<std::uint32_t>(fraction >> (52 - MantissaBits));
            const std::uint32_t nan = fraction == 0 ? 0 : payload | 1u << (MantissaBits - 1);
            return static_cast<std::uint16_t>(sign | infinity | nan);
        }
        const int target = exponent - 1023 + bias;  // the exponent field that the result would have
        if (target >= static_cast<int>(exponent_mask)) return static_cast<std::uint16_t>(sign | infinity);
        // Below the smallest normal number the mantissa is shifted further, by one bit for every missing exponent.
        const int shift = 52 - MantissaBits + (target < 1 ? 1 - target : 0);
        if (exponent == 0 || shift > 53) return static_cast<std::uint16_t>(sign);  // under half of the smallest step
        const std::uint64_t significand = fraction | std::uint64_t{1} << 52;
        std::uint64_t kept = significand >> shift;
        const std::uint64_t rest = significand & ((std::uint64_t{1} << shift) - 1);
        const std::uint64_t half = std::uint64_t{1} << (shift - 1);
        if (rest > half || (rest == half && (kept & 1) != 0)) ++kept;
        // `kept` holds the leading 1 of a normal number, so it is added, not or-ed. A carry then correctly raises the
        // exponent, from subnormal to normal and from the largest number to infinity.
        const auto below = static_cast<std::uint32_t>(target < 1 ? 0 : target - 1);
        return static_cast<std::uint16_t>(sign | ((below << MantissaBits) + static_cast<std::uint32_t>(kept)));
    }
};

using Float16 = Float16Format<5, 10>;  ///< IEEE 754 binary16, PyTorch's torch.float16
using BFloat16 = Float16Format<8, 7>;  ///< the upper half of a float, PyTorch's torch.bfloat16

static_assert(Float16::decode(0x3C00) == 1.0f && Float16::encode(1.0) == 0x3C00);
static_assert(Float16::decode(0x0001) == 0x1p-24f && Float16::encode(0x1p-24) == 0x0001);
static_assert(Float16::encode(65504.0) == 0x7BFF && Float16::encode(65520.0) == 0x7C00);
static_assert(BFloat16::decode(0xC000) == -2.0f && BFloat16::encode(-2.0) == 0xC000);

}  // namespace depix

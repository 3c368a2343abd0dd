// exp without the C library, for firmware.
#pragma once

#include <bit>
#include <cstdint>

namespace depix::math {

/// exp(x) in float for -87 <= x <= 88, with a relative error below 9e-8; beyond these bounds it is the value at the
/// bound, and for NaN it is NaN. A sigmoid that is computed with it has an absolute error below 9e-8, as with libm.
///
/// exp(x) = 2^n exp(r), where n is the whole number nearest to x / log 2 and |r| <= log(2) / 2. The polynomial and log
/// 2 in two parts are those of Cephes' expf (Moshier), as in kernels/cpu/exponential.hpp.
///
/// A program that defines DEPIX_OWN_EXP in all of its files before it includes depix uses this for every exp of a float
/// in a layer's formula, and then needs no expf.
constexpr float own_exp(float x) {
    if (x != x) return x;
    x = x > 88.f ? 88.f : x < -87.f ? -87.f : x;
    constexpr float rounder = 12582912.f;  // 1.5 * 2^23: what is added to it is rounded to a whole number
    const float shifted = x * 1.44269504088896341f + rounder, n = shifted - rounder;
    const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    float y = 1.9875691500e-4f;
    y = y * r + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = y * r * r + r + 1.f;
    // n is in the lowest bits of `shifted`; added to the exponent's bits of y it multiplies y by 2^n.
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(y) + (std::bit_cast<std::uint32_t>(shifted) << 23));
}

}  // namespace depix::math

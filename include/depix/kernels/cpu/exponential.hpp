// exp and its kin on vectors, for the kernels of Sigmoid and Tanh.
#pragma once

#include "depix/kernels/cpu/simd.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// exp(x) to about one unit in the last place for -87 <= x <= 88; beyond, the value there; NaN for NaN.
///
/// exp(x) = 2^n exp(r) with n the whole number nearest to x / log 2 and |r| <= log(2) / 2, where a polynomial of degree
/// 6 does. Coefficients and the two-part log 2, whose first part times n is exact: Cephes, expf (Moshier).
DEPIX_INLINE Vector exponential(Vector x) {
    const Vector largest = broadcast(88.f), smallest = broadcast(-87.f);
    x = x > largest ? largest : x;  // in this order NaN stays
    x = x < smallest ? smallest : x;

    constexpr float rounder = 12582912.f;  // 1.5 * 2^23: what is added to it is rounded to a whole number
    const Vector n = (x * 1.44269504088896341f + rounder) - rounder;
    const Vector r = (x - n * 0.693359375f) - n * -2.12194440e-4f;

    Vector y = broadcast(1.9875691500e-4f);
    y = y * r + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = y * r * r + r + 1.f;

    const Vector finite = x == x ? n : Vector{};  // no whole number is NaN
    const IntegerVector exponent = (__builtin_convertvector(finite, IntegerVector) + 127) << 23;
    Vector power;
    std::memcpy(&power, &exponent, sizeof power);
    return y * power;
}

DEPIX_INLINE Vector sigmoid(Vector x) { return 1.f / (1.f + exponential(-x)); }

/// By 1 - 2 / (exp(2x) + 1), and near 0, where that cancels, by Cephes' polynomial (tanhf).
DEPIX_INLINE Vector hyperbolic_tangent(Vector x) {
    const Vector far = 1.f - 2.f / (exponential(x + x) + 1.f);
    const Vector s = x * x;
    Vector y = broadcast(-5.70498872745e-3f);
    y = y * s + 2.06390887954e-2f;
    y = y * s + -5.37397155531e-2f;
    y = y * s + 1.33314422036e-1f;
    y = y * s + -3.33332819422e-1f;
    const Vector near = y * s * x + x;
    return s < 0.625f * 0.625f ? near : far;
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

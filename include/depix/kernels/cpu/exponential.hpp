// exp, tanh and erf on vectors, for the layers that are one formula.
#pragma once

#include "depix/kernels/cpu/simd.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// exp(x) to about one unit in the last place for -87 <= x <= 88. Beyond these bounds it is the value at the bound. For
/// NaN it is NaN.
///
/// exp(x) = 2^n exp(r), where n is the whole number nearest to x / log 2 and |r| <= log(2) / 2. For such r a polynomial
/// of degree 6 is enough. The coefficients are from Cephes, expf (Moshier), and so is log 2 in two parts, of which the
/// first times n is exact.
DEPIX_INLINE Vector exponential(Vector x) {
    const Vector largest = broadcast(88.f), smallest = broadcast(-87.f);
    x = x > largest ? largest : x;  // with the comparison in this order, NaN stays NaN
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

    const Vector finite = x == x ? n : Vector{};  // NaN cannot become a whole number
    const IntegerVector exponent = (__builtin_convertvector(finite, IntegerVector) + 127) << 23;
    Vector power;
    std::memcpy(&power, &exponent, sizeof power);
    return y * power;
}

DEPIX_INLINE Vector sigmoid(Vector x) { return 1.f / (1.f + exponential(-x)); }

/// Uses 1 - 2 / (exp(2x) + 1), and near 0, where that suffers from cancellation, Cephes' polynomial (tanhf).
DEPIX_INLINE Vector hyperbolic_tangent(Vector x) {
    const Vector of_large = 1.f - 2.f / (exponential(x + x) + 1.f);
    const Vector s = x * x;
    Vector y = broadcast(-5.70498872745e-3f);
    y = y * s + 2.06390887954e-2f;
    y = y * s + -5.37397155531e-2f;
    y = y * s + 1.33314422036e-1f;
    y = y * s + -3.33332819422e-1f;
    const Vector of_small = y * s * x + x;
    return s < 0.625f * 0.625f ? of_small : of_large;
}

/// The error function to 3 units of 2^-24, absolute, and for |x| < 1 to 4 such units of the result. For NaN it is NaN.
///
/// For |x| < 1 it is x times a polynomial in x^2, whose error is 2e-9. Elsewhere it is 1 - exp(a polynomial in |x|);
/// the error of that is 2e-8, and beyond 4 the result is 1 in float. The coefficients are minimax fits to erf(x) / x
/// and to log(1 - erf(x)), made for this function by Lawson's weighted least squares.
DEPIX_INLINE Vector error_function(Vector x) {
    const Vector s = x * x;
    Vector p = broadcast(7.853865311e-5f);
    p = p * s + -8.01019758e-4f;
    p = p * s + 5.188328522e-3f;
    p = p * s + -2.685381265e-2f;
    p = p * s + 1.128358518e-1f;
    p = p * s + -3.761262583e-1f;
    p = p * s + 1.128379166f;
    const Vector of_small = p * x;

    const Vector four = broadcast(4.f), zero{};
    Vector a = x < zero ? -x : x;
    a = a > four ? four : a;
    Vector q = broadcast(-1.150435531e-3f);
    q = q * a + 1.477823122e-2f;
    q = q * a + -8.863453387e-2f;
    q = q * a + -6.544883794e-1f;
    q = q * a + -1.11743892f;
    q = q * a + -2.671570281e-3f;
    const Vector complement = exponential(q);
    const Vector of_large = x < zero ? complement - 1.f : 1.f - complement;
    return s < 1.f ? of_small : of_large;
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

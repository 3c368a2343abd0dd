// The kernels of every layer that is one formula, with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/kernels/cpu/exponential.hpp"
#include "depix/layers/elementwise.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// A Vector that a layer's formula can compute with. It can be made from a number, and its versions of depix::math's
/// functions are found through its namespace. (The compiler's vector type belongs to no namespace, and is the same type
/// for every instruction set.)
struct Lanes {
    Vector v;

    DEPIX_INLINE explicit Lanes(Vector vector) : v(vector) {}
    DEPIX_INLINE explicit Lanes(double value) : v(broadcast(static_cast<float>(value))) {}
};
DEPIX_INLINE Lanes operator-(Lanes a) { return Lanes(-a.v); }
DEPIX_INLINE Lanes operator+(Lanes a, Lanes b) { return Lanes(a.v + b.v); }
DEPIX_INLINE Lanes operator-(Lanes a, Lanes b) { return Lanes(a.v - b.v); }
DEPIX_INLINE Lanes operator*(Lanes a, Lanes b) { return Lanes(a.v * b.v); }
DEPIX_INLINE Lanes operator/(Lanes a, Lanes b) { return Lanes(a.v / b.v); }
DEPIX_INLINE IntegerVector operator>(Lanes a, Lanes b) { return a.v > b.v; }
DEPIX_INLINE IntegerVector operator<(Lanes a, Lanes b) { return a.v < b.v; }

DEPIX_INLINE Lanes exp(Lanes x) { return Lanes(exponential(x.v)); }
DEPIX_INLINE Lanes tanh(Lanes x) { return Lanes(hyperbolic_tangent(x.v)); }
DEPIX_INLINE Lanes erf(Lanes x) { return Lanes(error_function(x.v)); }
/// exp(x) - 1 = 2t / (1 - t) with t = tanh(x / 2). This is exact to a few units in the last place for x <= 0, because
/// there is no cancellation.
DEPIX_INLINE Lanes expm1(Lanes x) {
    const Vector t = hyperbolic_tangent(0.5f * x.v);
    return Lanes(2.f * t / (1.f - t));
}
DEPIX_INLINE Lanes select(IntegerVector condition, Lanes yes, Lanes no) { return Lanes(condition ? yes.v : no.v); }

/// Applies L's formula in place to rows [first, last) of y, a picture (1, C, H, W).
template <ElementwiseLayer L>
[[gnu::noinline]] void elementwise_rows(View<float> y, int first, int last, bool padded) {
    for (int c = 0; c < y.channels; ++c)
        for (int i = first; i < last; ++i) {
            float* row = y.row(0, c, i);
            for_vectors(y.width, [&](int j, int count) {
                const Vector x = padded ? load(row + j) : load_first(row + j, count);
                store_tail(row + j, L::value(Lanes(x)).v, count, padded);
            });
        }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

// g++ 12 takes kernels::Kernel<..., L> outside of this namespace for another constrained specialisation.
namespace depix::kernels {

template <ElementwiseLayer L>
struct Kernel<Cpu, L> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        for_rows(team, a.input, [&](int n, int c, int i) {
            for_vectors(a.input.width, [&](int j, int count) {
                const Lanes x(load(a.input.row(n, c, i) + j));
                store_tail(a.output.row(n, c, i) + j, L::value(x).v, count, true);
            });
        });
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (!a.input_gradient.data) return;
        for_rows(team, a.output_gradient, [&](int n, int c, int i) {
            for_vectors(a.output_gradient.width, [&](int j, int count) {
                // The plan may not have kept what the layer does not need.
                Lanes x(Vector{}), y(Vector{});
                if constexpr (L::traits.needs_input) x.v = load(a.input.row(n, c, i) + j);
                if constexpr (L::traits.needs_output) y.v = load(a.output.row(n, c, i) + j);
                const Vector dx = L::gradient(Lanes(load(a.output_gradient.row(n, c, i) + j)), x, y).v;
                float* to = a.input_gradient.row(n, c, i) + j;
                store_tail(to, a.accumulate ? load(to) + dx : dx, count, true);
            });
        });
    }
};

}  // namespace depix::kernels

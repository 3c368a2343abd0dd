// A constant factor with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/layers/scale.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// y = factor * x, or y += factor * x.
inline void scale(View<const float> x, float factor, View<float> y, bool accumulate, Team team) {
    for_rows(team, x, [&](int n, int c, int i) {
        for_vectors(x.width, [&](int j, int count) {
            float* to = y.row(n, c, i) + j;
            const Vector v = load(x.row(n, c, i) + j) * broadcast(factor);
            store_tail(to, accumulate ? load(to) + v : v, count, true);
        });
    });
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

namespace depix {

template <class Ratio>
struct kernels::Kernel<Cpu, Scale<Ratio>> {
    static constexpr float factor = static_cast<float>(ratio_value<Ratio>);

    static void forward(const Forward<float>& a, cpu::Team team) { cpu::scale(a.input, factor, a.output, false, team); }
    static void backward(const Backward<float>& a, cpu::Team team) {
        if (a.input_gradient.data) cpu::scale(a.output_gradient, factor, a.input_gradient, a.accumulate, team);
    }
};

}  // namespace depix

// The hyperbolic tangent with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/kernels/cpu/exponential.hpp"
#include "depix/layers/tanh.hpp"

namespace depix {

template <>
struct kernels::Kernel<Cpu, Tanh> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        for_rows(team, a.input, [&](int n, int c, int i) {
            for_vectors(a.input.width, [&](int j, int count) {
                store_tail(a.output.row(n, c, i) + j, cpu::hyperbolic_tangent(load(a.input.row(n, c, i) + j)), count,
                           true);
            });
        });
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (!a.input_gradient.data) return;
        for_rows(team, a.output, [&](int n, int c, int i) {
            for_vectors(a.output.width, [&](int j, int count) {
                const Vector y = load(a.output.row(n, c, i) + j);
                const Vector dx = load(a.output_gradient.row(n, c, i) + j) * (1.f - y * y);
                float* to = a.input_gradient.row(n, c, i) + j;
                store_tail(to, a.accumulate ? load(to) + dx : dx, count, true);
            });
        });
    }
};

}  // namespace depix

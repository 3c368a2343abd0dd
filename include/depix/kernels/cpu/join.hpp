// Sums and concatenations with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/network/join.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// y = x, or y += x. Does nothing where x and y are the same memory.
inline void copy(View<const float> x, View<float> y, bool accumulate, Team team) {
    if (x.data == y.data) return;
    for_rows(team, x, [&](int n, int c, int i) {
        for_vectors(x.width, [&](int j, int count) {
            float* to = y.row(n, c, i) + j;
            const Vector v = load(x.row(n, c, i) + j);
            store_tail(to, accumulate ? load(to) + v : v, count, true);
        });
    });
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

namespace depix {

template <>
struct kernels::Kernel<Cpu, Add> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        for_rows(team, a.input, [&](int n, int c, int i) {
            for_vectors(a.input.width, [&](int j, int count) {
                store_tail(a.output.row(n, c, i) + j, load(a.input.row(n, c, i) + j) + load(a.other.row(n, c, i) + j),
                           count, true);
            });
        });
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        if (a.input_gradient.data) cpu::copy(a.output_gradient, a.input_gradient, a.accumulate, team);
        if (a.other_gradient.data) cpu::copy(a.output_gradient, a.other_gradient, a.accumulate_other, team);
    }
};

template <>
struct kernels::Kernel<Cpu, Concatenate> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        cpu::copy(a.input, a.output.slice(0, a.input.channels), false, team);
        cpu::copy(a.other, a.output.slice(a.input.channels, a.other.channels), false, team);
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        const int first = a.output_gradient.channels - a.other_gradient.channels;
        if (a.input_gradient.data) cpu::copy(a.output_gradient.slice(0, first), a.input_gradient, a.accumulate, team);
        if (a.other_gradient.data)
            cpu::copy(a.output_gradient.slice(first, a.other_gradient.channels), a.other_gradient, a.accumulate_other,
                      team);
    }
};

}  // namespace depix

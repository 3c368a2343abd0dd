// The product of both halves of the channels with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/layers/simple_gate.hpp"

namespace depix {

template <>
struct kernels::Kernel<Cpu, SimpleGate> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        const int half = a.output.channels;
        for_rows(team, a.output, [&](int n, int c, int i) {
            const float *first = a.input.row(n, c, i), *second = a.input.row(n, half + c, i);
            for_vectors(a.output.width, [&](int j, int count) {
                store_tail(a.output.row(n, c, i) + j, load(first + j) * load(second + j), count, true);
            });
        });
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (!a.input_gradient.data) return;
        const View<float>& dx = a.input_gradient;
        const int half = dx.channels / 2;
        for_rows(team, dx, [&](int n, int c, int i) {
            const float* dy = a.output_gradient.row(n, c < half ? c : c - half, i);
            const float* other = a.input.row(n, c < half ? c + half : c - half, i);
            for_vectors(dx.width, [&](int j, int count) {
                float* to = dx.row(n, c, i) + j;
                const Vector gradient = load(dy + j) * load(other + j);
                store_tail(to, a.accumulate ? load(to) + gradient : gradient, count, true);
            });
        });
    }
};

}  // namespace depix

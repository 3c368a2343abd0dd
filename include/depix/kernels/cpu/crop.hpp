// Crop with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/layers/crop.hpp"

namespace depix {

template <int Before, int After>
struct kernels::Kernel<Cpu, Crop<Before, After>> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        for_rows(team, a.output, [&](int n, int c, int i) {
            const float* from = a.input.row(n, c, i + Before) + Before;
            float* to = a.output.row(n, c, i);
            for_vectors(a.output.width,
                        [&](int j, int count) { store_tail(to + j, load_first(from + j, count), count, true); });
        });
    }

    // A thread computes rows of dx.
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        const View<const float>& dy = a.output_gradient;
        const View<float>& dx = a.input_gradient;
        if (!dx.data) return;
        for_rows(team, dx, [&](int n, int c, int i) {
            float* to = dx.row(n, c, i);
            if (!a.accumulate) for_vectors(dx.width, [&](int j, int) { store(to + j, Vector{}); });
            if (i < Before || i >= Before + dy.height) return;
            const float* from = dy.row(n, c, i - Before);
            to += Before;
            for_vectors(dy.width, [&](int j, int count) {
                store_tail(to + j, load(to + j) + load_first(from + j, count), count, count == vector_width);
            });
        });
    }
};

}  // namespace depix

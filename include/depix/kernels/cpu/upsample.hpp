// Enlargement by the nearest neighbour with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/interleave.hpp"
#include "depix/layers/upsample.hpp"

namespace depix {

template <int Factor>
struct kernels::Kernel<Cpu, Upsample<Factor>> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        for_rows(team, a.output, [&](int n, int c, int i) {
            cpu::interleave(a.input.row(n, c, i / Factor), 0, Factor, a.input.width, a.output.row(n, c, i), true);
        });
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (!a.input_gradient.data) return;
        for_rows(team, a.input_gradient, [&](int n, int c, int i) {
            for_vectors(a.input_gradient.width, [&](int j, int count) {
                float* to = a.input_gradient.row(n, c, i) + j;
                Vector sum = a.accumulate ? load(to) : Vector{};
                for (int k = 0; k < Factor; ++k)
                    for (int l = 0; l < Factor; ++l)
                        sum +=
                            load_strided<Factor>(a.output_gradient.row(n, c, i * Factor + k) + j * Factor + l, count);
                store_tail(to, sum, count, true);
            });
        });
    }
};

}  // namespace depix

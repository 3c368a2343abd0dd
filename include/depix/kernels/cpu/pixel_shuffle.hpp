// Pixel shuffle with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/interleave.hpp"
#include "depix/layers/pixel_shuffle.hpp"

namespace depix {

template <int Factor>
struct kernels::Kernel<Cpu, PixelShuffle<Factor>> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        for_rows(team, a.output, [&](int n, int c, int i) {
            cpu::interleave(a.input.row(n, c * Factor * Factor + i % Factor * Factor, i / Factor),
                            a.input.channel_stride, Factor, a.input.width, a.output.row(n, c, i), true);
        });
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (!a.input_gradient.data) return;
        for_rows(team, a.input_gradient, [&](int n, int c, int i) {
            const int k = c / Factor % Factor, l = c % Factor;
            const float* gradients = a.output_gradient.row(n, c / (Factor * Factor), i * Factor + k) + l;
            for_vectors(a.input_gradient.width, [&](int j, int count) {
                float* to = a.input_gradient.row(n, c, i) + j;
                const Vector gradient = load_strided<Factor>(gradients + j * Factor, count);
                store_tail(to, a.accumulate ? load(to) + gradient : gradient, count, true);
            });
        });
    }
};

}  // namespace depix

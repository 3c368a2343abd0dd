// The inverse of the pixel shuffle with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/interleave.hpp"
#include "depix/layers/pixel_unshuffle.hpp"

namespace depix {

template <int Factor, int Channels>
struct kernels::Kernel<Cpu, PixelUnshuffle<Factor, Channels>> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        for_rows(team, a.output, [&](int n, int c, int i) {
            const int k = c / Factor % Factor, l = c % Factor;
            const float* from = a.input.row(n, c / (Factor * Factor), i * Factor + k) + l;
            for_vectors(a.output.width, [&](int j, int count) {
                store_tail(a.output.row(n, c, i) + j, load_strided<Factor>(from + j * Factor, count), count, true);
            });
        });
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (!a.input_gradient.data) return;
        const View<const float>& dy = a.output_gradient;
        for_rows(team, a.input_gradient, [&](int n, int c, int i) {
            const float* from = dy.row(n, (c * Factor + i % Factor) * Factor, i / Factor);
            float* to = a.input_gradient.row(n, c, i);
            if (!a.accumulate) return cpu::interleave(from, dy.channel_stride, Factor, dy.width, to, true);
            for (int l = 0; l < Factor; ++l)
                for (int j = 0; j < dy.width; ++j) to[j * Factor + l] += from[l * dy.channel_stride + j];
        });
    }
};

}  // namespace depix

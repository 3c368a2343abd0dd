// Pixel shuffle with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/layers/pixel_shuffle.hpp"

namespace depix {

template <int Factor>
struct Kernel<Cpu, PixelShuffle<Factor>> {
    static void forward(const Forward<float>& a, Team team) {
        for_rows(team, a.output, [&](int n, int c, int i) {
            float* to = a.output.row(n, c, i);
            const auto source = [&](int l) {
                return a.input.row(n, c * Factor * Factor + i % Factor * Factor + l, i / Factor);
            };
            if constexpr (Factor == 2) {
                const float* even = source(0);
                const float* odd = source(1);
                for (int j = 0; j < a.input.width; j += vector_width) {
                    const Vector x = load(even + j), y = load(odd + j);
                    const int count = a.output.width - 2 * j;
                    store_tail(to + 2 * j, zip_low(x, y), count, true);
                    if (count > vector_width)
                        store_tail(to + 2 * j + vector_width, zip_high(x, y), count - vector_width, true);
                }
            } else {
                for (int l = 0; l < Factor; ++l)
                    for (int j = 0; j < a.input.width; ++j) to[j * Factor + l] = source(l)[j];
                for (int j = a.output.width; j < round_up(a.output.width, vector_width); ++j) to[j] = 0;
            }
        });
    }
    static void backward(const Backward<float>& a, Team team) {
        if (!a.input_gradient.data) return;
        for_rows(team, a.input_gradient, [&](int n, int c, int i) {
            const int k = c / Factor % Factor, l = c % Factor;
            const float* slopes = a.output_gradient.row(n, c / (Factor * Factor), i * Factor + k) + l;
            for_vectors(a.input_gradient.width, [&](int j, int count) {
                float* to = a.input_gradient.row(n, c, i) + j;
                const Vector slope = load_strided<Factor>(slopes + j * Factor);
                store_tail(to, a.accumulate ? load(to) + slope : slope, count, true);
            });
        });
    }
};

}  // namespace depix

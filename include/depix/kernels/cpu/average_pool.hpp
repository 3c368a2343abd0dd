// Average pooling with SIMD and threads.
#pragma once

#include <algorithm>

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/layers/average_pool.hpp"

namespace depix {

template <int Window, class... Options>
struct kernels::Kernel<Cpu, AveragePool<Window, Options...>> {
    static constexpr int stride = AveragePool<Window, Options...>::stride;
    static constexpr float share = 1.f / (Window * Window);

    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        for_rows(team, a.output, [&](int n, int c, int i) {
            for_vectors(a.output.width, [&](int j, int count) {
                Vector sum{};
                for (int k = 0; k < Window; ++k)
                    for (int l = 0; l < Window; ++l)
                        sum += load_strided<stride>(a.input.row(n, c, i * stride + k) + j * stride + l, count);
                store_tail(a.output.row(n, c, i) + j, sum * broadcast(share), count, true);
            });
        });
    }

    // Windows may overlap, so a thread computes rows of dx, from all rows of dy whose windows contain them.
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (!a.input_gradient.data) return;
        const View<const float>& dy = a.output_gradient;
        for_rows(team, a.input_gradient, [&](int n, int c, int i) {
            float* to = a.input_gradient.row(n, c, i);
            for (int j = 0; !a.accumulate && j < a.input_gradient.width; ++j) to[j] = 0;
            const int first = i < Window ? 0 : (i - Window) / stride + 1;
            for (int k = first; k <= (std::min)(i / stride, dy.height - 1); ++k)
                for (int j = 0; j < dy.width; ++j)
                    for (int l = 0; l < Window; ++l) to[j * stride + l] += dy(n, c, k, j) * share;
        });
    }
};

}  // namespace depix

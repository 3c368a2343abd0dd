// Average pooling with SIMD and threads.
#pragma once

#include <algorithm>

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/layers/average_pool.hpp"

namespace depix {

template <int Window, class... Options>
struct kernels::Kernel<Cpu, AveragePool<Window, Options...>> {
    using L = AveragePool<Window, Options...>;
    static constexpr int stride = L::stride;

    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        for_rows(team, a.output, [&](int n, int c, int i) {
            const RowRange rows = L::clip(i, a.input.height);
            const Vector share = broadcast(share_of(i, a.input.height, 0, Window));
            for_vectors(a.output.width, [&](int j, int count) {
                const int left = j * stride - L::before, right = left + (count - 1) * stride + Window;
                float* to = a.output.row(n, c, i) + j;
                if (!L::inside && (left < 0 || right > a.input.width)) return at_border(a, n, c, i, j, count, to);
                Vector sum{};
                for (int k = rows.first; k <= rows.last; ++k)
                    for (int l = 0; l < Window; ++l)
                        sum += load_strided<stride>(a.input.row(n, c, k) + left + l, count);
                store_tail(to, sum * share, count, true);
            });
        });
    }

    // Windows may overlap, so a thread computes rows of dx, from all rows of dy whose windows contain them.
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (!a.input_gradient.data) return;
        const View<const float>& dy = a.output_gradient;
        const View<float>& dx = a.input_gradient;
        for_rows(team, dx, [&](int n, int c, int i) {
            float* to = dx.row(n, c, i);
            for (int j = 0; !a.accumulate && j < dx.width; ++j) to[j] = 0;
            const int place = i + L::before, first = place < Window ? 0 : (place - Window) / stride + 1;
            for (int k = first; k <= (std::min)(place / stride, dy.height - 1); ++k)
                for (int j = 0; j < dy.width; ++j) {
                    const RowRange columns = L::clip(j, dx.width);
                    const float gradient = dy(n, c, k, j) * share_of(k, dx.height, j, dx.width);
                    for (int l = columns.first; l <= columns.last; ++l) to[l] += gradient;
                }
        });
    }

  private:
    /// What a pixel contributes to window (i, j).
    static float share_of(int i, int height, int j, int width) {
        if (L::inside) return 1.f / (Window * Window);
        return 1.f / static_cast<float>(L::padded_rows(i, height) * L::padded_rows(j, width));
    }
    /// Windows of which some reach beyond the left or right border.
    static void at_border(const Forward<float>& a, int n, int c, int i, int j, int count, float* to) {
        const RowRange rows = L::clip(i, a.input.height);
        float means[cpu::vector_width] = {};
        for (int m = 0; m < count; ++m) {
            const RowRange columns = L::clip(j + m, a.input.width);
            for (int k = rows.first; k <= rows.last; ++k)
                for (int l = columns.first; l <= columns.last; ++l) means[m] += a.input(n, c, k, l);
            means[m] *= share_of(i, a.input.height, j + m, a.input.width);
        }
        cpu::store_tail(to, cpu::load(means), count, true);
    }
};

}  // namespace depix

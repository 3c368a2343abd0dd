// Average pooling with SIMD and threads.
#pragma once

#include <algorithm>

#include "depix/kernels/cpu/pool_row.hpp"
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
            pool_row<L>(
                a.input.width, a.output.row(n, c, i), a.output.width,
                [&](int left, int count) {
                    Vector sum{};
                    for (int k = rows.first; k <= rows.last; ++k)
                        for (int l = 0; l < Window; ++l)
                            sum += load_strided<stride>(a.input.row(n, c, k) + left + l, count);
                    return sum * share;
                },
                [&](int j) {
                    const RowRange columns = L::clip(j, a.input.width);
                    float sum = 0;
                    for (int k = rows.first; k <= rows.last; ++k)
                        for (int l = columns.first; l <= columns.last; ++l) sum += a.input(n, c, k, l);
                    return sum * share_of(i, a.input.height, j, a.input.width);
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
};

}  // namespace depix

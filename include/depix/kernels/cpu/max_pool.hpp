// Max pooling with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/pool_row.hpp"
#include "depix/kernels/reference/max_pool.hpp"

namespace depix {

template <int Window, class... Options>
struct kernels::Kernel<Cpu, MaxPool<Window, Options...>> {
    using L = MaxPool<Window, Options...>;
    static constexpr bool halves = Window == 2 && L::stride == 2 && L::inside;

    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        for_rows(team, a.output, [&](int n, int c, int i) {
            const RowRange rows = L::clip(i, a.input.height);
            pool_row<L>(
                a.input.width, a.output.row(n, c, i), a.output.width,
                [&](int left, int count) {
                    Vector largest = load_strided<L::stride>(a.input.row(n, c, rows.first) + left, count);
                    for (int k = rows.first; k <= rows.last; ++k) {
                        const float* from = a.input.row(n, c, k) + left;
                        for (int l = 0; l < Window; ++l) {
                            const Vector value = load_strided<L::stride>(from + l, count);
                            const IntegerVector larger = (value > largest) | (value != value);  // NaN is passed on
                            largest = larger ? value : largest;
                        }
                    }
                    return largest;
                },
                [&](int j) {
                    const RowRange columns = L::clip(j, a.input.width);
                    float largest = a.input(n, c, rows.first, columns.first);
                    for (int k = rows.first; k <= rows.last; ++k)
                        for (int l = columns.first; l <= columns.last; ++l) {
                            const float value = a.input(n, c, k, l);
                            if (value > largest || value != value) largest = value;
                        }
                    return largest;
                });
        });
    }

    static void backward(const Backward<float>& a, cpu::Team team) {
        if (!a.input_gradient.data) return;
        if constexpr (halves) {
            backward_halves(a, team);
        } else {
            // Windows may overlap, so a thread takes whole pictures.
            const cpu::Part part = team.share(a.output.batch);
            const int count = part.last - part.first;
            const View<float> dx = a.input_gradient.images(part.first, count);
            if (!a.accumulate) fill(dx, {});
            reference::max_pool_backward<L, float>(a.input.images(part.first, count),
                                                   a.output.images(part.first, count),
                                                   a.output_gradient.images(part.first, count), dx);
        }
    }

  private:
    // 2x2 windows cover the plane without overlap. Each gradient goes to the first of its four pixels that equals the
    // largest.
    static void backward_halves(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        const View<float>& dx = a.input_gradient;
        const Vector zero{};
        for_rows(team, a.output, [&](int n, int c, int i) {
            for_vectors(a.output.width, [&](int j, int count) {
                const Vector largest = load(a.output.row(n, c, i) + j);
                const Vector dy = load(a.output_gradient.row(n, c, i) + j);
                IntegerVector open = largest == largest;  // gradients that no pixel has received; none for NaN
                for (int k = 0; k < 2; ++k) {
                    const float* from = a.input.row(n, c, 2 * i + k) + 2 * j;
                    const Vector low = load(from), high = load(from + vector_width);
                    const IntegerVector left = (even_lanes(low, high) == largest) & open;
                    open &= ~left;
                    const IntegerVector right = (odd_lanes(low, high) == largest) & open;
                    open &= ~right;
                    const Vector left_gradient = left ? dy : zero, right_gradient = right ? dy : zero;
                    put(dx.row(n, c, 2 * i + k) + 2 * j, zip_low(left_gradient, right_gradient), 2 * count,
                        a.accumulate);
                    if (2 * count > vector_width)
                        put(dx.row(n, c, 2 * i + k) + 2 * j + vector_width, zip_high(left_gradient, right_gradient),
                            2 * count - vector_width, a.accumulate);
                }
            });
            // A last column or row that fills no window has no gradient.
            if (a.accumulate) return;
            if (dx.width % 2 != 0)
                for (int k = 0; k < 2; ++k) dx(n, c, 2 * i + k, dx.width - 1) = 0;
            if (dx.height % 2 != 0 && i + 1 == a.output.height)
                for (int j = 0; j < dx.width; ++j) dx(n, c, dx.height - 1, j) = 0;
        });
    }
    DEPIX_INLINE static void put(float* to, cpu::Vector v, int count, bool accumulate) {
        using namespace cpu;
        store_tail(to, accumulate ? load(to) + v : v, count, !accumulate);
    }
};

}  // namespace depix

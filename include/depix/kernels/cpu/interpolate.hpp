// Enlargement by weighted sums of 1, 2 x 2 or 4 x 4 pixels, with SIMD and threads: first of rows, then of columns.
#pragma once

#include <algorithm>

#include "depix/kernels/cpu/interleave.hpp"
#include "depix/layers/upsample.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Columns that are summed at once. They stay in the first-level cache.
inline constexpr int interpolation_columns = 64;

/// sum[k] = the weighted sum of `taps` rows of x at column first + k, for k < count, where columns beyond the edges are
/// those at the edges. sum has room for one more vector.
[[gnu::noinline]] inline void sum_rows(View<const float> x, int n, int c, const depix::detail::Taps<float>& rows,
                                       int taps, int first, int count, float* sum) {
    const float* from[4] = {};
    for (int k = 0; k < taps; ++k) from[k] = x.row(n, c, std::clamp(rows.first + k, 0, x.height - 1));
    const int begin = (std::max)(first, 0), end = (std::min)(first + count, x.width);
    for (int j = begin; j < end; j += vector_width) {
        Vector v = load(from[0] + j) * broadcast(rows.weight[0]);
        for (int k = 1; k < taps; ++k) v += load(from[k] + j) * broadcast(rows.weight[k]);
        store(sum + j - first, v);
    }
    for (int j = first; j < begin; ++j) sum[j - first] = sum[begin - first];
    for (int j = end; j < first + count; ++j) sum[j - first] = sum[end - 1 - first];
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

// g++ 12 takes kernels::Kernel<..., L> outside of this namespace for another constrained specialisation.
namespace depix::kernels {

template <detail::InterpolationLayer L>
struct Kernel<Cpu, L> {
    using interpolation = typename L::interpolation;
    static constexpr int taps = interpolation::taps, columns = cpu::interpolation_columns;

    static void forward(const Forward<float>& a, cpu::Team team) {
        cpu::for_rows(team, a.output, [&](int n, int c, int i) {
            const auto rows = interpolation::template taps_of<float>(i, a.input.height);
            L::corners ? row_by_pixels(a, n, c, i, rows) : row_by_phases(a, n, c, i, rows);
        });
    }

    // A thread computes rows of dx, from all rows of dy that were computed from them.
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        const View<const float>& dy = a.output_gradient;
        const View<float>& dx = a.input_gradient;
        if (!dx.data) return;
        for_rows(team, dx, [&](int n, int c, int r) {
            float* to = dx.row(n, c, r);
            for (int j = 0; !a.accumulate && j < round_up(dx.width, vector_width); ++j) to[j] = 0;
            const RowRange rows = interpolation::reached(r, dx.height);
            for (int first = 0; first < dy.width; first += columns) {
                float sum[columns + vector_width] = {};
                const int count = (std::min)(columns, dy.width - first);
                for (int i = rows.first; i <= rows.last; ++i) {
                    const float weight = interpolation::template weight_of<float>(i, r, dx.height);
                    if (weight == 0) continue;
                    for (int j = 0; j < count; j += vector_width)
                        store(sum + j, load(sum + j) + load(dy.row(n, c, i) + first + j) * broadcast(weight));
                }
                for (int j = 0; j < count; ++j) {
                    const auto own = interpolation::template taps_of<float>(first + j, dx.width);
                    for (int k = 0; k < taps; ++k)
                        to[interpolation::inside(own.first + k, dx.width)] += own.weight[k] * sum[j];
                }
            }
        });
    }

  private:
    using Taps = depix::detail::Taps<float>;

    // Every Factor-th output column has the same weights, and reads the input Divisor columns further on.
    static void row_by_phases(const Forward<float>& a, int n, int c, int i, const Taps& rows) {
        using namespace cpu;
        constexpr int around = taps / 2, stride = columns + vector_width, factor = L::factor, divisor = L::divisor;
        constexpr auto sums = static_cast<std::size_t>((columns + 2 * vector_width) * divisor + 2 * around);
        const int groups = a.input.width / divisor;
        for (int first = 0; first < groups; first += columns) {
            const int count = (std::min)(columns, groups - first);
            float sum[sums] = {}, phases[static_cast<std::size_t>(factor * stride)];
            sum_rows(a.input, n, c, rows, taps, first * divisor - around, count * divisor + 2 * around, sum);
            for (int l = 0; l < factor; ++l) {
                const Taps own = interpolation::template taps_of<float>(l, a.input.width);
                const float* from = sum + around + own.first;
                for (int j = 0; j < count; j += vector_width) {
                    Vector v = load_strided<divisor>(from + j * divisor) * broadcast(own.weight[0]);
                    for (int k = 1; k < taps; ++k)
                        v += load_strided<divisor>(from + j * divisor + k) * broadcast(own.weight[k]);
                    store(phases + l * stride + j, v);
                }
            }
            interleave(phases, stride, factor, count, a.output.row(n, c, i) + first * factor, true);
        }
    }
    // With AlignCorners every output column has weights of its own. Their fractions have one denominator, so the next
    // numerator needs no division.
    static void row_by_pixels(const Forward<float>& a, int n, int c, int i, const Taps& rows) {
        using namespace cpu;
        for (int first = 0; first < a.output.width; first += columns) {
            const int count = (std::min)(columns, a.output.width - first);
            const int begin = interpolation::template taps_of<float>(first, a.input.width).first;
            const int last = interpolation::template taps_of<float>(first + count - 1, a.input.width).first;
            float sum[static_cast<std::size_t>(columns + taps + vector_width)] = {}, pixels[columns] = {};
            sum_rows(a.input, n, c, rows, taps, begin, last - begin + taps, sum);
            const int below = (std::max)(a.output.width - 1, 1), step = a.input.width - 1;
            int place = 0, above = static_cast<int>(static_cast<long long>(first) * step % below);
            const float inverse = 1.f / static_cast<float>(below);
            for (int j = 0; j < count; ++j) {
                const float t = static_cast<float>(above) * inverse;
                pixels[j] = (1.f - t) * sum[place] + t * sum[place + 1];
                above += step;
                place += above >= below ? 1 : 0;
                above = above >= below ? above - below : above;
            }
            for (int j = 0; j < count; j += vector_width)
                store_tail(a.output.row(n, c, i) + first + j, load(pixels + j), count - j, true);
        }
    }
};

}  // namespace depix::kernels

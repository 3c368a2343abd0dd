// Batch normalisation with SIMD and threads. The formulas are those of kernels/reference/batch_norm.hpp.
#pragma once

#include <cmath>

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/layers/batch_norm.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Two sums over each channel of this thread's rows, in double: partial is (threads, C, 2). `terms(n, c, i, j)` gives
/// the two vectors to add for the pixels from j on; lanes beyond the row are left out.
template <class Terms>
void two_sums(Team team, View<const float> x, double* partial, Terms&& terms) {
    double* own = partial + 2 * team.thread * x.channels;
    for (int i = 0; i < 2 * x.channels; ++i) own[i] = 0;
    share_rows(team, x.batch, x.height, [&](int n, int first, int last) {
        for (int c = 0; c < x.channels; ++c)
            for (int i = first; i < last; ++i) {
                Vector a{}, b{};
                for_vectors(x.width, [&](int j, int count) {
                    Vector term_a, term_b;
                    terms(n, c, i, j, term_a, term_b);
                    a += count == vector_width ? term_a : keep_first(term_a, count);
                    b += count == vector_width ? term_b : keep_first(term_b, count);
                });
                own[2 * c] += static_cast<double>(sum_of_lanes(a));
                own[2 * c + 1] += static_cast<double>(sum_of_lanes(b));
            }
    });
    team.barrier();
}

/// The whole team's sum `which` of channel c, in the order of the threads.
inline double team_sum(Team team, const double* partial, int channels, int c, int which) {
    double sum = 0;
    for (int t = 0; t < team.threads; ++t) sum += partial[2 * (t * channels + c) + which];
    return sum;
}

/// y = x * scale + shift for one row.
DEPIX_INLINE void affine_row(const float* x, float scale, float shift, float* y, int width, bool padded) {
    for_vectors(width, [&](int j, int count) {
        store_tail(y + j, load(x + j) * broadcast(scale) + broadcast(shift), count, padded);
    });
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

namespace depix {

template <int C, class... Options>
struct Kernel<Cpu, BatchNorm<C, Options...>> {
    using L = BatchNorm<C, Options...>;

    /// Two doubles for each channel and thread.
    static constexpr std::size_t scratch_size(int /*batch*/, Shape /*input*/, int threads) {
        return 4 * static_cast<std::size_t>(C) * static_cast<std::size_t>(threads);
    }

    static void forward(const Forward<float>& a, Team team) {
        float scale[C], shift[C];
        if (a.training()) {
            train(a, team, scale, shift);
        } else {
            for (int c = 0; c < C; ++c) {
                scale[c] = a.parameters[c] / std::sqrt(a.statistics[C + c] + static_cast<float>(L::epsilon));
                shift[c] = a.parameters[C + c] - a.statistics[c] * scale[c];
            }
        }
        for_rows(team, a.input, [&](int n, int c, int i) {
            cpu::affine_row(a.input.row(n, c, i), scale[c], shift[c], a.output.row(n, c, i), a.input.width, true);
        });
    }

    static void backward(const Backward<float>& a, Team team) {
        const auto normalised = [&](int n, int c, int i, int j) {
            return (load(a.input.row(n, c, i) + j) - broadcast(a.saved[c])) * broadcast(a.saved[C + c]);
        };
        auto* partial = reinterpret_cast<double*>(a.scratch);
        cpu::two_sums(team, a.output_gradient, partial, [&](int n, int c, int i, int j, Vector& sum, Vector& product) {
            sum = load(a.output_gradient.row(n, c, i) + j);
            product = sum * normalised(n, c, i, j);
        });
        const double count = static_cast<double>(a.input.batch) * a.input.height * a.input.width;
        float mean_slope[C], mean_product[C];
        for (int c = 0; c < C; ++c) {
            const double sum = cpu::team_sum(team, partial, C, c, 0);
            const double product = cpu::team_sum(team, partial, C, c, 1);
            mean_slope[c] = static_cast<float>(sum / count);
            mean_product[c] = static_cast<float>(product / count);
            if (team.thread == 0) {
                a.parameter_gradients[c] += static_cast<float>(product);
                a.parameter_gradients[C + c] += static_cast<float>(sum);
            }
        }
        if (!a.input_gradient.data) return;
        for_rows(team, a.input, [&](int n, int c, int i) {
            const Vector factor = broadcast(a.parameters[c] * a.saved[C + c]);
            for_vectors(a.input.width, [&](int j, int pixels) {
                Vector slope = load(a.output_gradient.row(n, c, i) + j) - broadcast(mean_slope[c]) -
                               normalised(n, c, i, j) * broadcast(mean_product[c]);
                slope *= factor;
                float* to = a.input_gradient.row(n, c, i) + j;
                store_tail(to, a.accumulate ? load(to) + slope : slope, pixels, true);
            });
        });
    }

  private:
    // The batch's statistics in one pass: sums of x - s and (x - s)^2, where s is the channel's first pixel, lose
    // nothing to cancellation as long as s lies within a few standard deviations of the mean.
    static void train(const Forward<float>& a, Team team, float (&scale)[C], float (&shift)[C]) {
        auto* partial = reinterpret_cast<double*>(a.scratch);
        cpu::two_sums(team, a.input, partial, [&](int n, int c, int i, int j, Vector& sum, Vector& squares) {
            sum = load(a.input.row(n, c, i) + j) - broadcast(a.input(0, c, 0, 0));
            squares = sum * sum;
        });
        const double count = static_cast<double>(a.input.batch) * a.input.height * a.input.width;
        for (int c = 0; c < C; ++c) {
            const double offset = cpu::team_sum(team, partial, C, c, 0) / count;
            double variance = cpu::team_sum(team, partial, C, c, 1) / count - offset * offset;
            if (variance < 0) variance = 0;
            const double mean = static_cast<double>(a.input(0, c, 0, 0)) + offset;
            const double inverse = 1 / std::sqrt(variance + L::epsilon);
            scale[c] = static_cast<float>(static_cast<double>(a.parameters[c]) * inverse);
            shift[c] = static_cast<float>(static_cast<double>(a.parameters[C + c]) -
                                          mean * static_cast<double>(a.parameters[c]) * inverse);
            if (team.thread != 0) continue;
            a.saved[c] = static_cast<float>(mean);
            a.saved[C + c] = static_cast<float>(inverse);
            const double unbiased = variance * (count / (count > 1 ? count - 1 : 1));
            const auto move = [&](float& running, double batch) {
                running = static_cast<float>((1 - L::momentum) * static_cast<double>(running) + L::momentum * batch);
            };
            move(a.new_statistics[c], mean);
            move(a.new_statistics[C + c], unbiased);
        }
    }
};

}  // namespace depix

// Batch normalisation with SIMD and threads. The formulas are those of kernels/reference/batch_norm.hpp.
#pragma once

#include <cmath>

#include "depix/kernels/cpu/batch_norm_rows.hpp"
#include "depix/layers/batch_norm.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Floats of scratch for the sums below: two doubles for each channel and thread.
constexpr std::size_t two_sums_scratch(int channels, int threads) {
    return 4 * static_cast<std::size_t>(channels) * static_cast<std::size_t>(threads);
}

/// Computes two sums over each channel of this thread's rows. partial is (threads, C, 2). `add_row(n, c, i, a, b)` adds
/// a row's terms to the lanes of a and b. Several rows share these lanes before the lanes are added up in double.
template <class AddRow>
void two_sums(Team team, View<const float> x, double* partial, AddRow&& add_row) {
    constexpr int rows = 8;
    double* own = partial + 2 * team.thread * x.channels;
    for (int i = 0; i < 2 * x.channels; ++i) own[i] = 0;
    share_rows(team, x.batch, x.height, [&](int n, int first, int last) {
        for (int c = 0; c < x.channels; ++c)
            for (int top = first; top < last; top += rows) {
                Vector a{}, b{};
                for (int i = top; i < last && i < top + rows; ++i) add_row(n, c, i, a, b);
                own[2 * c] += static_cast<double>(sum_of_lanes(a));
                own[2 * c + 1] += static_cast<double>(sum_of_lanes(b));
            }
    });
    team.barrier();
}

/// The whole team's sum `which` of channel c, added up in the order of the threads.
inline double team_sum(Team team, const double* partial, int channels, int c, int which) {
    double sum = 0;
    for (int t = 0; t < team.threads; ++t) sum += partial[2 * (t * channels + c) + which];
    return sum;
}

/// y = x * scale[c] + shift[c], for this thread's rows.
inline void scale_and_shift(Team team, View<const float> x, const float* scale, const float* shift, View<float> y) {
    for_rows(team, x, [&](int n, int c, int i) {
        const Vector factor = broadcast(scale[c]), summand = broadcast(shift[c]);
        for_vectors(x.width, [&](int j, int count) {
            store_tail(y.row(n, c, i) + j, load(x.row(n, c, i) + j) * factor + summand, count, true);
        });
    });
}

/// A layer's numbers. The code gets them at run time, so that it is compiled once for all numbers of channels.
struct BatchNormSettings {
    int channels;
    double epsilon;
    double momentum;
    bool affine;

    /// Weight and bias (2, channels), or nullptr.
    template <class Call>
    const float* parameters(const Call& a) const {
        return affine ? a.parameters : nullptr;
    }

    /// The pixels of a channel.
    static double count(const View<const float>& x) { return static_cast<double>(x.batch) * x.height * x.width; }
};

/// Floats of scratch: the sums, and then the mean terms of each channel's gradient.
constexpr std::size_t batch_norm_scratch(int channels, int threads) {
    return two_sums_scratch(channels, threads) + 2 * static_cast<std::size_t>(channels);
}

/// Adds up this thread's rows for the statistics of one channel after another: sums of x - s and (x - s)^2, where s is
/// the channel's first pixel. They lose nothing to cancellation as long as s lies within a few standard deviations of
/// the mean.
[[gnu::noinline]] inline void batch_norm_sums(const kernels::Forward<float>& a, Team team) {
    two_sums(team, a.input, static_cast<double*>(static_cast<void*>(a.scratch)),
             [&](int n, int c, int i, Vector& sum, Vector& squares) {
                 const Vector first = broadcast(a.input(0, c, 0, 0));
                 const float* x = a.input.row(n, c, i);
                 for_vectors(a.input.width, [&](int j, int count) {
                     const Vector offset = keep_counted(load(x + j) - first, count);
                     sum += offset;
                     squares += offset * offset;
                 });
             });
}

struct Moments {
    double mean;
    double variance;  // biased
};

/// The moments of channel c, from the team's sums.
inline Moments batch_norm_moments(const kernels::Forward<float>& a, Team team, int c) {
    const auto* partial = static_cast<const double*>(static_cast<void*>(a.scratch));
    const int channels = a.input.channels;
    const double count = BatchNormSettings::count(a.input);
    const double offset = team_sum(team, partial, channels, c, 0) / count;
    const double variance = team_sum(team, partial, channels, c, 1) / count - offset * offset;
    return {static_cast<double>(a.input(0, c, 0, 0)) + offset, variance < 0 ? 0 : variance};
}

/// Normalises with `moments(c)`, those of a batch of `count` pixels per channel.
template <class MomentsOf>
DEPIX_INLINE void batch_norm_normalise(const BatchNormSettings& settings, const kernels::Forward<float>& a, Team team,
                                       double count, const MomentsOf& moments) {
    const int channels = settings.channels;
    const Part part = team.share(channels);
    for (int c = part.first; c < part.last; ++c) {
        const auto [mean, variance] = moments(c);
        const double inverse = 1 / std::sqrt(variance + settings.epsilon);
        a.saved[c] = static_cast<float>(mean);
        a.saved[channels + c] = static_cast<float>(inverse);
        const double unbiased = variance * (count / (count > 1 ? count - 1 : 1));
        const auto move = [&](float& running, double batch) {
            running =
                static_cast<float>((1 - settings.momentum) * static_cast<double>(running) + settings.momentum * batch);
        };
        move(a.new_statistics[c], mean);
        move(a.new_statistics[channels + c], unbiased);
    }
    team.barrier();
    for_rows(team, a.output, [&](int n, int c, int i) {
        const BatchNormChannel channel(settings.parameters(a), a.saved, channels, c);
        a.pooled ? batch_norm_row_pooled(channel, a, n, c, i) : batch_norm_row(channel, a, n, c, i);
    });
}

[[gnu::noinline]] inline void batch_norm_training(const BatchNormSettings& settings, const kernels::Forward<float>& a,
                                                  Team team) {
    batch_norm_sums(a, team);
    batch_norm_normalise(settings, a, team, settings.count(a.input),
                         [&](int c) { return batch_norm_moments(a, team, c); });
}

/// Uses the running statistics. Every thread computes scale and shift for its rows.
[[gnu::noinline]] inline void batch_norm_inference(const BatchNormSettings& settings, const kernels::Forward<float>& a,
                                                   Team team) {
    const int channels = settings.channels;
    const float* parameters = settings.parameters(a);
    for (int c = 0; c < channels; ++c) {
        const float deviation = std::sqrt(a.statistics[channels + c] + static_cast<float>(settings.epsilon));
        const float scale = (parameters ? parameters[c] : 1.f) / deviation;
        const float shift = (parameters ? parameters[channels + c] : 0.f) - a.statistics[c] * scale;
        scale_and_shift(team, a.input.slice(c, 1), &scale, &shift, a.output.slice(c, 1));
    }
}

/// Adds up this thread's rows of the gradients, and of their products with the normalised input.
[[gnu::noinline]] inline void batch_norm_gradient_sums(const BatchNormSettings& settings,
                                                       const kernels::Backward<float>& a, Team team) {
    const int channels = settings.channels;
    two_sums(team, a.output_gradient, static_cast<double*>(static_cast<void*>(a.scratch)),
             [&](int n, int c, int i, Vector& sum, Vector& product) {
                 const BatchNormChannel channel(settings.parameters(a), a.saved, channels, c);
                 a.pooled ? add_gradients_pooled(channel, a, n, c, i, sum, product)
                          : add_gradients(channel, a, n, c, i, sum, product);
             });
}

/// Calls visit(c, sum, product) for the channels of this thread's part, with the team's sums, and adds them to the
/// parameters' gradients.
template <class Visit>
DEPIX_INLINE void visit_gradient_sums(const BatchNormSettings& settings, const kernels::Backward<float>& a, Team team,
                                      const Visit& visit) {
    const int channels = settings.channels;
    const auto* partial = static_cast<const double*>(static_cast<void*>(a.scratch));
    const Part part = team.share(channels);
    for (int c = part.first; c < part.last; ++c) {
        const double sum = team_sum(team, partial, channels, c, 0);
        const double product = team_sum(team, partial, channels, c, 1);
        visit(c, sum, product);
        if (!a.parameter_gradients || !settings.affine) continue;
        a.parameter_gradients[c] += static_cast<float>(product);
        a.parameter_gradients[channels + c] += static_cast<float>(sum);
    }
}

/// The gradients of this thread's rows of the input. `means` is (2, C): the mean of the output's gradients over the
/// batch, and that of their products.
[[gnu::noinline]] inline void batch_norm_gradient(const BatchNormSettings& settings, const kernels::Backward<float>& a,
                                                  Team team, const float* means) {
    if (!a.input_gradient.data) return;
    const int channels = settings.channels;
    // A row of windows is one piece of work, and so is an odd last row, which belongs to no window.
    const int rows = a.pooled ? (a.input.height + 1) / 2 : a.input.height;
    share_rows(team, a.input.batch, rows, [&](int n, int first, int last) {
        for (int c = 0; c < channels; ++c) {
            const BatchNormChannel channel(settings.parameters(a), a.saved, channels, c);
            const BatchNormGradient gradient{channel, broadcast(means[c]), broadcast(means[channels + c])};
            for (int i = first; i < last; ++i)
                a.pooled ? batch_norm_gradients_pooled(gradient, a, n, c, i)
                         : batch_norm_gradients(gradient, a, n, c, i);
        }
    });
}

[[gnu::noinline]] inline void batch_norm_backward(const BatchNormSettings& settings, const kernels::Backward<float>& a,
                                                  Team team) {
    float* means = a.scratch + 4 * settings.channels * team.threads;
    const double count = settings.count(a.input);
    batch_norm_gradient_sums(settings, a, team);
    visit_gradient_sums(settings, a, team, [&](int c, double sum, double product) {
        means[c] = static_cast<float>(sum / count);
        means[settings.channels + c] = static_cast<float>(product / count);
    });
    team.barrier();
    batch_norm_gradient(settings, a, team, means);
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

namespace depix {

template <int C, class... Options>
struct kernels::Kernel<Cpu, BatchNorm<C, Options...>> {
    using L = BatchNorm<C, Options...>;
    static constexpr cpu::BatchNormSettings settings{C, L::epsilon, L::momentum, L::affine};

    static constexpr std::size_t scratch_size(int /*batch*/, Shape /*input*/, int threads) {
        return cpu::batch_norm_scratch(C, threads);
    }
    static void forward(const Forward<float>& a, cpu::Team team) {
        a.training() ? cpu::batch_norm_training(settings, a, team) : cpu::batch_norm_inference(settings, a, team);
    }
    static void backward(const Backward<float>& a, cpu::Team team) { cpu::batch_norm_backward(settings, a, team); }

    // The same in two halves, as in kernels/reference/batch_norm.hpp. The team meets between them.
    static void moments(const Forward<float>& a, double* moments, cpu::Team team) {
        cpu::batch_norm_sums(a, team);
        const cpu::Part part = team.share(C);
        for (int c = part.first; c < part.last; ++c) {
            const auto [mean, variance] = cpu::batch_norm_moments(a, team, c);
            moments[c] = mean;
            moments[C + c] = variance;
        }
    }
    static void normalise(const Forward<float>& a, const double* moments, double count, cpu::Team team) {
        cpu::batch_norm_normalise(settings, a, team, count, [&](int c) {
            return cpu::Moments{moments[c], moments[C + c]};
        });
    }
    static void gradient_sums(const Backward<float>& a, double* sums, cpu::Team team) {
        cpu::batch_norm_gradient_sums(settings, a, team);
        cpu::visit_gradient_sums(settings, a, team, [&](int c, double sum, double product) {
            sums[c] = sum;
            sums[C + c] = product;
        });
    }
    static void gradient(const Backward<float>& a, const double* sums, double count, cpu::Team team) {
        float* means = a.scratch + 4 * C * team.threads;
        const cpu::Part part = team.share(2 * C);
        for (int i = part.first; i < part.last; ++i) means[i] = static_cast<float>(sums[i] / count);
        team.barrier();
        cpu::batch_norm_gradient(settings, a, team, means);
    }
};

}  // namespace depix

// The learned factor for each channel with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/batch_norm.hpp"
#include "depix/layers/channel_scale.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// y = weight[c] * x, or y += it if `accumulate`.
[[gnu::noinline]] inline void scale_channels(Team team, View<const float> x, const float* weight, View<float> y,
                                             bool accumulate) {
    for_rows(team, x, [&](int n, int c, int i) {
        const Vector factor = broadcast(weight[c]);
        for_vectors(x.width, [&](int j, int count) {
            float* to = y.row(n, c, i) + j;
            const Vector value = load(x.row(n, c, i) + j) * factor;
            store_tail(to, accumulate ? load(to) + value : value, count, true);
        });
    });
}

/// d_weight[c] += the sum of x * dy. scratch has two_sums_scratch floats.
[[gnu::noinline]] inline void channel_products(Team team, View<const float> x, View<const float> dy, float* scratch,
                                               float* d_weight) {
    auto* partial = static_cast<double*>(static_cast<void*>(scratch));
    two_sums(team, x, partial, [&](int n, int c, int i, Vector& sum, Vector& /*unused*/) {
        for_vectors(x.width, [&](int j, int count) {
            sum += keep_counted(load(x.row(n, c, i) + j) * load(dy.row(n, c, i) + j), count);
        });
    });
    if (team.thread > 0) return;
    for (int c = 0; c < x.channels; ++c) d_weight[c] += static_cast<float>(team_sum(team, partial, x.channels, c, 0));
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

namespace depix {

template <int Channels, Initial Start>
struct kernels::Kernel<Cpu, ChannelScale<Channels, Start>> {
    static constexpr std::size_t scratch_size(int /*batch*/, Shape /*input*/, int threads) {
        return cpu::two_sums_scratch(Channels, threads);
    }
    static void forward(const Forward<float>& a, cpu::Team team) {
        cpu::scale_channels(team, a.input, a.parameters, a.output, false);
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        if (a.parameter_gradients)
            cpu::channel_products(team, a.input, a.output_gradient, a.scratch, a.parameter_gradients);
        if (a.input_gradient.data)
            cpu::scale_channels(team, a.output_gradient, a.parameters, a.input_gradient, a.accumulate);
    }
};

}  // namespace depix

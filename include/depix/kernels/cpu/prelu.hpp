// The learned rectifier with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/batch_norm.hpp"
#include "depix/kernels/cpu/rectify.hpp"
#include "depix/layers/prelu.hpp"

namespace depix {

template <int Slopes>
struct kernels::Kernel<Cpu, PReLU<Slopes>> {
    static constexpr std::size_t scratch_size(int /*batch*/, Shape input, int threads) {
        return cpu::two_sums_scratch(input.channels, threads);
    }
    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        for_rows(team, a.input, [&](int n, int c, int i) {
            const kernels::Rectifier rectifier{a.parameters[slope_of(c)]};
            for_vectors(a.input.width, [&](int j, int count) {
                store_tail(a.output.row(n, c, i) + j, cpu::rectify(load(a.input.row(n, c, i) + j), rectifier), count,
                           true);
            });
        });
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (a.parameter_gradients) weight_gradient(a, team);
        if (!a.input_gradient.data) return;
        for_rows(team, a.input, [&](int n, int c, int i) {
            const Vector slope = broadcast(a.parameters[slope_of(c)]);
            for_vectors(a.input.width, [&](int j, int count) {
                const Vector dy = load(a.output_gradient.row(n, c, i) + j);
                const Vector dx = load(a.input.row(n, c, i) + j) > Vector{} ? dy : dy * slope;
                float* to = a.input_gradient.row(n, c, i) + j;
                store_tail(to, a.accumulate ? load(to) + dx : dx, count, true);
            });
        });
    }

  private:
    static constexpr int slope_of(int channel) { return Slopes == 1 ? 0 : channel; }

    // The sum of x * dy where x <= 0, of each channel.
    static void weight_gradient(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        auto* partial = reinterpret_cast<double*>(a.scratch);
        cpu::two_sums(team, a.input, partial, [&](int n, int c, int i, Vector& sum, Vector& /*unused*/) {
            for_vectors(a.input.width, [&](int j, int count) {
                const Vector x = load(a.input.row(n, c, i) + j);
                const Vector term = (x > Vector{} ? Vector{} : x) * load(a.output_gradient.row(n, c, i) + j);
                sum += keep_counted(term, count);
            });
        });
        if (team.thread > 0) return;
        for (int c = 0; c < a.input.channels; ++c)
            a.parameter_gradients[slope_of(c)] +=
                static_cast<float>(cpu::team_sum(team, partial, a.input.channels, c, 0));
    }
};

}  // namespace depix

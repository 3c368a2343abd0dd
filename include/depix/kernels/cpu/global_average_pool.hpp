// The mean over a whole channel with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/layers/global_average_pool.hpp"

namespace depix {

template <>
struct kernels::Kernel<Cpu, GlobalAveragePool> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        // A thread gets whole channels. Rows are added up in double, because a picture may have millions of pixels.
        share_rows(team, a.input.batch, a.input.channels, [&](int n, int first, int last) {
            for (int c = first; c < last; ++c) {
                double sum = 0;
                for (int i = 0; i < a.input.height; ++i) {
                    Vector row{};
                    for_vectors(a.input.width,
                                [&](int j, int count) { row += keep_first(load(a.input.row(n, c, i) + j), count); });
                    sum += static_cast<double>(sum_of_lanes(row));
                }
                const auto mean = static_cast<float>(sum / static_cast<double>(a.input.shape().area()));
                store_tail(a.output.row(n, c, 0), broadcast(mean), 1, true);
            }
        });
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (!a.input_gradient.data) return;
        const float share = 1.f / static_cast<float>(a.input_gradient.shape().area());
        for_rows(team, a.input_gradient, [&](int n, int c, int i) {
            const Vector gradient = broadcast(a.output_gradient(n, c, 0, 0) * share);
            for_vectors(a.input_gradient.width, [&](int j, int count) {
                float* to = a.input_gradient.row(n, c, i) + j;
                store_tail(to, a.accumulate ? load(to) + gradient : gradient, count, true);
            });
        });
    }
};

}  // namespace depix

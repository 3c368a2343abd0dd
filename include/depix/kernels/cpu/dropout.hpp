// Dropout with threads. It drops the same elements as the textbook, with any number of threads.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/kernels/reference/dropout.hpp"

namespace depix {

template <class Rate>
struct kernels::Kernel<Cpu, Dropout<Rate>> {
    static constexpr double rate = ratio_value<Rate>;

    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (a.training()) {
            if (team.thread == 0) a.saved[0] = static_cast<float>((*a.random)() >> 40);
            team.barrier();
        }
        for_rows(team, a.input, [&](int n, int c, int i) {
            const float* from = a.input.row(n, c, i);
            float* to = a.output.row(n, c, i);
            for (int j = 0; j < a.input.width; ++j)
                to[j] = a.training() ? from[j] * reference::dropout_factor(a.saved[0], rate, n, c, i, j) : from[j];
            for (int j = a.input.width; j < round_up(a.input.width, vector_width); ++j) to[j] = 0;
        });
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (!a.input_gradient.data) return;
        for_rows(team, a.output_gradient, [&](int n, int c, int i) {
            const float* from = a.output_gradient.row(n, c, i);
            float* to = a.input_gradient.row(n, c, i);
            for (int j = 0; j < a.input_gradient.width; ++j) {
                const float gradient = from[j] * reference::dropout_factor(a.saved[0], rate, n, c, i, j);
                to[j] = a.accumulate ? to[j] + gradient : gradient;
            }
        });
    }
};

}  // namespace depix

// Softmax over the channels of each pixel, with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/kernels/cpu/exponential.hpp"
#include "depix/layers/softmax.hpp"

namespace depix {

template <>
struct kernels::Kernel<Cpu, Softmax> {
    // The channels of a vector of pixels are read three times, the second and third time from the cache. exponential's
    // error of one unit in the last place is in the numerator and in each term of the sum.
    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        const View<const float>& x = a.input;
        const View<float>& y = a.output;
        share_rows(team, x.batch, x.height, [&](int n, int first, int last) {
            for (int i = first; i < last; ++i)
                for_vectors(x.width, [&](int j, int count) {
                    Vector largest = load(x.row(n, 0, i) + j), sum{};
                    for (int c = 1; c < x.channels; ++c) largest = maximum(load(x.row(n, c, i) + j), largest);
                    for (int c = 0; c < x.channels; ++c) {
                        const Vector power = exponential(load(x.row(n, c, i) + j) - largest);
                        sum += power;
                        store_tail(y.row(n, c, i) + j, power, count, true);
                    }
                    const Vector share = 1.f / sum;
                    for (int c = 0; c < x.channels; ++c) {
                        float* to = y.row(n, c, i) + j;
                        store_tail(to, load(to) * share, count, true);
                    }
                });
        });
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (!a.input_gradient.data) return;
        const View<const float>&y = a.output, &dy = a.output_gradient;
        share_rows(team, y.batch, y.height, [&](int n, int first, int last) {
            for (int i = first; i < last; ++i)
                for_vectors(y.width, [&](int j, int count) {
                    Vector sum{};
                    for (int c = 0; c < y.channels; ++c) sum += load(y.row(n, c, i) + j) * load(dy.row(n, c, i) + j);
                    for (int c = 0; c < y.channels; ++c) {
                        float* to = a.input_gradient.row(n, c, i) + j;
                        const Vector gradient = load(y.row(n, c, i) + j) * (load(dy.row(n, c, i) + j) - sum);
                        store_tail(to, a.accumulate ? load(to) + gradient : gradient, count, true);
                    }
                });
        });
    }
};

}  // namespace depix

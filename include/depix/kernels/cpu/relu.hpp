// The rectifier with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/rectify.hpp"
#include "depix/layers/relu.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Any rectifier whose slope the layer's traits state.
template <class L>
struct RectifierKernel {
    static constexpr float slope = L::traits.negative_slope;

    static void forward(const kernels::Forward<float>& a, Team team) {
        for_rows(team, a.input, [&](int n, int c, int i) {
            for_vectors(a.input.width, [&](int j, int count) {
                store_tail(a.output.row(n, c, i) + j, cpu::rectify(load(a.input.row(n, c, i) + j), slope), count, true);
            });
        });
    }
    static void backward(const kernels::Backward<float>& a, Team team) {
        if (!a.input_gradient.data) return;
        for_rows(team, a.output, [&](int n, int c, int i) {
            for_vectors(a.output.width, [&](int j, int count) {
                const Vector dx = cpu::rectify_gradient(load(a.output_gradient.row(n, c, i) + j),
                                                        load(a.output.row(n, c, i) + j), slope);
                float* to = a.input_gradient.row(n, c, i) + j;
                store_tail(to, a.accumulate ? load(to) + dx : dx, count, true);
            });
        });
    }
};

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

namespace depix {

template <>
struct kernels::Kernel<Cpu, ReLU> : cpu::RectifierKernel<ReLU> {};

}  // namespace depix

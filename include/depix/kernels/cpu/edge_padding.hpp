// Padding by reflection and replication, with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/layers/edge_padding.hpp"

// g++ 12 takes kernels::Kernel<..., L> outside of this namespace for another constrained specialisation.
namespace depix::kernels {

template <detail::EdgePaddingLayer L>
struct Kernel<Cpu, L> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        const int width = a.input.width;
        for_rows(team, a.output, [&](int n, int c, int i) {
            const float* from = a.input.row(n, c, L::source(i, a.input.height));
            float* to = a.output.row(n, c, i);
            // The padding of the row, up to a whole vector. What is too much is overwritten.
            store(to + (a.output.width - 1) / vector_width * vector_width, Vector{});
            for_vectors(width, [&](int j, int count) {
                store_tail(to + L::before + j, load(from + j), count, count == vector_width);
            });
            for (int j = 0; j < L::before; ++j) to[j] = from[L::source(j, width)];
            for (int j = L::before + width; j < a.output.width; ++j) to[j] = from[L::source(j, width)];
        });
    }

    // A thread computes rows of dx, from all rows of dy that are copies of them.
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        const View<const float>& dy = a.output_gradient;
        const View<float>& dx = a.input_gradient;
        if (!dx.data) return;
        for_rows(team, dx, [&](int n, int c, int i) {
            float* to = dx.row(n, c, i);
            const float* copy = dy.row(n, c, i + L::before) + L::before;
            for_vectors(dx.width, [&](int j, int count) {
                const Vector gradient = load_first(copy + j, count);
                store_tail(to + j, a.accumulate ? load(to + j) + gradient : gradient, count, true);
            });
            const auto add_edges = [&](int row) {
                const float* from = dy.row(n, c, row);
                for (int j = 0; j < L::before; ++j) to[L::source(j, dx.width)] += from[j];
                for (int j = L::before + dx.width; j < dy.width; ++j) to[L::source(j, dx.width)] += from[j];
            };
            const auto add_row = [&](int row) {
                if (L::source(row, dx.height) != i) return;
                const float* from = dy.row(n, c, row) + L::before;
                for (int j = 0; j < dx.width; ++j) to[j] += from[j];
                add_edges(row);
            };
            add_edges(i + L::before);
            for (int row = 0; row < L::before; ++row) add_row(row);
            for (int row = L::before + dx.height; row < dy.height; ++row) add_row(row);
        });
    }
};

}  // namespace depix::kernels

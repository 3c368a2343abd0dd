// Sums, concatenations, products and slices with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/layers/slice.hpp"
#include "depix/network/join.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// y = x, or y += x. Does nothing where x and y are the same memory.
inline void copy(View<const float> x, View<float> y, bool accumulate, Team team) {
    if (x.data == y.data) return;
    for_rows(team, x, [&](int n, int c, int i) {
        for_vectors(x.width, [&](int j, int count) {
            float* to = y.row(n, c, i) + j;
            const Vector v = load(x.row(n, c, i) + j);
            store_tail(to, accumulate ? load(to) + v : v, count, true);
        });
    });
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

namespace depix {

template <>
struct kernels::Kernel<Cpu, Add> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        using namespace cpu;
        for_rows(team, a.input, [&](int n, int c, int i) {
            for_vectors(a.input.width, [&](int j, int count) {
                store_tail(a.output.row(n, c, i) + j, load(a.input.row(n, c, i) + j) + load(a.other.row(n, c, i) + j),
                           count, true);
            });
        });
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        if (a.input_gradient.data) cpu::copy(a.output_gradient, a.input_gradient, a.accumulate, team);
        if (a.other_gradient.data) cpu::copy(a.output_gradient, a.other_gradient, a.accumulate_other, team);
    }
};

template <>
struct kernels::Kernel<Cpu, Concatenate> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        cpu::copy(a.input, a.output.slice(0, a.input.channels), false, team);
        cpu::copy(a.other, a.output.slice(a.input.channels, a.other.channels), false, team);
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        const int first = a.output_gradient.channels - a.other_gradient.channels;
        if (a.input_gradient.data) cpu::copy(a.output_gradient.slice(0, first), a.input_gradient, a.accumulate, team);
        if (a.other_gradient.data)
            cpu::copy(a.output_gradient.slice(first, a.other_gradient.channels), a.other_gradient, a.accumulate_other,
                      team);
    }
};

/// y = a * b, where b is repeated along the dimensions in which it has 1.
template <>
struct kernels::Kernel<Cpu, Multiply> {
    static void forward(const Forward<float>& a, cpu::Team team) { multiply(a.input, a.other, a.output, false, team); }
    static void backward(const Backward<float>& a, cpu::Team team) {
        if (a.input_gradient.data) multiply(a.output_gradient, a.other, a.input_gradient, a.accumulate, team);
        if (a.other_gradient.data) sum_products(a.output_gradient, a.input, a.other_gradient, a.accumulate_other, team);
    }

  private:
    /// y = x * b, or y += x * b.
    static void multiply(const View<const float>& x, const View<const float>& b, const View<float>& y, bool accumulate,
                         cpu::Team team) {
        using namespace cpu;
        for_rows(team, x, [&](int n, int c, int i) {
            const float* factor = b.row(n, b.channels == 1 ? 0 : c, b.height == 1 ? 0 : i);
            const Vector same = broadcast(*factor);
            for_vectors(x.width, [&](int j, int count) {
                float* to = y.row(n, c, i) + j;
                const Vector product = load(x.row(n, c, i) + j) * (b.width == 1 ? same : load(factor + j));
                store_tail(to, accumulate ? load(to) + product : product, count, true);
            });
        });
    }
    /// db = the sum of x * y over the dimensions in which db has 1; or db += it.
    static void sum_products(const View<const float>& x, const View<const float>& y, const View<float>& db,
                             bool accumulate, cpu::Team team) {
        using namespace cpu;
        for_rows(team, db, [&](int n, int first_channel, int first_row) {
            const int channels = db.channels == 1 ? x.channels : 1, rows = db.height == 1 ? x.height : 1;
            float* to = db.row(n, first_channel, first_row);
            // Calls body(row of x, row of y) for all rows that one row of db sums over.
            const auto for_each_row = [&](auto&& body) {
                for (int c = first_channel; c < first_channel + channels; ++c)
                    for (int i = first_row; i < first_row + rows; ++i) body(x.row(n, c, i), y.row(n, c, i));
            };
            if (db.width == 1) {
                double sum = accumulate ? static_cast<double>(*to) : 0;
                for_each_row([&](const float* a, const float* b) {
                    Vector row{};
                    for_vectors(x.width,
                                [&](int j, int count) { row += keep_first(load(a + j) * load(b + j), count); });
                    sum += static_cast<double>(sum_of_lanes(row));
                });
                return store_tail(to, broadcast(static_cast<float>(sum)), 1, true);
            }
            for_vectors(x.width, [&](int j, int count) {
                Vector sum = accumulate ? load(to + j) : Vector{};
                for_each_row([&](const float* a, const float* b) { sum += load(a + j) * load(b + j); });
                store_tail(to + j, sum, count, true);
            });
        });
    }
};

/// y = some channels of x. The gradient of the others is 0.
template <int In, int First, int Count>
struct kernels::Kernel<Cpu, Slice<In, First, Count>> {
    static void forward(const Forward<float>& a, cpu::Team team) {
        cpu::copy(a.input.slice(First, Count), a.output, false, team);
    }
    static void backward(const Backward<float>& a, cpu::Team team) {
        using namespace cpu;
        if (!a.input_gradient.data) return;
        for_rows(team, a.input_gradient, [&](int n, int c, int i) {
            const bool inside = c >= First && c < First + Count;
            if (!inside && a.accumulate) return;
            for_vectors(a.input_gradient.width, [&](int j, int count) {
                float* to = a.input_gradient.row(n, c, i) + j;
                const Vector gradient = inside ? load(a.output_gradient.row(n, c - First, i) + j) : Vector{};
                store_tail(to, a.accumulate ? load(to) + gradient : gradient, count, true);
            });
        });
    }
};

}  // namespace depix

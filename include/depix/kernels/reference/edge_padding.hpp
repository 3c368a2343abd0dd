// The textbook's padding by reflection and replication.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/edge_padding.hpp"

// g++ 12 takes kernels::Kernel<..., L> outside of this namespace for another constrained specialisation.
namespace depix::kernels {

template <detail::EdgePaddingLayer L>
struct Kernel<Reference, L> {
    /// y[i][j] = x[source(i)][source(j)]. x is (N, C, H, W), y (N, C, H', W').
    template <class T>
    static void forward(const Forward<T>& a) {
        forward_rows(a, {.input_height = a.input.height});
    }
    template <class T>
    static void forward_rows(const Forward<T>& a, const Band& band) {
        const auto row = [&](int i) { return L::source(band.first_output + i, band.input_height) - band.first_input; };
        for (int n = 0; n < a.output.batch; ++n)
            for (int c = 0; c < a.output.channels; ++c)
                for (int i = 0; i < a.output.height; ++i)
                    for (int j = 0; j < a.output.width; ++j)
                        a.output(n, c, i, j) = a.input(n, c, row(i), L::source(j, a.input.width));
    }
    /// Adds to every pixel of dx the gradients of all of its copies.
    template <class T>
    static void backward(const Backward<T>& a) {
        const View<T>& dx = a.input_gradient;
        if (!dx.data) return;
        if (!a.accumulate) fill(dx, {});
        for (int n = 0; n < a.output_gradient.batch; ++n)
            for (int c = 0; c < a.output_gradient.channels; ++c)
                for (int i = 0; i < a.output_gradient.height; ++i)
                    for (int j = 0; j < a.output_gradient.width; ++j)
                        dx(n, c, L::source(i, dx.height), L::source(j, dx.width)) += a.output_gradient(n, c, i, j);
    }
};

}  // namespace depix::kernels

// The textbook's enlargement by weighted sums of 2 x 2 or 4 x 4 pixels.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/upsample.hpp"

namespace depix::reference {

/// Calls body(i, j, r, s, weight) for every output pixel (i, j) and every pixel (r, s) of the input, of this height and
/// width, that is added to it with this weight. The output's first row is row number `first`.
template <class L, class T, class Body>
void for_taps(const View<T>& output, int height, int width, Body&& body, int first = 0) {
    using interpolation = typename L::interpolation;
    using Scalar = std::remove_const_t<T>;
    for (int i = 0; i < output.height; ++i)
        for (int j = 0; j < output.width; ++j) {
            const auto rows = interpolation::template taps_of<Scalar>(first + i, height);
            const auto columns = interpolation::template taps_of<Scalar>(j, width);
            for (int k = 0; k < interpolation::taps; ++k)
                for (int l = 0; l < interpolation::taps; ++l)
                    body(i, j, interpolation::inside(rows.first + k, height),
                         interpolation::inside(columns.first + l, width), rows.weight[k] * columns.weight[l]);
        }
}

}  // namespace depix::reference

// g++ 12 takes kernels::Kernel<..., L> outside of this namespace for another constrained specialisation.
namespace depix::kernels {

template <detail::InterpolationLayer L>
struct Kernel<Reference, L> {
    /// y[i][j] = the sum of weight * x[r][s]. x is (N, C, H, W), y (N, C, H * Factor, W * Factor).
    template <class T>
    static void forward(const Forward<T>& a) {
        forward_rows(a, {.input_height = a.input.height});
    }
    template <class T>
    static void forward_rows(const Forward<T>& a, const Band& band) {
        fill(a.output, {});
        for (int n = 0; n < a.output.batch; ++n)
            for (int c = 0; c < a.output.channels; ++c) {
                const auto add = [&](int i, int j, int r, int s, T weight) {
                    a.output(n, c, i, j) += weight * a.input(n, c, r - band.first_input, s);
                };
                reference::for_taps<L>(a.output, band.input_height, a.input.width, add, band.first_output);
            }
    }
    /// dx[r][s] += weight * dy[i][j].
    template <class T>
    static void backward(const Backward<T>& a) {
        const View<T>& dx = a.input_gradient;
        if (!dx.data) return;
        if (!a.accumulate) fill(dx, {});
        for (int n = 0; n < dx.batch; ++n)
            for (int c = 0; c < dx.channels; ++c)
                reference::for_taps<L>(a.output_gradient, dx.height, dx.width,
                                       [&](int i, int j, int r, int s, T weight) {
                                           dx(n, c, r, s) += weight * a.output_gradient(n, c, i, j);
                                       });
    }
};

}  // namespace depix::kernels

// The textbook's average pooling.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/average_pool.hpp"

namespace depix::reference {

/// y = the mean of each window of x. x is (N, C, H, W), y (N, C, H', W'), or the rows of them that the band says.
template <class L, class T>
void average_pool_rows(View<const T> x, View<T> y, const kernels::Band& band) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) {
                    const int row = band.first_output + i, height = band.input_height;
                    const RowRange rows = L::clip(row, height), columns = L::clip(j, x.width);
                    T sum = 0;
                    for (int k = rows.first; k <= rows.last; ++k)
                        for (int l = columns.first; l <= columns.last; ++l) sum += x(n, c, k - band.first_input, l);
                    y(n, c, i, j) = sum / static_cast<T>(L::padded_rows(row, height) * L::padded_rows(j, x.width));
                }
}

/// The same for whole maps.
template <class L, class T>
void average_pool_forward(View<const T> x, View<T> y) {
    average_pool_rows<L, T>(x, y, {.input_height = x.height});
}

/// Every pixel of a window gets an equal part of the window's gradient, which is added to dx.
template <class L, class T>
void average_pool_backward(View<const T> dy, View<T> dx) {
    for (int n = 0; n < dy.batch; ++n)
        for (int c = 0; c < dy.channels; ++c)
            for (int i = 0; i < dy.height; ++i)
                for (int j = 0; j < dy.width; ++j) {
                    const RowRange rows = L::clip(i, dx.height), columns = L::clip(j, dx.width);
                    const int pixels = L::padded_rows(i, dx.height) * L::padded_rows(j, dx.width);
                    for (int k = rows.first; k <= rows.last; ++k)
                        for (int l = columns.first; l <= columns.last; ++l)
                            dx(n, c, k, l) += dy(n, c, i, j) / static_cast<T>(pixels);
                }
}

}  // namespace depix::reference

namespace depix {

template <int Window, class... Options>
struct kernels::Kernel<Reference, AveragePool<Window, Options...>> {
    using L = AveragePool<Window, Options...>;

    template <class T>
    static void forward(const Forward<T>& a) {
        reference::average_pool_forward<L, T>(a.input, a.output);
    }
    template <class T>
    static void forward_rows(const Forward<T>& a, const Band& band) {
        reference::average_pool_rows<L, T>(a.input, a.output, band);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (!a.input_gradient.data) return;
        if (!a.accumulate) fill(a.input_gradient, {});
        reference::average_pool_backward<L, T>(a.output_gradient, a.input_gradient);
    }
};

}  // namespace depix

// The textbook's max pooling.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/max_pool.hpp"

namespace depix::reference {

/// y = the largest of each window of x. x is (N, C, H, W), y (N, C, H', W'), or the rows of them that the band says.
template <class L, class T>
void max_pool_rows(View<const T> x, View<T> y, const kernels::Band& band) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) {
                    const RowRange rows = L::clip(band.first_output + i, band.input_height);
                    const RowRange columns = L::clip(j, x.width);
                    const int first = rows.first - band.first_input, last = rows.last - band.first_input;
                    T largest = x(n, c, first, columns.first);
                    for (int k = first; k <= last; ++k)
                        for (int l = columns.first; l <= columns.last; ++l) {
                            const T value = x(n, c, k, l);
                            // NaN is passed on, as in PyTorch.
                            if (value > largest || value != value) largest = value;
                        }
                    y(n, c, i, j) = largest;
                }
}

/// The same for whole maps.
template <class L, class T>
void max_pool_forward(View<const T> x, View<T> y) {
    max_pool_rows<L, T>(x, y, {.input_height = x.height});
}

/// A window's gradient is added to dx at the first element, in reading order, that equals the largest.
template <class L, class T>
void max_pool_backward(View<const T> x, View<const T> y, View<const T> dy, View<T> dx) {
    const auto first_largest = [&](int n, int c, int i, int j) -> T& {
        const RowRange rows = L::clip(i, x.height), columns = L::clip(j, x.width);
        for (int k = rows.first; k <= rows.last; ++k)
            for (int l = columns.first; l <= columns.last; ++l)
                if (x(n, c, k, l) == y(n, c, i, j)) return dx(n, c, k, l);
        return dx(n, c, rows.first, columns.first);
    };
    for (int n = 0; n < dy.batch; ++n)
        for (int c = 0; c < dy.channels; ++c)
            for (int i = 0; i < dy.height; ++i)
                for (int j = 0; j < dy.width; ++j) first_largest(n, c, i, j) += dy(n, c, i, j);
}

}  // namespace depix::reference

namespace depix {

template <int Window, class... Options>
struct kernels::Kernel<Reference, MaxPool<Window, Options...>> {
    using L = MaxPool<Window, Options...>;

    template <class T>
    static void forward(const Forward<T>& a) {
        reference::max_pool_forward<L, T>(a.input, a.output);
    }
    template <class T>
    static void forward_rows(const Forward<T>& a, const Band& band) {
        reference::max_pool_rows<L, T>(a.input, a.output, band);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (!a.input_gradient.data) return;
        if (!a.accumulate) fill(a.input_gradient, {});
        reference::max_pool_backward<L, T>(a.input, a.output, a.output_gradient, a.input_gradient);
    }
};

}  // namespace depix

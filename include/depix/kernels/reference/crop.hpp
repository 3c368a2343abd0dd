// The textbook's crop.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/crop.hpp"

namespace depix {

template <int Before, int After>
struct kernels::Kernel<Reference, Crop<Before, After>> {
    /// y[i][j] = x[i + Before][j + Before]. x is (N, C, H, W), y (N, C, H - Before - After, W - Before - After).
    template <class T>
    static void forward(const Forward<T>& a) {
        forward_rows(a, {});
    }
    template <class T>
    static void forward_rows(const Forward<T>& a, const Band& band) {
        const int above = Before + band.first_output - band.first_input;
        for (int n = 0; n < a.output.batch; ++n)
            for (int c = 0; c < a.output.channels; ++c)
                for (int i = 0; i < a.output.height; ++i)
                    for (int j = 0; j < a.output.width; ++j)
                        a.output(n, c, i, j) = a.input(n, c, i + above, j + Before);
    }
    /// dx[i + Before][j + Before] = dy[i][j], and 0 at the edges.
    template <class T>
    static void backward(const Backward<T>& a) {
        const View<T>& dx = a.input_gradient;
        if (!dx.data) return;
        if (!a.accumulate) fill(dx, {});
        for (int n = 0; n < a.output_gradient.batch; ++n)
            for (int c = 0; c < a.output_gradient.channels; ++c)
                for (int i = 0; i < a.output_gradient.height; ++i)
                    for (int j = 0; j < a.output_gradient.width; ++j)
                        dx(n, c, i + Before, j + Before) += a.output_gradient(n, c, i, j);
    }
};

}  // namespace depix

// The textbook's learned rectifier.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/prelu.hpp"

namespace depix {

template <int Slopes>
struct kernels::Kernel<Reference, PReLU<Slopes>> {
    template <class T>
    static void forward(const Forward<T>& a) {
        for (int n = 0; n < a.input.batch; ++n)
            for (int c = 0; c < a.input.channels; ++c)
                for (int i = 0; i < a.input.height; ++i)
                    for (int j = 0; j < a.input.width; ++j) {
                        const T x = a.input(n, c, i, j);
                        a.output(n, c, i, j) = x > T(0) ? x : a.parameters[slope_of(c)] * x;
                    }
    }
    /// dx = dy where x > 0, weight * dy elsewhere; d weight = sum of x * dy where x <= 0.
    template <class T>
    static void backward(const Backward<T>& a) {
        for (int n = 0; n < a.input.batch; ++n)
            for (int c = 0; c < a.input.channels; ++c)
                for (int i = 0; i < a.input.height; ++i)
                    for (int j = 0; j < a.input.width; ++j) {
                        const T x = a.input(n, c, i, j), dy = a.output_gradient(n, c, i, j);
                        if (a.parameter_gradients && !(x > T(0))) a.parameter_gradients[slope_of(c)] += x * dy;
                        if (!a.input_gradient.data) continue;
                        const T gradient = x > T(0) ? dy : a.parameters[slope_of(c)] * dy;
                        T& dx = a.input_gradient(n, c, i, j);
                        dx = a.accumulate ? dx + gradient : gradient;
                    }
    }

  private:
    static constexpr int slope_of(int channel) { return Slopes == 1 ? 0 : channel; }
};

}  // namespace depix

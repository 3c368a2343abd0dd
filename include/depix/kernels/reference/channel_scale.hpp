// The textbook's learned factor for each channel.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/channel_scale.hpp"

namespace depix {

template <int Channels, Initial Start>
struct kernels::Kernel<Reference, ChannelScale<Channels, Start>> {
    /// y = weight[c] * x. x and y are (N, C, H, W) and may be the same.
    template <class T>
    static void forward(const Forward<T>& a) {
        for (int n = 0; n < a.input.batch; ++n)
            for (int c = 0; c < Channels; ++c)
                for (int i = 0; i < a.input.height; ++i)
                    for (int j = 0; j < a.input.width; ++j)
                        a.output(n, c, i, j) = a.parameters[c] * a.input(n, c, i, j);
    }
    /// dx = weight[c] * dy; d weight[c] = sum of x * dy.
    template <class T>
    static void backward(const Backward<T>& a) {
        for (int n = 0; n < a.input.batch; ++n)
            for (int c = 0; c < Channels; ++c)
                for (int i = 0; i < a.input.height; ++i)
                    for (int j = 0; j < a.input.width; ++j) {
                        const T dy = a.output_gradient(n, c, i, j);
                        if (a.parameter_gradients) a.parameter_gradients[c] += a.input(n, c, i, j) * dy;
                        if (!a.input_gradient.data) continue;
                        T& dx = a.input_gradient(n, c, i, j);
                        dx = a.accumulate ? dx + a.parameters[c] * dy : a.parameters[c] * dy;
                    }
    }
};

}  // namespace depix

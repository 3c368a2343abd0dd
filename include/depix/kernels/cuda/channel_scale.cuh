// The learned factor for each channel on the GPU.
#pragma once

#include "depix/kernels/cuda/reduce.cuh"
#include "depix/layers/channel_scale.hpp"

namespace depix::cuda {

/// y = weight[c] * x, or y += it if `accumulate`. x and y are (N, C, H, W) and may be the same, weight is (C).
template <class T>
struct ScaleChannels {
    View<const T> x;
    const float* weight;
    View<T> y;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        put(y(n, c, i, j), weight[c] * to_float(x(n, c, i, j)), accumulate);
    }
};

/// d_weight[c] += the sum of x * dy.
template <class T>
struct ChannelProducts {
    View<const T> x;
    View<const T> dy;
    __device__ void operator()(int n, int c, int i, int j, float (&sum)[1]) const {
        sum[0] += to_float(x(n, c, i, j)) * to_float(dy(n, c, i, j));
    }
};
struct AddChannelProducts {
    float* d_weight;
    __device__ void operator()(int c, const double (&sum)[1]) const { d_weight[c] += static_cast<float>(sum[0]); }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, int Channels, Initial Start>
struct kernels::Kernel<CudaWith<Precision>, ChannelScale<Channels, Start>> {
    static constexpr std::size_t scratch_size(int batch, Shape input) { return cuda::reduce_scratch(batch, input, 1); }

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::ScaleChannels<T>{a.input, a.parameters, a.output, false});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.parameter_gradients)
            cuda::reduce_channels<1>(stream, a.input, cuda::ChannelProducts<T>{a.input, a.output_gradient},
                                     cuda::AddChannelProducts{a.parameter_gradients}, a.scratch);
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::ScaleChannels<T>{a.output_gradient, a.parameters, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix

// The learned rectifier on the GPU.
#pragma once

#include "depix/kernels/cuda/reduce.cuh"
#include "depix/layers/prelu.hpp"

namespace depix::cuda {

/// y = x where x > 0, weight * x elsewhere. x and y are (N, C, H, W) and may be the same. weight is (Slopes); if there
/// is only one slope, all channels share it.
template <class T, int Slopes>
struct PReLUForward {
    View<const T> x;
    const float* weight;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        const float value = to_float(x(n, c, i, j));
        y(n, c, i, j) = from_float<T>(value > 0 ? value : weight[Slopes == 1 ? 0 : c] * value);
    }
};

/// dx = dy where x > 0, weight * dy elsewhere. It overwrites dx, or is added to it if `accumulate`.
template <class T, int Slopes>
struct PReLUBackward {
    View<const T> x;
    const float* weight;
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        const float gradient = to_float(dy(n, c, i, j));
        put(dx(n, c, i, j), to_float(x(n, c, i, j)) > 0 ? gradient : weight[Slopes == 1 ? 0 : c] * gradient,
            accumulate);
    }
};

/// The gradient of a slope: the sum of x * dy where x <= 0.
template <class T>
struct PReLUSlope {
    View<const T> x;
    View<const T> dy;
    __device__ void operator()(int n, int c, int i, int j, float (&sum)[1]) const {
        const float value = to_float(x(n, c, i, j));
        if (!(value > 0)) sum[0] += value * to_float(dy(n, c, i, j));
    }
};
/// place is (C). The channels' sums are written there, or added to what is there.
struct PReLUKeepSlope {
    float* place;
    bool accumulate;
    __device__ void operator()(int c, const double (&sum)[1]) const {
        put(place[c], static_cast<float>(sum[0]), accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, int Slopes>
struct kernels::Kernel<CudaWith<Precision>, PReLU<Slopes>> {
    /// Floats of scratch: the parts of the channels' sums, and the sums too if they are still to be added up.
    static constexpr std::size_t scratch_size(int batch, Shape input) {
        return cuda::reduce_scratch(batch, input, 1) + (Slopes == 1 ? static_cast<std::size_t>(input.channels) : 0);
    }

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::PReLUForward<T, Slopes>{a.input, a.parameters, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.parameter_gradients) slope_gradients(a, stream);
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::PReLUBackward<T, Slopes>{a.input, a.parameters, a.output_gradient, a.input_gradient,
                                                             a.accumulate});
    }

  private:
    template <class T>
    static void slope_gradients(const Backward<T, float>& a, cudaStream_t stream) {
        const cuda::PReLUSlope<T> slope{a.input, a.output_gradient};
        const cuda::PReLUKeepSlope add{a.parameter_gradients, true};
        if constexpr (Slopes == 1) {
            float* sums = a.scratch;
            cuda::reduce_channels<1>(stream, a.input, slope, cuda::PReLUKeepSlope{sums, false},
                                     a.scratch + a.input.channels);
            // The channels' sums are the parts of the single slope's sum.
            cuda::launch(stream, cuda::finish_sums<1, cuda::PReLUKeepSlope>, dim3(1), dim3(32), sizeof(double),
                         a.input.channels, static_cast<const float*>(sums), add);
        } else {
            cuda::reduce_channels<1>(stream, a.input, slope, add, a.scratch);
        }
    }
};

}  // namespace depix

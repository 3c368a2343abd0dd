// The inverse of the pixel shuffle on the GPU.
#pragma once

#include "depix/kernels/cuda/pixel_shuffle.cuh"
#include "depix/layers/pixel_unshuffle.hpp"

namespace depix::cuda {

/// dx[c][i * r + k][j * r + l] = dy[c * r^2 + k * r + l][i][j], or dx += it if `accumulate`.
template <class T, int Factor>
struct PixelUnshuffleBackward {
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        const int channel = (c * Factor + i % Factor) * Factor + j % Factor;
        put(dx(n, c, i, j), to_float(dy(n, channel, i / Factor, j / Factor)), accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, int Factor, int Channels>
struct kernels::Kernel<CudaWith<Precision>, PixelUnshuffle<Factor, Channels>> {
    // Forward is what the pixel shuffle does with a gradient.
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::PixelShuffleBackward<T, Factor>{a.input, a.output, false});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(
                stream, a.input_gradient,
                cuda::PixelUnshuffleBackward<T, Factor>{a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix

// What is done with a convolution's sums before they are stored: bias, rectifier, and 2x2 pooling or pixel shuffle.
#pragma once

#include "depix/kernels/cuda/conv_gather.cuh"
#include "depix/kernels/cuda/elementwise.cuh"

namespace depix::cuda {

/// The operations, in this order: add the bias; apply the rectifier; pool or shuffle. The result is rounded once, when
/// it is stored.
struct ConvEpilogue {
    const float* bias = nullptr;  ///< one for each row of the sum, or nullptr
    kernels::Rectifier rectifier{};
    bool pool = false;        ///< MaxPool<2>: the output is half as high and wide, rounded down
    int shuffle = 1;          ///< PixelShuffle<shuffle>: channels become pixels
    bool accumulate = false;  ///< add to the output instead of overwriting it
};

/// What the epilogue needs to know of a row of the sums, which is an output channel. A block keeps this for its rows in
/// shared memory.
struct alignas(16) ConvRow {
    std::ptrdiff_t offset;
    float bias;
};

/// The output, and where a sum is stored in it. Row o at pixel (i, j) of picture n is element pixel_offset(n, i, j) +
/// row(o).offset. This is also true if the sums are shuffled, where the element is
///
///     y[o / s^2][i * s + o / s % s][j * s + o % s]
template <class T>
struct ConvOutput {
    View<T> y;
    ConvEpilogue epilogue;
    int rows_per_bias = 1;  ///< so many neighbouring rows share a bias

    __device__ std::ptrdiff_t pixel_offset(int n, int i, int j) const {
        const int s = epilogue.shuffle;
        return n * y.batch_stride + static_cast<std::ptrdiff_t>(i) * s * y.row_stride + j * s;
    }
    __device__ ConvRow row(int o) const {
        const int s = epilogue.shuffle;
        return {o / (s * s) * y.channel_stride + o / s % s * y.row_stride + o % s,
                epilogue.bias ? epilogue.bias[o / rows_per_bias] : 0.f};
    }
    __device__ float activated(float sum, const ConvRow& row) const {
        const float value = sum + row.bias;
        return value > 0 ? value : epilogue.rectifier.negative_slope * value;
    }
    __device__ void store(std::ptrdiff_t offset, float value) const {
        T& place = y.data[offset];
        const float before = epilogue.accumulate ? to_float(place) : 0.f;
        place = from_float<T>(before + value);
    }
};

/// The larger of two; NaN is passed on, as in PyTorch.
__device__ inline float larger(float a, float b) { return a > b || a != a ? a : b; }

}  // namespace depix::cuda

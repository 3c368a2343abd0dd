// Convolution with groups, with dilation, or with a kernel that is not square, on the GPU: one thread for each element
// of the result. Where a group has few channels there is little for a block to share, and the time is the memory's.
#pragma once

#include "depix/kernels/cuda/conv_epilogue.cuh"
#include "depix/kernels/cuda/reduce.cuh"

namespace depix::cuda {

/// y = the epilogue of x * weight. x is (N, In, H, W), weight (Out, In / Groups, KH, KW), y (N, Out, H', W').
template <class T>
struct GroupedForward {
    ConvGeometry g;
    View<const T> x;
    const float* weight;
    ConvOutput<T> output;

    __device__ void operator()(int n, int o, int i, int j) const {
        const int inputs = g.group_in(), first = o / g.group_out() * inputs;
        const int top = i * g.stride - g.padding_before, left = j * g.stride - g.width_padding_before;
        const float* own = weight + o * inputs * g.taps();
        float sum = 0;
        for (int c = 0; c < inputs; ++c)
            for (int k = 0; k < g.kernel; ++k)
                for (int l = 0; l < g.kernel_width; ++l, ++own) {
                    const int row = top + k * g.dilation, column = left + l * g.dilation;
                    if (within(row, column, x.height, x.width)) sum += *own * to_float(x(n, first + c, row, column));
                }
        const ConvRow row = output.row(o);
        output.store(output.pixel_offset(n, i, j) + row.offset, output.activated(sum, row));
    }
};

/// dx = the epilogue of the sums of dy * weight over the outputs that read an element of x. dy is (N, Out, H', W'), dx
/// (N, In, H, W).
template <class T>
struct GroupedBackward {
    ConvGeometry g;
    View<const T> dy;
    const float* weight;
    ConvOutput<T> output;

    __device__ void operator()(int n, int c, int i, int j) const {
        const int inputs = g.group_in(), outputs = g.group_out(), first = c / inputs * outputs;
        float sum = 0;
        for (int o = first; o < first + outputs; ++o)
            for (int k = 0; k < g.kernel; ++k)
                for (int l = 0; l < g.kernel_width; ++l) {
                    const int row = i + g.padding_before - k * g.dilation;
                    const int column = j + g.width_padding_before - l * g.dilation;
                    if (row % g.stride != 0 || column % g.stride != 0) continue;
                    if (!within(row / g.stride, column / g.stride, dy.height, dy.width)) continue;
                    sum += weight[((o * inputs + c % inputs) * g.kernel + k) * g.kernel_width + l] *
                           to_float(dy(n, o, row / g.stride, column / g.stride));
                }
        const ConvRow row = output.row(c);
        output.store(output.pixel_offset(n, i, j) + row.offset, output.activated(sum, row));
    }
};

/// d_weight += the gradient, with a block for each weight. Each thread sums up its pixels in float, and the threads'
/// sums are added in double, always in the same order. grid (weights).
template <class T>
__global__ void grouped_weight_gradient(ConvGeometry g, View<const T> x, View<const T> dy, float* d_weight) {
    const int index = static_cast<int>(blockIdx.x), inputs = g.group_in();
    const int l = index % g.kernel_width, k = index / g.kernel_width % g.kernel, o = index / g.taps() / inputs;
    const int c = o / g.group_out() * inputs + index / g.taps() % inputs;
    const int area = dy.height * dy.width;
    const long long pixels = static_cast<long long>(dy.batch) * area;
    float sum = 0;
    for (long long p = threadIdx.x; p < pixels; p += blockDim.x) {
        const int n = static_cast<int>(p / area), pixel = static_cast<int>(p % area);
        const int i = pixel / dy.width, j = pixel % dy.width;
        const int row = i * g.stride + k * g.dilation - g.padding_before;
        const int column = j * g.stride + l * g.dilation - g.width_padding_before;
        if (within(row, column, x.height, x.width)) sum += to_float(dy(n, o, i, j)) * to_float(x(n, c, row, column));
    }
    const double total = block_sum(static_cast<double>(sum), shared_memory<double>());
    if (threadIdx.x == 0) d_weight[index] += static_cast<float>(total);
}
template <class T>
void add_grouped_weight_gradient(cudaStream_t stream, const ConvGeometry& g, View<const T> x, View<const T> dy,
                                 float* d_weight) {
    const unsigned threads = dy.batch * dy.height * dy.width < 4096 ? 32 : reduce_threads;  // a warp for few pixels
    launch(stream, grouped_weight_gradient<T>, dim3(static_cast<unsigned>(g.weight_count())), dim3(threads),
           threads / 32 * sizeof(double), g, x, dy, d_weight);
}

}  // namespace depix::cuda

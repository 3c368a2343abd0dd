// Kernels with one thread for each element of a map. Most layers consist of these.
//
// A layer defines a small struct with the views that it reads and writes, and with an `operator()(n, c, i, j)` that
// computes one element.
#pragma once

#include "depix/kernels/cuda/precision.cuh"
#include "depix/kernels/cuda/runtime.cuh"
#include "depix/kernels/kernel.hpp"

namespace depix::cuda {

/// Calls body(n, c, i, j) for every element of (batch, channels, height, width). Neighbouring threads have neighbouring
/// columns, so that a warp reads and writes whole lines of memory.
template <class Body>
__global__ void elementwise_kernel(int batch, int channels, int height, int width, Body body) {
    const int planes = batch * channels, area = height * width;
    const int first = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    const int step = static_cast<int>(gridDim.x * blockDim.x);
    for (int plane = static_cast<int>(blockIdx.y); plane < planes; plane += static_cast<int>(gridDim.y))
        for (int pixel = first; pixel < area; pixel += step)
            body(plane / channels, plane % channels, pixel / width, pixel % width);
}

template <class T, class Body>
void elementwise(cudaStream_t stream, const View<T>& extent, const Body& body) {
    constexpr int threads = 256, max_planes = 32768, max_blocks = 4096;
    const int area = extent.height * extent.width, planes = extent.batch * extent.channels;
    const int blocks = (area + threads - 1) / threads;
    const dim3 grid(static_cast<unsigned>(blocks < max_blocks ? blocks : max_blocks),
                    static_cast<unsigned>(planes < max_planes ? planes : max_planes));
    launch(stream, elementwise_kernel<Body>, grid, dim3(threads), 0, extent.batch, extent.channels, extent.height,
           extent.width, body);
}

/// Writes a gradient to its place, or adds it to what is there.
template <class T>
__device__ void put(T& place, float value, bool accumulate) {
    place = from_float<T>(accumulate ? to_float(place) + value : value);
}

/// y = scale x + offset, or y += scale x + offset. x and y are (N, C, H, W), of any two precisions.
template <class From, class To>
struct Linear {
    View<const From> x;
    float scale;
    float offset;
    View<To> y;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        put(y(n, c, i, j), scale * to_float(x(n, c, i, j)) + offset, accumulate);
    }
};

/// y = value, everywhere.
template <class T>
struct Fill {
    View<T> y;
    float value;
    __device__ void operator()(int n, int c, int i, int j) const { y(n, c, i, j) = from_float<T>(value); }
};

/// y = x, or y += x.
template <class From, class To>
struct Copy {
    View<const From> x;
    View<To> y;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        put(y(n, c, i, j), to_float(x(n, c, i, j)), accumulate);
    }
};
/// Does nothing where x and y are the same memory.
template <class From, class To>
void copy(cudaStream_t stream, View<const From> x, View<To> y, bool accumulate = false) {
    if (static_cast<const void*>(x.data) == static_cast<const void*>(y.data)) return;
    elementwise(stream, y, Copy<From, To>{x, y, accumulate});
}

}  // namespace depix::cuda

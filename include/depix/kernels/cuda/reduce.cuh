// Sums over the pixels of each channel, in a fixed order, so that a training run can be repeated bit for bit.
//
// There are two launches. In the first, many blocks add up parts of a channel. In the second, one block per channel
// adds up the parts, in double, and passes the sums to a given function. Atomics are not used, because their order
// would change from run to run.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"

namespace depix::cuda {

inline constexpr int reduce_threads = 256;

/// How many parts a channel of this many elements is cut into. A thread has about 16 elements, or more if there would
/// be more than 128 parts.
constexpr int reduce_parts(long long elements) {
    const long long parts = (elements + 16 * reduce_threads - 1) / (16 * reduce_threads);
    return static_cast<int>(parts < 1 ? 1 : parts > 128 ? 128 : parts);
}
/// Floats of scratch that `reduce_channels` needs.
constexpr std::size_t reduce_scratch(int batch, Shape shape, int values) {
    return static_cast<std::size_t>(shape.channels) * static_cast<std::size_t>(values) *
           static_cast<std::size_t>(reduce_parts(static_cast<long long>(batch) * shape.height * shape.width));
}

/// The sum of a block's values; only thread 0 gets it. `shared` has room for one number per warp.
template <class T>
__device__ T block_sum(T value, T* shared) {
    for (int by = 16; by > 0; by /= 2) value += __shfl_down_sync(0xFFFFFFFFu, value, static_cast<unsigned>(by));
    const unsigned warp = threadIdx.x / 32;
    __syncthreads();  // every thread has read what `shared` held before
    if (threadIdx.x % 32 == 0) shared[warp] = value;
    __syncthreads();
    if (threadIdx.x == 0)
        for (unsigned other = 1; other < (blockDim.x + 31) / 32; ++other) value += shared[other];
    return value;
}

/// partial is (C, parts, Values). It gets the sums of what body(n, c, i, j, sum) adds, each over a part of the elements
/// of channel c. grid (parts, C).
template <int Values, class Body>
__global__ void partial_sums(int batch, int height, int width, Body body, float* partial) {
    float sum[Values] = {};
    const int channel = static_cast<int>(blockIdx.y), area = height * width;
    const long long elements = static_cast<long long>(batch) * area;
    const long long step = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long k = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; k < elements; k += step) {
        const int pixel = static_cast<int>(k % area);
        body(static_cast<int>(k / area), channel, pixel / width, pixel % width, sum);
    }
    float* shared = shared_memory<float>();
    for (int v = 0; v < Values; ++v) {
        const float total = block_sum(sum[v], shared);
        if (threadIdx.x == 0)
            partial[(static_cast<std::size_t>(channel) * gridDim.x + blockIdx.x) * Values + static_cast<unsigned>(v)] =
                total;
    }
}

/// Calls finish(c, sum) for every channel, in one thread. grid (C), one warp per block.
template <int Values, class Finish>
__global__ void finish_sums(int parts, const float* partial, Finish finish) {
    double sum[Values] = {};
    const int channel = static_cast<int>(blockIdx.x);
    for (int part = static_cast<int>(threadIdx.x); part < parts; part += 32)
        for (int v = 0; v < Values; ++v)
            sum[v] += static_cast<double>(partial[(static_cast<std::size_t>(channel) * static_cast<unsigned>(parts) +
                                                   static_cast<unsigned>(part)) *
                                                      Values +
                                                  static_cast<unsigned>(v)]);
    double* shared = shared_memory<double>();
    for (int v = 0; v < Values; ++v) sum[v] = block_sum(sum[v], shared);
    if (threadIdx.x == 0) finish(channel, sum);
}

/// For every channel c of `extent`, computes sum[v], the sum over (n, i, j) of what body(n, c, i, j, sum) adds to it,
/// and then calls finish(c, sum), where sum is a `const double (&)[Values]`. scratch has reduce_scratch floats.
template <int Values, class T, class Body, class Finish>
void reduce_channels(cudaStream_t stream, const View<T>& extent, const Body& body, const Finish& finish,
                     float* scratch) {
    const int parts = reduce_parts(static_cast<long long>(extent.batch) * extent.height * extent.width);
    launch(stream, partial_sums<Values, Body>,
           dim3(static_cast<unsigned>(parts), static_cast<unsigned>(extent.channels)), dim3(reduce_threads),
           reduce_threads / 32 * sizeof(float), extent.batch, extent.height, extent.width, body, scratch);
    launch(stream, finish_sums<Values, Finish>, dim3(static_cast<unsigned>(extent.channels)), dim3(32), sizeof(double),
           parts, static_cast<const float*>(scratch), finish);
}

}  // namespace depix::cuda

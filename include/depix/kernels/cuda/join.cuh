// Sums, concatenations, products and slices on the GPU.
#pragma once

#include "depix/kernels/cuda/reduce.cuh"
#include "depix/layers/slice.hpp"
#include "depix/network/join.hpp"

namespace depix::cuda {

/// y = a + b. All are (N, C, H, W), and any of them may be the same.
template <class T>
struct AddForward {
    View<const T> a;
    View<const T> b;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        y(n, c, i, j) = from_float<T>(to_float(a(n, c, i, j)) + to_float(b(n, c, i, j)));
    }
};

/// The element of b that belongs to this element of a: b is repeated along the dimensions in which it has 1.
template <class T>
__device__ T& repeated(const View<T>& b, int n, int c, int i, int j) {
    return b(n, b.channels == 1 ? 0 : c, b.height == 1 ? 0 : i, b.width == 1 ? 0 : j);
}

/// y = x * b, or y += x * b.
template <class T>
struct MultiplyForward {
    View<const T> x;
    View<const T> b;
    View<T> y;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        put(y(n, c, i, j), to_float(x(n, c, i, j)) * to_float(repeated(b, n, c, i, j)), accumulate);
    }
};

/// db = the sum of x * y over the dimensions in which db has 1, or db += it. A block has one element of db. grid
/// (elements of db)
template <class T>
__global__ void sum_products(View<const T> x, View<const T> y, View<T> db, bool accumulate) {
    int element = static_cast<int>(blockIdx.x);
    const int j = element % db.width;
    element /= db.width;
    const int i = element % db.height;
    element /= db.height;
    const int c = element % db.channels, n = element / db.channels;
    const int channels = db.channels == 1 ? x.channels : 1, rows = db.height == 1 ? x.height : 1;
    const int columns = db.width == 1 ? x.width : 1;
    float sum = 0;
    for (int k = static_cast<int>(threadIdx.x); k < channels * rows * columns; k += static_cast<int>(blockDim.x)) {
        const int column = j + k % columns, row = i + k / columns % rows, channel = c + k / columns / rows;
        sum += to_float(x(n, channel, row, column)) * to_float(y(n, channel, row, column));
    }
    sum = block_sum(sum, shared_memory<float>());
    if (threadIdx.x == 0) put(db(n, c, i, j), sum, accumulate);
}

/// dx = the gradient of the slice from channel `first` on, 0 in the other channels; or dx += it.
template <class T>
struct SliceBackward {
    View<const T> dy;
    View<T> dx;
    int first;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        const bool inside = c >= first && c < first + dy.channels;
        if (inside || !accumulate) put(dx(n, c, i, j), inside ? to_float(dy(n, c - first, i, j)) : 0.f, accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

/// y = a + b. The gradient goes to both.
template <class Precision>
struct kernels::Kernel<CudaWith<Precision>, Add> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::AddForward<T>{a.input, a.other, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data) cuda::copy(stream, a.output_gradient, a.input_gradient, a.accumulate);
        if (a.other_gradient.data) cuda::copy(stream, a.output_gradient, a.other_gradient, a.accumulate_other);
    }
};

/// y = [a, b]. Each half gets its part of the gradient.
template <class Precision>
struct kernels::Kernel<CudaWith<Precision>, Concatenate> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::copy(stream, a.input, a.output.slice(0, a.input.channels));
        cuda::copy(stream, a.other, a.output.slice(a.input.channels, a.other.channels));
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        const View<const T>& dy = a.output_gradient;
        const int first = dy.channels - a.other_gradient.channels;
        if (a.input_gradient.data) cuda::copy(stream, dy.slice(0, first), a.input_gradient, a.accumulate);
        if (a.other_gradient.data)
            cuda::copy(stream, dy.slice(first, a.other_gradient.channels), a.other_gradient, a.accumulate_other);
    }
};

/// y = a * b, where b is repeated along the dimensions in which it has 1.
template <class Precision>
struct kernels::Kernel<CudaWith<Precision>, Multiply> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::MultiplyForward<T>{a.input, a.other, a.output, false});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        const View<T>& db = a.other_gradient;
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::MultiplyForward<T>{a.output_gradient, a.other, a.input_gradient, a.accumulate});
        if (!db.data) return;
        if (db.shape() == a.input.shape())
            cuda::elementwise(stream, db, cuda::MultiplyForward<T>{a.output_gradient, a.input, db, a.accumulate_other});
        else
            cuda::launch(stream, cuda::sum_products<T>,
                         dim3(static_cast<unsigned>(static_cast<std::size_t>(db.batch) * db.shape().size())), dim3(32),
                         sizeof(float), a.output_gradient, a.input, db, a.accumulate_other);
    }
};

/// y = some channels of x. The gradient of the others is 0.
template <class Precision, int In, int First, int Count>
struct kernels::Kernel<CudaWith<Precision>, Slice<In, First, Count>> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::copy(stream, a.input.slice(First, Count), a.output);
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::SliceBackward<T>{a.output_gradient, a.input_gradient, First, a.accumulate});
    }
};

}  // namespace depix

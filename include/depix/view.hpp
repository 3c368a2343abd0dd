// View: a non-owning four-dimensional tensor, the only kind of tensor that kernels use.
#pragma once

#include <cstddef>
#include <type_traits>

#include "depix/shape.hpp"

namespace depix {

/// A batch of feature maps somewhere in memory: (batch, channels, height, width), planar, a row's pixels contiguous.
///
/// Strides are counted in elements. There may be gaps between rows, channels and pictures. Therefore half of a
/// concatenation, a band of rows and a map with a zero border are all plain views.
template <class T>
struct View {
    T* data = nullptr;
    int batch = 0;
    int channels = 0;
    int height = 0;
    int width = 0;
    std::ptrdiff_t batch_stride = 0;
    std::ptrdiff_t channel_stride = 0;
    std::ptrdiff_t row_stride = 0;

    constexpr View() = default;

    constexpr View(T* first, int batch_size, Shape shape, std::ptrdiff_t batch_step, std::ptrdiff_t channel_step,
                   std::ptrdiff_t row_step)
        : data(first),
          batch(batch_size),
          channels(shape.channels),
          height(shape.height),
          width(shape.width),
          batch_stride(batch_step),
          channel_stride(channel_step),
          row_stride(row_step) {}

    /// A contiguous block, PyTorch's default layout.
    constexpr View(T* first, int batch_size, Shape shape)
        : View(first, batch_size, shape, static_cast<std::ptrdiff_t>(shape.size()),
               static_cast<std::ptrdiff_t>(shape.area()), shape.width) {}

    /// A writable view converts to a read-only view.
    template <class U>
    requires std::is_same_v<const U, T>
    constexpr View(const View<U>& other)  // NOLINT: implicit, as a pointer to T becomes a pointer to const T
        : View(other.data, other.batch, other.shape(), other.batch_stride, other.channel_stride, other.row_stride) {}

    constexpr Shape shape() const { return {channels, height, width}; }

    constexpr T* row(int n, int c, int y) const {
        return data + n * batch_stride + c * channel_stride + y * row_stride;
    }
    constexpr T& operator()(int n, int c, int y, int x) const { return row(n, c, y)[x]; }

    /// Pictures [first, first + count).
    constexpr View images(int first, int count) const {
        View part = *this;
        part.data += first * batch_stride;
        part.batch = count;
        return part;
    }
    /// Channels [first, first + count).
    constexpr View slice(int first, int count) const {
        View part = *this;
        part.data += first * channel_stride;
        part.channels = count;
        return part;
    }
    /// Rows [first, first + count).
    constexpr View rows(int first, int count) const {
        View part = *this;
        part.data += first * row_stride;
        part.height = count;
        return part;
    }
    /// Whether the elements lie one after the other, without gaps.
    constexpr bool contiguous() const {
        return row_stride == width && channel_stride == row_stride * height &&
               batch_stride == channel_stride * channels;
    }
};

/// y = x, or y += x. Both are (N, C, H, W). If both are the same memory, there is nothing to do.
template <class T>
void copy(View<const T> x, View<T> y, bool accumulate = false) {
    if (x.data == y.data) return;
    for (int n = 0; n < x.batch; ++n)
        for (int c = 0; c < x.channels; ++c)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j)
                    y(n, c, i, j) = accumulate ? y(n, c, i, j) + x(n, c, i, j) : x(n, c, i, j);
}

/// x = value.
template <class T>
void fill(View<T> x, T value) {
    for (int n = 0; n < x.batch; ++n)
        for (int c = 0; c < x.channels; ++c)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) x(n, c, i, j) = value;
}

}  // namespace depix

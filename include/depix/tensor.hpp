// Tensor and Image: types that own their memory. They need only the standard library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "depix/array_view.hpp"
#include "depix/view.hpp"

namespace depix {

/// A contiguous batch of feature maps that owns its memory: (batch, channels, height, width), PyTorch's layout.
template <class T>
struct Tensor {
    int batch = 0;
    Shape shape;
    std::vector<T> data;

    Tensor() = default;
    Tensor(int batch_size, Shape shape_of_one, T value = T(0))
        : batch(batch_size), shape(shape_of_one), data(static_cast<std::size_t>(batch_size) * shape.size(), value) {}

    View<T> view() { return {data.data(), batch, shape}; }
    View<const T> view() const { return {data.data(), batch, shape}; }
};

/// Memory that is set to zero and begins at a multiple of 64 bytes, as whole vectors need it.
template <class T>
class AlignedMemory {
  public:
    /// Makes room for `count` elements and sets all to zero. Allocates only if there was less room before.
    void reserve(std::size_t count) {
        memory_.assign(count + 64 / sizeof(T), T(0));
        const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
        start_ = (64 - address % 64) % 64 / sizeof(T);
    }
    T* data() { return memory_.data() + start_; }
    std::size_t size() const { return memory_.size(); }

  private:
    std::vector<T> memory_;
    std::size_t start_ = 0;
};

/// One picture: planar float32 in 0..1, (channels, height, width). 1 channel is grey, 3 RGB, 4 RGBA.
///
/// `io/image.hpp` reads and writes it; `data/array.hpp` and `data/eigen.hpp` give xtensor and Eigen access to it
/// without a copy.
struct Image {
    Shape shape;
    std::vector<float> pixels;

    Image() = default;
    explicit Image(Shape extent, float value = 0) : shape(extent), pixels(extent.size(), value) {}

    float& operator()(int channel, int y, int x) { return pixels[index(channel, y, x)]; }
    const float& operator()(int channel, int y, int x) const { return pixels[index(channel, y, x)]; }

    View<float> view() { return {pixels.data(), 1, shape}; }
    View<const float> view() const { return {pixels.data(), 1, shape}; }

    friend bool operator==(const Image&, const Image&) = default;

  private:
    std::size_t index(int channel, int y, int x) const {
        return static_cast<std::size_t>(channel) * shape.area() +
               static_cast<std::size_t>(y) * static_cast<std::size_t>(shape.width) + static_cast<std::size_t>(x);
    }
};

/// What the host-side interfaces take: a View, a Tensor, an Image, or another library's array (see array_view.hpp).
template <class T>
constexpr View<const T> as_view(View<const T> view) {
    return view;
}
template <class T>
constexpr View<const T> as_view(View<T> view) {
    return view;
}
template <class T>
View<const T> as_view(const Tensor<T>& tensor) {
    return tensor.view();
}
inline View<const float> as_view(const Image& image) { return image.view(); }

}  // namespace depix

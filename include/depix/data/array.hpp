// Arrays: Image and Tensor as xtensor arrays without a copy, and xtensor's expressions as Image and Tensor.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "depix/data/xtensor.hpp"
#include "depix/error.hpp"
#include "depix/tensor.hpp"
#include "depix/view.hpp"

namespace depix {

/// The data of one training step. Both arrays are (batch, channels, height, width), contiguous, with values 0..1.
///
///     for (const auto& [noisy, target] : loader.epoch(3)) loss = trainer.step(noisy, target);
struct Batch {
    xt::xtensor<float, 4> input;
    xt::xtensor<float, 4> target;
};

namespace detail {

template <class T>
auto adapt_image(T* pixels, const Shape& shape) {
    const std::array<std::size_t, 3> extent{static_cast<std::size_t>(shape.channels),
                                            static_cast<std::size_t>(shape.height),
                                            static_cast<std::size_t>(shape.width)};
    return xt::adapt(pixels, shape.size(), xt::no_ownership(), extent);
}

template <class T>
auto adapt_batch(T* elements, int batch, const Shape& shape) {
    const std::array<std::size_t, 4> extent{static_cast<std::size_t>(batch), static_cast<std::size_t>(shape.channels),
                                            static_cast<std::size_t>(shape.height),
                                            static_cast<std::size_t>(shape.width)};
    return xt::adapt(elements, extent[0] * shape.size(), xt::no_ownership(), extent);
}

/// One extent of an array, in Shape's type.
template <class Size>
int extent(Size size) {
    return static_cast<int>(size);
}

}  // namespace detail

/// The picture as an xtensor of (channels, height, width) that shares its memory: writing to one writes to the other.
/// The picture must outlive the array and keep its shape.
///
///     Image inverted = to_image(1.0f - as_array(image));
inline auto as_array(Image& image) { return detail::adapt_image(image.pixels.data(), image.shape); }
inline auto as_array(const Image& image) { return detail::adapt_image(image.pixels.data(), image.shape); }
void as_array(Image&&) = delete;  // would dangle

/// The tensor as an xtensor of (batch, channels, height, width) that shares its memory.
template <class T>
auto as_array(Tensor<T>& tensor) {
    return detail::adapt_batch(tensor.data.data(), tensor.batch, tensor.shape);
}
template <class T>
auto as_array(const Tensor<T>& tensor) {
    return detail::adapt_batch(tensor.data.data(), tensor.batch, tensor.shape);
}
template <class T>
void as_array(Tensor<T>&&) = delete;

/// A contiguous view as an xtensor that shares its memory. Throws ShapeError if the view has gaps.
template <class T>
auto as_array(View<T> view) {
    if (!view.contiguous()) throw ShapeError("as_array: a view of " + to_string(view.shape()) + " that has gaps");
    return detail::adapt_batch(view.data, view.batch, view.shape());
}

/// Any xtensor expression of (channels, height, width), evaluated into a new picture. Throws ShapeError if it does not
/// have three dimensions.
template <class Expression>
Image to_image(const xt::xexpression<Expression>& expression) {
    const auto& source = expression.derived_cast();
    if (source.dimension() != 3) {
        throw ShapeError("to_image: expected (channels, height, width), got " + std::to_string(source.dimension()) +
                         " dimensions");
    }
    const auto& shape = source.shape();
    Image image({detail::extent(shape[0]), detail::extent(shape[1]), detail::extent(shape[2])});
    as_array(image) = xt::cast<float>(source);
    return image;
}

/// Any xtensor expression of (batch, channels, height, width), evaluated into a new tensor. Throws ShapeError if it
/// does not have four dimensions.
template <class T = float, class Expression>
Tensor<T> to_tensor(const xt::xexpression<Expression>& expression) {
    const auto& source = expression.derived_cast();
    if (source.dimension() != 4) {
        throw ShapeError("to_tensor: expected (batch, channels, height, width), got " +
                         std::to_string(source.dimension()) + " dimensions");
    }
    const auto& shape = source.shape();
    Tensor<T> tensor(detail::extent(shape[0]),
                     {detail::extent(shape[1]), detail::extent(shape[2]), detail::extent(shape[3])});
    as_array(tensor) = xt::cast<T>(source);
    return tensor;
}

/// A writable view of a batch's input or target.
inline View<float> writable_view(xt::xtensor<float, 4>& array) {
    const auto& shape = array.shape();
    return {array.data(), detail::extent(shape[0]),
            Shape{detail::extent(shape[1]), detail::extent(shape[2]), detail::extent(shape[3])}};
}

}  // namespace depix

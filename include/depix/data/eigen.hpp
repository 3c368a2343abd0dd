// Eigen: channels, batches and weights as Eigen matrices without a copy, and Eigen's matrices as pictures and batches.
//
// Names with `as` share memory: writing to one writes to the other, and the owner must outlive the matrix. Names with
// `to` copy. A const owner gives a matrix that cannot be written. Whatever cannot be shared without reading wrong
// values throws ShapeError. All matrices are row-major, as depix's pictures are; T is float or double.
//
// array_view.hpp reads Eigen's types without this header: as_view(matrix) is one grey picture.
#pragma once

// g++ 12 warns wrongly of its own AVX-512 intrinsics, which Eigen uses (https://gcc.gnu.org/PR105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <Eigen/Core>
#pragma GCC diagnostic pop

#include <climits>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "depix/array_view.hpp"
#include "depix/error.hpp"
#include "depix/model.hpp"
#include "depix/named_tensor.hpp"
#include "depix/tensor.hpp"
#include "depix/view.hpp"

namespace depix {

/// A row-major matrix that owns its memory.
template <class T>
using RowMajorMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A row-major matrix in memory of depix; there may be gaps between rows. With T const it cannot be written.
template <class T>
using MatrixMap =
    Eigen::Map<std::conditional_t<std::is_const_v<T>, const RowMajorMatrix<std::remove_const_t<T>>, RowMajorMatrix<T>>,
               Eigen::Unaligned, Eigen::OuterStride<>>;

/// A column vector in memory of depix.
template <class T>
using VectorMap =
    Eigen::Map<std::conditional_t<std::is_const_v<T>, const Eigen::Vector<std::remove_const_t<T>, Eigen::Dynamic>,
                                  Eigen::Vector<T, Eigen::Dynamic>>>;

namespace detail {

/// "4 pictures of 1x8x8", as the messages write a batch.
template <class T>
std::string batch_name(const View<T>& view) {
    return std::to_string(view.batch) + " pictures of " + to_string(view.shape());
}

inline void check_index(const char* who, const char* what, int index, int count) {
    if (index < 0 || index >= count)
        throw ShapeError(std::string(who) + ": " + what + " " + std::to_string(index) + " of " + std::to_string(count));
}

/// Elements of one picture or channel as Eigen counts them.
inline Eigen::Index eigen_index(std::size_t count) { return static_cast<Eigen::Index>(count); }

/// Throws ShapeError unless a matrix has pictures of `shape` as its rows.
template <class Derived>
void check_rows(const char* who, const Eigen::EigenBase<Derived>& matrix, const Shape& shape) {
    if (shape.channels < 0 || shape.height < 0 || shape.width < 0 || matrix.cols() != eigen_index(shape.size()) ||
        matrix.rows() > INT_MAX)
        throw ShapeError(std::string(who) + ": a matrix of " + std::to_string(matrix.rows()) + "x" +
                         std::to_string(matrix.cols()) + "; pictures of " + to_string(shape) + " need " +
                         std::to_string(shape.size()) + " columns, one row each");
}

/// Eigen's matrices, maps and blocks, but no matrix that owns its memory and is about to go.
template <class Matrix, class Plain = std::remove_cvref_t<Matrix>>
concept LastingMatrix = EigenMatrix<Plain> &&
    (std::is_lvalue_reference_v<Matrix> || !std::is_base_of_v<Eigen::PlainObjectBase<Plain>, Plain>);

/// The tensor of a model with a name of PyTorch's state_dict. Throws Error, which lists the names that there are.
template <class T>
NamedTensor<T> find_tensor(std::vector<NamedTensor<T>> tensors, std::string_view name) {
    std::string names;
    for (NamedTensor<T>& tensor : tensors) {
        if (tensor.name == name) return std::move(tensor);
        names.append(names.empty() ? "" : ", ").append(tensor.name);
    }
    throw Error("depix: the model has no tensor '" + std::string(name) + "'; it has " +
                (names.empty() ? "none" : names));
}

/// "16x1x8x8".
template <class T>
std::string shape_name(const NamedTensor<T>& tensor) {
    std::string name;
    for (const std::size_t extent : tensor.shape) name.append(name.empty() ? "" : "x").append(std::to_string(extent));
    return name.empty() ? "a scalar" : name;
}

}  // namespace detail

// ---- pictures and batches as matrices
// --------------------------------------------------------------------------------

/// Channel `channel` of picture `image`: height x width. Any view has such a matrix. Throws ShapeError for numbers that
/// the view does not have.
template <class T>
MatrixMap<T> channel_as_matrix(View<T> view, int image, int channel) {
    detail::check_index("channel_as_matrix", "picture", image, view.batch);
    detail::check_index("channel_as_matrix", "channel", channel, view.channels);
    return {view.row(image, channel, 0), view.height, view.width, Eigen::OuterStride<>(view.row_stride)};
}
inline MatrixMap<float> channel_as_matrix(Image& image, int channel) {
    return channel_as_matrix(image.view(), 0, channel);
}
inline MatrixMap<const float> channel_as_matrix(const Image& image, int channel) {
    return channel_as_matrix(image.view(), 0, channel);
}
void channel_as_matrix(Image&&, int) = delete;  // would dangle

/// One picture: channels x (height * width), a row for each channel. A convolution of 1x1 is a matrix product with it.
/// Throws ShapeError if there are gaps between the view's rows: to_matrix copies such a view.
template <class T>
MatrixMap<T> image_as_matrix(View<T> view, int image) {
    detail::check_index("image_as_matrix", "picture", image, view.batch);
    if (view.height > 1 && view.row_stride != view.width)
        throw ShapeError("image_as_matrix: " + detail::batch_name(view) + " with gaps between the rows");
    return {view.row(image, 0, 0), view.channels, detail::eigen_index(view.shape().area()),
            Eigen::OuterStride<>(view.channel_stride)};
}
inline MatrixMap<float> image_as_matrix(Image& image) { return image_as_matrix(image.view(), 0); }
inline MatrixMap<const float> image_as_matrix(const Image& image) { return image_as_matrix(image.view(), 0); }
void image_as_matrix(Image&&) = delete;

/// A batch: N x (channels * height * width), a row for each picture. There may be gaps between pictures. Throws
/// ShapeError if there are gaps within them: to_matrix copies such a batch.
template <class T>
MatrixMap<T> batch_as_matrix(View<T> view) {
    const Shape shape = view.shape();
    const bool rows = view.height <= 1 || view.row_stride == view.width;
    const bool channels = view.channels <= 1 || view.channel_stride == static_cast<std::ptrdiff_t>(shape.area());
    if (!rows || !channels)
        throw ShapeError("batch_as_matrix: " + detail::batch_name(view) + " with gaps within the pictures");
    return {view.data, view.batch, detail::eigen_index(shape.size()), Eigen::OuterStride<>(view.batch_stride)};
}
template <class T>
MatrixMap<T> batch_as_matrix(Tensor<T>& tensor) {
    return batch_as_matrix(tensor.view());
}
template <class T>
MatrixMap<const T> batch_as_matrix(const Tensor<T>& tensor) {
    return batch_as_matrix(tensor.view());
}
template <class T>
void batch_as_matrix(Tensor<T>&&) = delete;

/// The same as a copy, of anything that as_view takes, with or without gaps.
template <class Batch>
auto to_matrix(const Batch& batch) {
    const auto view = as_view(batch);
    using T = std::remove_const_t<std::remove_pointer_t<decltype(view.data)>>;
    RowMajorMatrix<T> matrix(view.batch, detail::eigen_index(view.shape().size()));
    copy<T>(view, View<T>(matrix.data(), view.batch, view.shape()));
    return matrix;
}

// ---- matrices as pictures and batches
// --------------------------------------------------------------------------------

/// The rows of a matrix as a batch of pictures of `shape`: the inverse of batch_as_matrix.
///
///     trainer.step(matrix_as_batch(patches.middleRows(first, 64), {1, 8, 8}), target);
///
/// It takes a matrix, a map, a block of one, or the transpose of a column-major matrix. Throws ShapeError unless the
/// matrix has shape.size() columns, and if a row's elements are not contiguous, as in a column-major matrix.
template <detail::LastingMatrix Matrix>
auto matrix_as_batch(Matrix&& matrix, Shape shape) {
    using T = std::remove_pointer_t<decltype(matrix.data())>;
    detail::check_rows("matrix_as_batch", matrix, shape);
    if (matrix.cols() > 1 && matrix.colStride() != 1)
        throw ShapeError("matrix_as_batch: a matrix whose neighbours in a row lie " +
                         std::to_string(matrix.colStride()) +
                         " elements apart; make it row-major, or copy it with to_tensor");
    return View<T>(matrix.data(), static_cast<int>(matrix.rows()), shape, matrix.rowStride(),
                   static_cast<std::ptrdiff_t>(shape.area()), shape.width);
}

/// A matrix as one grey picture: the inverse of channel_as_matrix. It is as_view for a matrix that is to be written.
/// Throws ShapeError if a row's elements are not contiguous.
template <detail::LastingMatrix Matrix>
auto matrix_as_channel(Matrix&& matrix) {
    using T = std::remove_pointer_t<decltype(matrix.data())>;
    const auto view = as_view(matrix);
    return View<T>(matrix.data(), 1, view.shape(), view.batch_stride, view.channel_stride, view.row_stride);
}

/// Any expression of Eigen, evaluated into a new batch: each row becomes a picture of `shape`. Throws ShapeError unless
/// it has shape.size() columns.
template <class Derived>
Tensor<typename Derived::Scalar> to_tensor(const Eigen::DenseBase<Derived>& rows, Shape shape) {
    detail::check_rows("to_tensor", rows, shape);
    Tensor<typename Derived::Scalar> tensor(static_cast<int>(rows.rows()), shape);
    batch_as_matrix(tensor) = rows.derived().matrix();
    return tensor;
}

/// Any expression of Eigen, evaluated into a new grey picture, of one row of pixels for each of its rows. Throws
/// ShapeError for more rows or columns than an int can count.
template <class Derived>
Image to_image(const Eigen::DenseBase<Derived>& pixels) {
    if (pixels.rows() > INT_MAX || pixels.cols() > INT_MAX)
        throw ShapeError("to_image: a matrix of " + std::to_string(pixels.rows()) + "x" +
                         std::to_string(pixels.cols()));
    Image image({1, static_cast<int>(pixels.rows()), static_cast<int>(pixels.cols())});
    channel_as_matrix(image, 0) = pixels.derived().matrix().template cast<float>();
    return image;
}

// ---- weights
// ---------------------------------------------------------------------------------------------------------

/// A weight: a row for each element of its first axis, as PyTorch orders it.
///
///     Conv           out x (in * kernel * kernel): row o computes output channel o of a window
///     Dense          out x in: y = W x + b
///     ConvTranspose  in x (out * kernel * kernel): row c is the block that input channel c adds, so W^T maps forward
///
/// Throws ShapeError for tensors of fewer than two axes, such as a bias.
template <class T>
MatrixMap<T> weight_as_matrix(const NamedTensor<T>& tensor) {
    if (tensor.shape.size() < 2)
        throw ShapeError("weight_as_matrix: " + tensor.name + " is " + detail::shape_name(tensor) +
                         "; use bias_as_vector");
    const std::size_t rows = tensor.shape[0], columns = rows == 0 ? 0 : tensor.values.size() / rows;
    return {tensor.values.data(), detail::eigen_index(rows), detail::eigen_index(columns),
            Eigen::OuterStride<>(detail::eigen_index(columns))};
}
/// The same of the model's tensor with this name, such as "encoder.0.weight". Throws Error, with the names that there
/// are, if there is no such tensor.
template <Module Network, class T>
MatrixMap<T> weight_as_matrix(Model<Network, T>& model, std::string_view name) {
    return weight_as_matrix(detail::find_tensor(model.tensors(), name));
}
template <Module Network, class T>
MatrixMap<const T> weight_as_matrix(const Model<Network, T>& model, std::string_view name) {
    return weight_as_matrix(detail::find_tensor(model.tensors(), name));
}
template <Module Network, class T>
void weight_as_matrix(Model<Network, T>&&, std::string_view) = delete;

/// A bias, or another tensor of one axis, as a column vector. Throws ShapeError for other tensors.
template <class T>
VectorMap<T> bias_as_vector(const NamedTensor<T>& tensor) {
    if (tensor.shape.size() != 1)
        throw ShapeError("bias_as_vector: " + tensor.name + " is " + detail::shape_name(tensor) +
                         "; use weight_as_matrix");
    return {tensor.values.data(), detail::eigen_index(tensor.values.size())};
}
/// The same of the model's tensor with this name. Throws Error if there is no such tensor.
template <Module Network, class T>
VectorMap<T> bias_as_vector(Model<Network, T>& model, std::string_view name) {
    return bias_as_vector(detail::find_tensor(model.tensors(), name));
}
template <Module Network, class T>
VectorMap<const T> bias_as_vector(const Model<Network, T>& model, std::string_view name) {
    return bias_as_vector(detail::find_tensor(model.tensors(), name));
}
template <Module Network, class T>
void bias_as_vector(Model<Network, T>&&, std::string_view) = delete;

}  // namespace depix

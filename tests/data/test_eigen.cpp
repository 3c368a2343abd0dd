// data/eigen.hpp: channels, batches and weights as Eigen's matrices and back, or a ShapeError.
#include "depix/data/eigen.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <type_traits>
#include <utility>

#include "depix/inference.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/dense.hpp"
#include "depix/network/sequential.hpp"
#include "depix/train/loss.hpp"
#include "depix/train/trainer.hpp"

using namespace depix;

namespace {

/// Two pictures of 3x4x5 with the numbers 0, 1, 2, ...
template <class T>
Tensor<T> numbered() {
    Tensor<T> tensor(2, {3, 4, 5});
    std::iota(tensor.data.begin(), tensor.data.end(), T(0));
    return tensor;
}

/// The same numbers with gaps between rows, between channels and between pictures, as maps with a border have.
template <class T>
struct Gaps {
    Tensor<T> memory{2, {4, 6, 8}, T(-1)};
    View<T> view{memory.data.data() + 9, 2, {3, 4, 5}, 4 * 6 * 8, 6 * 8, 8};
    Gaps() { copy<T>(numbered<T>().view(), view); }
};

template <class Owner>
constexpr bool has_batch = requires(Owner&& owner) {
    batch_as_matrix(std::forward<Owner>(owner));
};
template <class Owner>
constexpr bool has_channel = requires(Owner&& owner) {
    channel_as_matrix(std::forward<Owner>(owner), 0);
};
template <class Owner>
constexpr bool has_image = requires(Owner&& owner) {
    image_as_matrix(std::forward<Owner>(owner));
};
template <class Owner>
constexpr bool has_weight = requires(Owner&& owner) {
    weight_as_matrix(std::forward<Owner>(owner), "weight");
}
|| requires(Owner&& owner) { bias_as_vector(std::forward<Owner>(owner), "bias"); };
template <class Owner>
constexpr bool has_view = requires(Owner&& owner) {
    matrix_as_batch(std::forward<Owner>(owner), Shape());
}
|| requires(Owner&& owner) { matrix_as_channel(std::forward<Owner>(owner)); };

template <class A, class B>
constexpr bool same = std::is_same_v<A, B>;

}  // namespace

TEST_CASE_TEMPLATE("a channel is a matrix that shares its memory, with or without gaps", T, float, double) {
    Tensor<T> tensor = numbered<T>();
    Gaps<T> gaps;
    for (const View<T> view : {tensor.view(), gaps.view}) {
        MatrixMap<T> channel = channel_as_matrix(view, 1, 2);
        REQUIRE(channel.rows() == 4);
        REQUIRE(channel.cols() == 5);
        for (int y = 0; y < 4; ++y)
            for (int x = 0; x < 5; ++x) CHECK(channel(y, x) == view(1, 2, y, x));
        channel(3, 1) = 7;
        CHECK(view(1, 2, 3, 1) == 7);
        channel.array() += 1;  // nothing but the channel changes
        CHECK(view(1, 2, 3, 1) == 8);
        CHECK(view(1, 1, 3, 4) == 59 + 40);
    }
    CHECK(gaps.memory.data[0] == -1);
    CHECK(std::count(gaps.memory.data.begin(), gaps.memory.data.end(), T(-1)) == 2 * 4 * 6 * 8 - 120);

    CHECK_THROWS_WITH_AS(channel_as_matrix(tensor.view(), 2, 0), doctest::Contains("picture 2 of 2"), ShapeError);
    CHECK_THROWS_WITH_AS(channel_as_matrix(tensor.view(), 0, 3), doctest::Contains("channel 3 of 3"), ShapeError);
    CHECK_THROWS_AS(channel_as_matrix(tensor.view(), 0, -1), ShapeError);
}

TEST_CASE("a picture's channels, and all of them, are matrices") {
    Image image({2, 3, 4});
    std::iota(image.pixels.begin(), image.pixels.end(), 0.0f);
    CHECK(channel_as_matrix(image, 1)(2, 3) == 23);
    CHECK(image_as_matrix(image).rows() == 2);
    CHECK(image_as_matrix(image).cols() == 12);
    image_as_matrix(image).row(1).setConstant(5);
    CHECK(image(1, 2, 3) == 5);
    CHECK(image(0, 2, 3) == 11);
    CHECK_THROWS_AS(channel_as_matrix(image, 2), ShapeError);

    // A colour transform is a product with this matrix.
    const Image& source = image;
    const Eigen::RowVector2f weights(0.25f, 0.75f);
    const Eigen::RowVectorXf grey = weights * image_as_matrix(source);
    CHECK(grey(4) == 0.25f * 4 + 0.75f * 5);
}

TEST_CASE_TEMPLATE("a batch is a matrix of one row a picture, there and back", T, float, double) {
    Tensor<T> tensor = numbered<T>();
    MatrixMap<T> rows = batch_as_matrix(tensor);
    REQUIRE(rows.rows() == 2);
    REQUIRE(rows.cols() == 60);
    CHECK(rows(1, 17) == 77);
    CHECK(rows.data() == tensor.data.data());

    const View<T> back = matrix_as_batch(rows, {3, 4, 5});
    CHECK(back.data == tensor.data.data());
    CHECK(back.contiguous());
    CHECK(back(1, 2, 3, 4) == 119);

    // Gaps between pictures are steps from row to row; gaps within pictures need a copy.
    const View<T> first_channels = tensor.view().slice(0, 2);
    CHECK(batch_as_matrix(first_channels).outerStride() == 60);
    CHECK(batch_as_matrix(first_channels)(1, 39) == 99);
    Gaps<T> gaps;
    CHECK_THROWS_WITH_AS(batch_as_matrix(gaps.view), doctest::Contains("2 pictures of 3x4x5 with gaps"), ShapeError);
    CHECK_THROWS_WITH_AS(image_as_matrix(gaps.view, 0), doctest::Contains("gaps between the rows"), ShapeError);
    CHECK_THROWS_AS(batch_as_matrix(tensor.view().rows(1, 2)), ShapeError);
    CHECK(image_as_matrix(tensor.view().rows(1, 2), 1)(2, 9) == 114);
    CHECK(to_matrix(gaps.view) == rows);
    CHECK(to_matrix(tensor) == rows);
}

TEST_CASE_TEMPLATE("matrices of any layout become batches, or are refused", T, float, double) {
    RowMajorMatrix<T> rows(6, 20);
    for (int i = 0; i < 120; ++i) rows.data()[i] = static_cast<T>(i);

    const View<T> middle = matrix_as_batch(rows.middleRows(2, 3), {1, 4, 5});
    CHECK(middle.batch == 3);
    CHECK(middle(2, 0, 3, 4) == 99);
    middle(2, 0, 3, 4) = 1;
    CHECK(rows(4, 19) == 1);
    rows(4, 19) = 99;
    const View<T> narrow = matrix_as_batch(rows.middleCols(4, 12), {3, 2, 2});  // gaps between the pictures
    CHECK(narrow(5, 2, 1, 1) == 115);
    CHECK(narrow.batch_stride == 20);

    using Columns = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
    const Columns columns = rows;
    CHECK_THROWS_WITH_AS(matrix_as_batch(columns, {1, 4, 5}), doctest::Contains("6 elements apart"), ShapeError);
    CHECK_THROWS_AS(matrix_as_batch(columns.row(2), {1, 4, 5}), ShapeError);
    const Columns transposed = rows.transpose();
    CHECK(matrix_as_batch(transposed.transpose(), {1, 4, 5})(5, 0, 3, 4) == 119);
    const Tensor<T> copied = to_tensor(columns, {1, 4, 5});
    CHECK(batch_as_matrix(copied) == rows);
    CHECK(to_tensor((rows * T(2)).array() + T(1), {5, 2, 2}).view()(3, 0, 1, 1) == 127);

    CHECK_THROWS_WITH_AS(matrix_as_batch(rows, {1, 4, 4}), doctest::Contains("6x20; pictures of 1x4x4 need 16"),
                         ShapeError);
    CHECK_THROWS_AS(to_tensor(rows, {2, 4, 5}), ShapeError);
    CHECK_THROWS_AS(matrix_as_batch(rows, {-1, -4, 5}), ShapeError);
    CHECK(matrix_as_batch(rows.topRows(0), {1, 4, 5}).batch == 0);
}

TEST_CASE_TEMPLATE("a matrix as a picture is read and written where it lies", T, float, double) {
    RowMajorMatrix<T> rows = RowMajorMatrix<T>::Zero(4, 6);
    const View<T> block = matrix_as_channel(rows.block(1, 2, 3, 3));
    CHECK(block.shape() == Shape{1, 3, 3});
    block(0, 0, 2, 1) = 9;
    CHECK(rows(3, 3) == 9);
    CHECK(channel_as_matrix(block, 0, 0) == rows.block(1, 2, 3, 3));
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> columns = rows;
    CHECK_THROWS_WITH_AS(matrix_as_channel(columns), doctest::Contains("row-major"), ShapeError);
    const Image image = to_image(columns);
    CHECK(image.shape == Shape{1, 4, 6});
    CHECK(image(0, 3, 3) == 9);
    CHECK(to_image(columns.array() + T(1))(0, 0, 0) == 1);
}

TEST_CASE("const owners give matrices that cannot be written, and temporaries give none") {
    const Tensor<float> tensor = numbered<float>();
    const Image image({1, 2, 2});
    const RowMajorMatrix<float> rows(2, 4);
    const Model<Dense<4, 3>> model;
    static_assert(same<decltype(batch_as_matrix(tensor)), MatrixMap<const float>>);
    static_assert(same<decltype(channel_as_matrix(image, 0)), MatrixMap<const float>>);
    static_assert(same<decltype(image_as_matrix(image)), MatrixMap<const float>>);
    static_assert(same<decltype(channel_as_matrix(tensor.view(), 0, 0)), MatrixMap<const float>>);
    static_assert(same<decltype(matrix_as_batch(rows, {1, 2, 2})), View<const float>>);
    static_assert(same<decltype(matrix_as_channel(rows.topRows(1))), View<const float>>);
    static_assert(same<decltype(weight_as_matrix(model, "weight")), MatrixMap<const float>>);
    static_assert(same<decltype(bias_as_vector(model, "bias")), VectorMap<const float>>);
    static_assert(!std::is_assignable_v<decltype(batch_as_matrix(tensor)(0, 0)), float>);
    static_assert(!std::is_assignable_v<decltype(bias_as_vector(model, "bias")(0)), float>);
    // An lvalue has a matrix; a temporary, whose memory is about to go, has none.
    static_assert(has_batch<Tensor<float>&> && !has_batch<Tensor<float>>);
    static_assert(has_channel<Image&> && !has_channel<Image> && has_image<Image&> && !has_image<Image>);
    static_assert(has_weight<Model<Dense<4, 3>>&> && !has_weight<Model<Dense<4, 3>>>);
    static_assert(has_view<RowMajorMatrix<double>&> && !has_view<RowMajorMatrix<double>>);
    static_assert(has_view<Eigen::Block<RowMajorMatrix<double>>>);
}

TEST_CASE_TEMPLATE("Dense is Eigen's product", T, float, double) {
    using Network = Sequential<Dense<3, 7, Size<4, 5>>>;
    Model<Network, T> model(5);
    const MatrixMap<T> weight = weight_as_matrix(model, "0.weight");
    const VectorMap<T> bias = bias_as_vector(model, "0.bias");
    REQUIRE(weight.rows() == 7);
    REQUIRE(weight.cols() == 60);
    REQUIRE(bias.size() == 7);

    const Tensor<T> input = numbered<T>();
    const Inference<Network, Reference, T> network(model);
    const Tensor<T> output = network(input);
    const RowMajorMatrix<T> product = (batch_as_matrix(input) * weight.transpose()).rowwise() + bias.transpose();
    // 60 terms, each a value of up to 119 times a weight of up to 1/sqrt(60), are summed in different orders.
    const T tolerance = 60 * 119 * std::numeric_limits<T>::epsilon();
    CHECK((batch_as_matrix(output) - product).cwiseAbs().maxCoeff() <= tolerance);
    CHECK(product.cwiseAbs().maxCoeff() > 1);
}

TEST_CASE_TEMPLATE("a convolution whose stride is its kernel is the same matrix for every block", T, float, double) {
    using Network = Sequential<Named<"encoder", Conv<2, 5, 4, Stride<4>, Padding<0>>>,
                               Named<"decoder", ConvTranspose<5, 2, 4, Stride<4>, NoBias>>>;
    Model<Network, T> model(5);
    const auto encode = weight_as_matrix(model, "encoder.weight");
    const auto decode = weight_as_matrix(model, "decoder.weight");
    REQUIRE(encode.rows() == 5);
    REQUIRE(encode.cols() == 32);
    REQUIRE(decode.rows() == 5);
    REQUIRE(decode.cols() == 32);
    bias_as_vector(model, "encoder.bias") << 1, 2, 3, 4, 5;  // the model's own memory

    Tensor<T> input(3, {2, 4, 4});
    std::iota(input.data.begin(), input.data.end(), T(-1));
    const Tensor<T> output = Inference<Network, Reference, T>(model)(input);
    const Eigen::RowVector<T, 5> offset(1, 2, 3, 4, 5);
    const RowMajorMatrix<T> product = ((batch_as_matrix(input) * encode.transpose()).rowwise() + offset) * decode;
    CHECK((batch_as_matrix(output) - product).cwiseAbs().maxCoeff() <= 32 * 96 * std::numeric_limits<T>::epsilon());
}

TEST_CASE("a wrong name or rank is refused, and the message says what there is") {
    Model<Sequential<Conv<1, 2>, ConvTranspose<2, 1, 2, NoBias>>> model;
    CHECK_THROWS_WITH_AS(weight_as_matrix(model, "2.weight"),
                         "depix: the model has no tensor '2.weight'; it has 0.weight, 0.bias, 1.weight", Error);
    CHECK_THROWS_WITH_AS(weight_as_matrix(model, "0.bias"), doctest::Contains("0.bias is 2; use bias_as_vector"),
                         ShapeError);
    CHECK_THROWS_WITH_AS(bias_as_vector(model, "0.weight"), doctest::Contains("0.weight is 2x1x3x3"), ShapeError);
}

TEST_CASE("a trainer takes rows of a matrix where they lie") {
    using Network = Sequential<Dense<1, 2, Size<2, 2>, NoBias>>;
    Model<Network> model(3);
    const RowMajorMatrix<float> before = weight_as_matrix(model, "0.weight");
    RowMajorMatrix<float> patches = RowMajorMatrix<float>::Random(10, 4), targets = RowMajorMatrix<float>::Zero(10, 2);
    Trainer trainer{model, MeanSquaredError{}, SGD{.learning_rate = 0.5}};
    const double loss = trainer.step(matrix_as_batch(patches.middleRows(2, 5), {1, 2, 2}),
                                     matrix_as_batch(targets.middleRows(2, 5), {2, 1, 1}));
    const auto seen = patches.middleRows(2, 5);
    const RowMajorMatrix<float> output = seen * before.transpose();
    CHECK(loss == doctest::Approx(static_cast<double>(output.squaredNorm() / 10)).epsilon(1e-5));
    // The gradient of the mean of 10 squares, by hand.
    const RowMajorMatrix<float> expected = before - 0.5f * (2.0f / 10) * output.transpose() * seen;
    CHECK((weight_as_matrix(model, "0.weight") - expected).cwiseAbs().maxCoeff() < 1e-5f);
}

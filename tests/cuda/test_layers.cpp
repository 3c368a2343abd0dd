// The table's layers that are not convolutions, on Cuda (emulated, or on a GPU).
#include "cuda_check.hpp"
#include "depix/kernels/cuda/average_pool.cuh"
#include "depix/kernels/cuda/batch_norm.cuh"
#include "depix/kernels/cuda/dense.cuh"
#include "depix/kernels/cuda/dropout.cuh"
#include "depix/kernels/cuda/elementwise_layer.cuh"
#include "depix/kernels/cuda/global_average_pool.cuh"
#include "depix/kernels/cuda/join.cuh"
#include "depix/kernels/cuda/max_pool.cuh"
#include "depix/kernels/cuda/pixel_shuffle.cuh"
#include "depix/kernels/cuda/prelu.cuh"
#include "depix/kernels/cuda/upsample.cuh"

using namespace depix_test;

namespace {

/// Checks a join of two maps that gives `both`: forward; backward, written and added, to both inputs and to each one
/// alone. An element of a gradient is a sum of at most `terms` numbers within +-1.
template <class L, class Precision = precision::Float32>
void check_join(const std::string& name, Shape a, Shape b, Shape both, int terms = 1) {
    CAPTURE(name);
    using S = typename CudaWith<Precision>::Storage;
    using K = kernels::Kernel<CudaWith<Precision>, L>;
    const int images = 2, around = 1;
    const auto count = [&](Shape shape) { return static_cast<std::size_t>(images) * shape.size(); };
    Random random(3);
    const std::vector<double> x = rounded<S>(draw(count(a), -1, 1, random));
    const std::vector<double> other = rounded<S>(draw(count(b), -1, 1, random));
    const std::vector<double> dy = rounded<S>(draw(count(both), -1, 1, random));
    std::vector<double> y(dy.size());
    const cuda::Stream stream;
    // A result is one sum or product of two numbers within +-1, or in the backward pass a sum of `terms` such numbers
    // and what was there before. The result is rounded once in the maps' precision, and each sum so far in float.
    const double bound = 3 * unit_roundoff<Precision>() * std::sqrt(terms) + terms * std::sqrt(terms) * 6e-8;

    const MapsOnDevice<S> device_x(x, images, a, around), device_other(other, images, b, around);
    const MapsOnDevice<S> device_y(y, images, both, around), device_dy(dy, images, both, around);
    kernels::Forward<double> exact;
    exact.input = View<const double>(x.data(), images, a);
    exact.other = View<const double>(other.data(), images, b);
    exact.output = View<double>(y.data(), images, both);
    kernels::Kernel<Reference, L>::forward(exact);
    kernels::Forward<S, float> call;
    call.input = device_x.view;
    call.other = device_other.view;
    call.output = device_y.view;
    K::forward(call, stream);
    CHECK(largest_difference(device_y.values(), y) < bound);
    CHECK(device_y.surroundings_untouched());

    for (const bool accumulate : {false, true})
        for (const bool accumulate_other : {false, true})
            for (const int wanted : {1, 2, 3}) {
                CAPTURE(accumulate);
                CAPTURE(accumulate_other);
                CAPTURE(wanted);
                std::vector<double> dx = x, d_other = other;
                kernels::Backward<double> exact_back;
                exact_back.input = exact.input;
                exact_back.other = exact.other;
                exact_back.output_gradient = View<const double>(dy.data(), images, both);
                exact_back.input_gradient = View<double>(dx.data(), images, a);
                exact_back.other_gradient = View<double>(d_other.data(), images, b);
                exact_back.accumulate = accumulate;
                exact_back.accumulate_other = accumulate_other;
                const MapsOnDevice<S> device_dx(x, images, a, around), device_d_other(other, images, b, around);
                kernels::Backward<S, float> back;
                back.input = device_x.view;
                back.other = device_other.view;
                back.output_gradient = device_dy.view;
                back.input_gradient = device_dx.view;
                back.other_gradient = device_d_other.view;
                back.accumulate = accumulate;
                back.accumulate_other = accumulate_other;
                if (!(wanted & 1)) exact_back.input_gradient.data = nullptr, back.input_gradient.data = nullptr;
                if (!(wanted & 2)) exact_back.other_gradient.data = nullptr, back.other_gradient.data = nullptr;
                kernels::Kernel<Reference, L>::backward(exact_back);
                K::backward(back, stream);
                CHECK(largest_difference(device_dx.values(), dx) < bound);
                CHECK(largest_difference(device_d_other.values(), d_other) < bound);
                CHECK(device_dx.surroundings_untouched());
                CHECK(device_d_other.surroundings_untouched());
            }
}

/// The number of kernels launched so far. Only the emulator counts them.
std::size_t launches() {
#ifdef DEPIX_CUDA_EMULATED
    return emulator::launches;
#else
    return 0;
#endif
}

/// The output of layer L for one picture, in inference.
template <class L>
std::vector<double> run_forward(const std::vector<double>& x, Shape shape) {
    const MapsOnDevice<float> device_x(x, 1, shape);
    const MapsOnDevice<float> device_y(std::vector<double>(L::output(shape).size()), 1, L::output(shape));
    kernels::Forward<float> call;
    call.input = device_x.view;
    call.output = device_y.view;
    kernels::Kernel<Cuda, L>::forward(call, cuda::Stream());
    return device_y.values();
}

}  // namespace

TEST_CASE("every layer but convolutions") { LayerTable(check_layer_of).layers(); }

TEST_CASE_TEMPLATE("every layer but convolutions, in 16 bits", P, precision::Float16, precision::BFloat16) {
    const Shape shape{3, 15, 33};
    check_layer<BatchNorm<3>, P>("BatchNorm", shape, 2);
    check_layer<ReLU, P>("ReLU", shape, 2);
    check_layer<LeakyReLU<>, P>("LeakyReLU", shape, 2);
    check_layer<PReLU<>, P>("PReLU, one slope", shape, 2);
    check_layer<PReLU<3>, P>("PReLU, a slope for each channel", shape, 2);
    check_layer<ELU<>, P>("ELU", shape, 2);
    check_layer<Sigmoid, P>("Sigmoid", shape, 2);
    check_layer<Tanh, P>("Tanh", shape, 2);
    check_layer<Scale<std::ratio<1, 5>>, P>("Scale", shape, 2);
    // Values of few bits are often equal.
    check_layer<MaxPool<3, Stride<2>>, P>("MaxPool", shape, 2);
    check_layer<AveragePool<3, Stride<2>>, P>("AveragePool", shape, 2);
    check_layer<GlobalAveragePool, P>("GlobalAveragePool", shape, 2);
    check_layer<Upsample<2>, P>("Upsample", shape, 2);
    check_layer<PixelShuffle<2>, P>("PixelShuffle", {8, 5, 33}, 2);
    check_layer<Dropout<std::ratio<1, 2>>, P>("Dropout", shape, 2);
    check_layer<Dense<3, 5, Size<6, 5>>, P>("Dense", {3, 6, 5}, 4);
}

TEST_CASE("Add") {
    const Shape shape{3, 5, 37};
    check_join<Add>("Add", shape, shape, shape);
    check_join<Add, precision::Float16>("float16", shape, shape, shape);
    check_join<Add, precision::BFloat16>("bfloat16", shape, shape, shape);
}

TEST_CASE("Add writes into either of its inputs, and gives its gradient away") {
    const Shape shape{1, 1, 3};
    const MapsOnDevice<float> a({1, 2, 3}, 1, shape), b({10, 20, 30}, 1, shape), dy({5, 6, 7}, 1, shape);
    const cuda::Stream stream;
    kernels::Forward<float> call;
    call.input = a.view;
    call.other = b.view;
    call.output = a.view;
    kernels::Kernel<Cuda, Add>::forward(call, stream);
    CHECK(a.values() == std::vector<double>{11, 22, 33});
    call.output = b.view;
    kernels::Kernel<Cuda, Add>::forward(call, stream);
    CHECK(b.values() == std::vector<double>{21, 42, 63});

    // The input's gradient shares memory with the output's, so there is nothing to add.
    kernels::Backward<float> back;
    back.output_gradient = back.input_gradient = dy.view;
    back.other_gradient = a.view;
    back.accumulate = true;
    kernels::Kernel<Cuda, Add>::backward(back, stream);
    CHECK(dy.values() == std::vector<double>{5, 6, 7});
    CHECK(a.values() == std::vector<double>{5, 6, 7});
}

TEST_CASE("Concatenate") {
    check_join<Concatenate>("Concatenate", {2, 5, 37}, {3, 5, 37}, {5, 5, 37});
    check_join<Concatenate, precision::Float16>("float16", {1, 5, 37}, {2, 5, 37}, {3, 5, 37});
}

TEST_CASE("Multiply, by maps of every size that is repeated") {
    const Shape shape{4, 5, 37};
    check_join<Multiply>("all", shape, shape, shape);
    check_join<Multiply>("one pixel for each channel", shape, {4, 1, 1}, shape, 5 * 37);
    check_join<Multiply>("one channel", shape, {1, 5, 37}, shape, 4);
    check_join<Multiply>("one number", shape, {1, 1, 1}, shape, 4 * 5 * 37);
    check_join<Multiply, precision::Float16>("float16", shape, {4, 1, 1}, shape, 5 * 37);
    check_join<Multiply, precision::BFloat16>("bfloat16", shape, shape, shape);
}

TEST_CASE("Concatenate has nothing to do where both halves live in the output") {
    const MapsOnDevice<float> y({1, 2, 3, 4, 5, 6}, 1, {3, 1, 2});
    kernels::Forward<float> call;
    call.output = y.view;
    call.input = y.view.slice(0, 1);
    call.other = y.view.slice(1, 2);
    const std::size_t before = launches();
    kernels::Kernel<Cuda, Concatenate>::forward(call, cuda::Stream());
    CHECK(launches() == before);
    kernels::Backward<float> back;
    back.output_gradient = y.view;
    back.input_gradient = y.view.slice(0, 1);
    back.other_gradient = y.view.slice(1, 2);
    kernels::Kernel<Cuda, Concatenate>::backward(back, cuda::Stream());
    CHECK(launches() == before);
}

TEST_CASE("Dropout drops what the textbook drops in float, bit for bit") {
    using L = Dropout<std::ratio<3, 10>>;
    const Shape shape{3, 5, 37};
    const int images = 2;
    Random random(11), same(11);
    std::vector<float> x(images * shape.size()), y(x.size()), saved(1);
    for (float& value : x) value = static_cast<float>(random.uniform(-1, 1)), static_cast<void>(same.uniform());
    kernels::Forward<float> exact;
    exact.input = View<const float>(x.data(), images, shape);
    exact.output = View<float>(y.data(), images, shape);
    exact.saved = saved.data();
    exact.random = &same;
    kernels::Kernel<Reference, L>::forward(exact);

    const MapsOnDevice<float> device_x(std::vector<double>(x.begin(), x.end()), images, shape);
    const OnDevice<float> device_saved(std::vector<double>{static_cast<double>(random() >> 40)});
    CHECK(device_saved.values()[0] == static_cast<double>(saved[0]));
    kernels::Forward<float> call;
    call.input = call.output = device_x.view;  // in place
    call.saved = device_saved.memory.data();
    kernels::Kernel<Cuda, L>::forward(call, cuda::Stream());
    CHECK(device_x.values() == std::vector<double>(y.begin(), y.end()));
    CHECK(device_saved.values()[0] == static_cast<double>(saved[0]));  // the device draws nothing

    // Inference in place needs no kernel at all.
    call.saved = nullptr;
    const std::size_t before = launches();
    kernels::Kernel<Cuda, L>::forward(call, cuda::Stream());
    CHECK(launches() == before);
}

TEST_CASE("MaxPool lets NaN through and gives ties to the first") {
    const Shape shape{1, 2, 4}, pooled{1, 1, 2};
    const std::vector<double> x{1, 1, 0, NAN, 1, 1, 2, 3};
    const std::vector<double> y = run_forward<MaxPool<2>>(x, shape);
    CHECK(y[0] == 1);
    CHECK(std::isnan(y[1]));
    const auto backward = [&]<class L>(L, const std::vector<double>& dy, Shape output) {
        const MapsOnDevice<float> device_x(x, 1, shape), device_y(run_forward<L>(x, shape), 1, output);
        const MapsOnDevice<float> device_dy(dy, 1, output), device_dx(x, 1, shape);
        kernels::Backward<float> back;
        back.input = device_x.view;
        back.output = device_y.view;
        back.output_gradient = device_dy.view;
        back.input_gradient = device_dx.view;
        kernels::Kernel<Cuda, L>::backward(back, cuda::Stream());
        return device_dx.values();
    };
    // NaN is not equal to any value, so its gradient goes to the first pixel of its window.
    CHECK(backward(MaxPool<2>{}, {5, 7}, pooled) == std::vector<double>{5, 0, 7, 0, 0, 0, 0, 0});
    // Windows that overlap: {1, 1, 1, 1}, {1, 0, 1, 2} and {0, NaN, 2, 3}.
    CHECK(backward(MaxPool<2, Stride<1>>{}, {5, 7, 9}, {1, 1, 3}) == std::vector<double>{5, 0, 9, 0, 0, 0, 7, 0});
}

TEST_CASE("Sigmoid and Tanh of large numbers") {
    const std::vector<double> x{-1e30, -200, -80, 80, 200, 1e30, -INFINITY, INFINITY, NAN};
    const std::vector<double> sigmoid = run_forward<Sigmoid>(x, {1, 1, 9}), tanh = run_forward<Tanh>(x, {1, 1, 9});
    CHECK(sigmoid[0] == 0);
    CHECK(sigmoid[1] == 0);
    CHECK(sigmoid[2] == doctest::Approx(std::exp(-80.0)).epsilon(1e-6));  // float's 2^-24, a few times
    for (const std::size_t i : {3u, 4u, 5u, 7u}) CHECK(sigmoid[i] == 1);
    CHECK(sigmoid[6] == 0);
    CHECK(std::isnan(sigmoid[8]));
    for (std::size_t i = 0; i < 8; ++i) CHECK(tanh[i] == (x[i] < 0 ? -1 : 1));
    CHECK(std::isnan(tanh[8]));
}

// Checks one layer's device code, emulated, against Reference in double.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "../kernels/layer_table.hpp"
#include "depix/kernels/cuda/precision.cuh"
#include "depix/kernels/cuda/runtime.cuh"
#include "depix/kernels/reference/engine.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

namespace depix_test {

using namespace depix;

/// Values in an allocation of their own on the device, so that the address sanitizer detects every access beyond their
/// ends.
template <class S>
struct OnDevice {
    cuda::Memory<S> memory;
    std::size_t size = 0;

    OnDevice() = default;
    template <class U>
    explicit OnDevice(const std::vector<U>& values) : memory(values.empty() ? 1 : values.size()), size(values.size()) {
        std::vector<S> stored(size);
        for (std::size_t i = 0; i < size; ++i) stored[i] = cuda::from_float<S>(static_cast<float>(values[i]));
        const cuda::Stream stream;
        cuda::upload(stream, stored.data(), memory.data(), size);
        stream.wait();
    }
    std::vector<double> values() const {
        std::vector<S> stored(size);
        const cuda::Stream stream;
        cuda::check(cudaDeviceSynchronize(), "finish a test's kernels");
        cuda::download(stream, static_cast<const S*>(memory.data()), stored.data(), size);
        stream.wait();
        std::vector<double> result(size);
        for (std::size_t i = 0; i < size; ++i) result[i] = static_cast<double>(cuda::to_float(stored[i]));
        return result;
    }
};

/// Maps in the device's memory, as a slice of larger maps: `around` channels separate them from each other and from the
/// ends. The values around them are NaN, so that reading them shows in the results, and must stay NaN.
template <class S>
struct MapsOnDevice {
    int around;
    OnDevice<S> maps;
    View<S> view;

    MapsOnDevice(const std::vector<double>& values, int images, Shape shape, int channels_around = 0)
        : around(channels_around),
          maps(surrounded(values, images, shape)),
          view(inner(maps.memory.data(), images, shape)) {}

    std::vector<double> values() const {
        std::vector<double> all = maps.values(), result;
        for_each(inner(all.data(), view.batch, view.shape()), [&](double& value) { result.push_back(value); });
        return result;
    }
    bool surroundings_untouched() const {
        std::vector<double> all = maps.values();
        for_each(inner(all.data(), view.batch, view.shape()), [&](double& value) { value = NAN; });
        return std::all_of(all.begin(), all.end(), [](double value) { return std::isnan(value); });
    }

  private:
    template <class T>
    View<T> inner(T* data, int images, Shape shape) const {
        const Shape whole{shape.channels + 2 * around, shape.height, shape.width};
        return View<T>(data, images, whole).slice(around, shape.channels);
    }
    std::vector<double> surrounded(const std::vector<double>& values, int images, Shape shape) const {
        REQUIRE(values.size() == static_cast<std::size_t>(images) * shape.size());
        std::vector<double> all(values.size() + static_cast<std::size_t>(2 * images * around) * shape.area(), NAN);
        std::size_t next = 0;
        for_each(inner(all.data(), images, shape), [&](double& value) { value = values[next++]; });
        return all;
    }
    template <class Body>
    static void for_each(const View<double>& x, const Body& body) {
        for (int n = 0; n < x.batch; ++n)
            for (int c = 0; c < x.channels; ++c)
                for (int i = 0; i < x.height; ++i)
                    for (int j = 0; j < x.width; ++j) body(x(n, c, i, j));
    }
};

/// The largest |a - b|; NaN counts as an infinite difference.
inline double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::isnan(a[i]) ? INFINITY : std::max(largest, std::fabs(a[i] - b[i]));
    return largest;
}

inline std::vector<double> draw(std::size_t count, double low, double high, Random& random) {
    std::vector<double> values(count);
    for (double& value : values) value = static_cast<float>(random.uniform(low, high));
    return values;
}

/// The values after they have been stored in S.
template <class S>
std::vector<double> rounded(const std::vector<double>& values) {
    return OnDevice<S>(values).values();
}

template <class Precision>
constexpr double unit_roundoff() {
    if constexpr (std::is_same_v<Precision, precision::Float32>) return 0x1p-24;
    if constexpr (std::is_same_v<Precision, precision::TF32>) return 0x1p-11;
    if constexpr (std::is_same_v<Precision, precision::Float16>) return 0x1p-11;
    return 0x1p-8;
}

/// A layer as functions, so that the check below is compiled once for all layers.
template <class S>
struct LayerFunctions {
    const LayerInfo* info;
    double unit;
    std::size_t (*scratch_size)(int images, Shape shape);
    void (*exact_forward)(const kernels::Forward<double>&);
    void (*exact_backward)(const kernels::Backward<double>&);
    void (*forward)(const kernels::Forward<S, float>&, cudaStream_t);
    void (*backward)(const kernels::Backward<S, float>&, cudaStream_t);
};

template <class L, class Precision>
LayerFunctions<typename Precision::Storage> functions_of() {
    using K = kernels::Kernel<CudaWith<Precision>, L>;
    using S = typename Precision::Storage;
    return {&layer_info<L>,
            unit_roundoff<Precision>(),
            [](int images, Shape shape) -> std::size_t {
                if constexpr (requires { K::scratch_size(images, shape); }) return K::scratch_size(images, shape);
                return 0;
            },
            [](const kernels::Forward<double>& call) { kernels::Kernel<Reference, L>::forward(call); },
            [](const kernels::Backward<double>& call) { kernels::Kernel<Reference, L>::backward(call); },
            [](const kernels::Forward<S, float>& call, cudaStream_t stream) { K::forward(call, stream); },
            [](const kernels::Backward<S, float>& call, cudaStream_t stream) { K::backward(call, stream); }};
}

/// Checks a layer on `images` inputs of this shape: forward in inference (in place too, if the layer allows that) and
/// in training; backward, written and added, with and without gradients of its parameters. See MapsOnDevice for
/// `around`.
template <class S>
void check_layer(const LayerFunctions<S>& layer, const std::string& name, Shape shape, int images, int around) {
    CAPTURE(name);
    CAPTURE(to_string(shape));
    CAPTURE(images);
    CAPTURE(around);
    const Shape output_shape = layer.info->output(shape);
    const std::size_t count = static_cast<std::size_t>(images);
    const std::size_t parameters = layer.info->parameter_count, statistics = layer.info->statistic_count;

    Random random(17);
    std::vector<double> x = rounded<S>(draw(count * shape.size(), -1, 1, random));
    std::vector<double> dy = rounded<S>(draw(count * output_shape.size(), -1, 1, random));
    std::vector<double> weights = draw(parameters, -1, 1, random), running = draw(statistics, 0.5, 1.5, random);
    std::vector<double> y(dy.size()), new_running = running, saved(layer.info->saved_size(images, shape) + 1);
    const std::vector<double> before = rounded<S>(draw(x.size(), -1, 1, random));
    const std::vector<double> gradients_before = draw(parameters, -1, 1, random);

    const MapsOnDevice<S> device_x(x, images, shape, around), device_dy(dy, images, output_shape, around);
    const MapsOnDevice<S> device_y(y, images, output_shape, around);
    const OnDevice<float> device_weights(weights), device_running(running);
    const cuda::Memory<float> scratch(layer.scratch_size(images, shape) + 1);
    const cuda::Stream stream;

    // A result is a sum of at most `window` products of numbers within +-1. Each factor and the sum are rounded, and so
    // many rounding errors add up like the steps of a random walk. Gradients of parameters are sums over all pixels.
    const double unit = layer.unit;
    const double window = static_cast<double>(parameters),
                 plane = static_cast<double>(count * (shape.area() + output_shape.area()));
    const double map_bound = 8 * unit * (4 + std::sqrt(window));
    const double gradient_bound = 8 * unit * (4 + std::sqrt(plane)) + 8 * 0x1p-24 * plane / 4;

    for (const bool training : {false, true}) {
        CAPTURE(training);
        Random random_a(5), random_b(5);
        kernels::Forward<double> exact;
        exact.input = View<const double>(x.data(), images, shape);
        exact.output = View<double>(y.data(), images, output_shape);
        exact.parameters = weights.data();
        exact.statistics = running.data();
        OnDevice<float> device_new_running(running), device_saved(saved);
        kernels::Forward<S, float> call;
        call.input = device_x.view;
        call.output = device_y.view;
        call.parameters = device_weights.memory.data();
        call.statistics = device_running.memory.data();
        call.scratch = scratch.data();
        if (training) {
            exact.new_statistics = new_running.data();
            exact.saved = saved.data();
            exact.random = &random_a;
            call.new_statistics = device_new_running.memory.data();
            call.saved = device_saved.memory.data();
            // On the GPU the random number is drawn before the layer runs and is stored where the textbook would keep
            // it.
            const std::vector<float> drawn{static_cast<float>(random_b() >> 40)};
            cuda::upload(stream, drawn.data(), call.saved, 1);
            stream.wait();
        }
        layer.exact_forward(exact);
        layer.forward(call, stream);
        CHECK(largest_difference(device_y.values(), y) < map_bound);
        CHECK(device_y.surroundings_untouched());
        if (!training) {
            if (layer.info->traits.elementwise) {
                const MapsOnDevice<S> device_both(x, images, shape, around);
                call.input = call.output = device_both.view;
                layer.forward(call, stream);
                CHECK(device_both.values() == device_y.values());
            }
            continue;
        }
        CHECK(largest_difference(device_new_running.values(), new_running) < map_bound);

        for (const bool accumulate : {false, true})
            for (const bool frozen : {false, true}) {
                CAPTURE(accumulate);
                CAPTURE(frozen);
                std::vector<double> dx = before, gradients = gradients_before;
                kernels::Backward<double> exact_back;
                exact_back.input = exact.input;
                exact_back.output = exact.output;
                exact_back.output_gradient = View<const double>(dy.data(), images, output_shape);
                exact_back.input_gradient = View<double>(dx.data(), images, shape);
                exact_back.accumulate = accumulate;
                exact_back.parameters = weights.data();
                exact_back.parameter_gradients = frozen ? nullptr : gradients.data();
                exact_back.saved = saved.data();
                layer.exact_backward(exact_back);

                const MapsOnDevice<S> device_dx(before, images, shape, around);
                const OnDevice<float> device_gradients(gradients_before);
                kernels::Backward<S, float> back;
                back.input = call.input;
                back.output = call.output;
                back.output_gradient = device_dy.view;
                back.input_gradient = device_dx.view;
                back.accumulate = accumulate;
                back.parameters = device_weights.memory.data();
                back.parameter_gradients = frozen ? nullptr : device_gradients.memory.data();
                back.saved = device_saved.memory.data();
                back.scratch = scratch.data();
                layer.backward(back, stream);
                CHECK(largest_difference(device_dx.values(), dx) < 4 * map_bound);
                CHECK(device_dx.surroundings_untouched());
                CHECK(largest_difference(device_gradients.values(), gradients) < gradient_bound);

                // The first layer of a network does not need its input's gradient.
                const OnDevice<float> again(gradients_before);
                back.parameter_gradients = frozen ? nullptr : again.memory.data();
                back.input_gradient = {};
                layer.backward(back, stream);
                CHECK(largest_difference(again.values(), gradients) < gradient_bound);
            }
    }
}

template <class L, class Precision = precision::Float32>
void check_layer(const std::string& name, Shape shape, int images, int around = 0) {
    check_layer(functions_of<L, Precision>(), name, shape, images, around);
}

/// Checks the table's layers (layer_table.hpp) on Cuda, some of them in slices of larger maps.
inline constexpr struct {
    template <class L>
    void operator()(const std::string& name, Shape shape, int images) const {
        check_layer<L>(name, shape, images, images == 1 ? 0 : 1);
    }
} check_layer_of;  // no lambda, because nvcc refuses one whose template parameter is not deduced

}  // namespace depix_test

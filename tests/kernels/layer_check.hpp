// Checks one layer on every backend: against finite differences (Reference in double), and Cpu against Reference.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "depix/depix.hpp"
#include "layer_table.hpp"

namespace depix_test {

using namespace depix;

/// What the check needs of a layer. The check itself is compiled once, and not again for each of the table's layers.
struct LayerFunctions {
    const LayerInfo* info;
    std::size_t (*scratch_size)(int batch, Shape, int threads);  // of Cpu
    bool winograd;
    void (*reference_forward)(const kernels::Forward<double>&);
    void (*reference_backward)(const kernels::Backward<double>&);
    void (*cpu_forward)(const kernels::Forward<float>&, cpu::Team);
    void (*cpu_backward)(const kernels::Backward<float>&, cpu::Team);
};

template <class L>
constexpr bool uses_winograd() {
    if constexpr (requires { kernels::Kernel<Cpu, L>::kernels.winograd; })
        return kernels::Kernel<Cpu, L>::kernels.winograd;
    else
        return false;
}

template <class L>
std::size_t scratch_size(int batch, Shape shape, int threads) {
    if constexpr (requires { kernels::Kernel<Cpu, L>::scratch_size(1, shape, 1); })
        return kernels::Kernel<Cpu, L>::scratch_size(batch, shape, threads);
    else
        return 0;
}

template <class L>
constexpr LayerFunctions functions_of() {
    return {
        .info = &layer_info<L>,
        .scratch_size = scratch_size<L>,
        .winograd = uses_winograd<L>(),
        .reference_forward = [](const kernels::Forward<double>& call) { kernels::Kernel<Reference, L>::forward(call); },
        .reference_backward =
            [](const kernels::Backward<double>& call) { kernels::Kernel<Reference, L>::backward(call); },
        .cpu_forward = [](const kernels::Forward<float>& call,
                          cpu::Team team) { kernels::Kernel<Cpu, L>::forward(call, team); },
        .cpu_backward = [](const kernels::Backward<float>& call,
                           cpu::Team team) { kernels::Kernel<Cpu, L>::backward(call, team); }};
}

/// Everything that one layer reads and writes, in one backend's layout.
template <class T, bool Padded>
struct Bench {
    int batch;
    Shape input_shape, output_shape;
    AlignedMemory<T> input_memory, output_memory, input_gradient_memory, output_gradient_memory, scratch;
    View<T> input, output, input_gradient, output_gradient;
    std::vector<T> parameters, statistics, new_statistics, gradients, saved;
    bool forget_parameter_gradients = false;

    Bench(const LayerFunctions& layer, int images, Shape shape, std::size_t scratch_size)
        : batch(images), input_shape(shape), output_shape(layer.info->output(shape)) {
        input = lay_out(input_memory, input_shape, layer.info->traits.halo);
        output = lay_out(output_memory, output_shape, 0);
        input_gradient = lay_out(input_gradient_memory, input_shape, 0);
        output_gradient = lay_out(output_gradient_memory, output_shape, layer.info->traits.gradient_halo);
        parameters.resize(layer.info->parameter_count);
        gradients.resize(layer.info->parameter_count);
        statistics.resize(layer.info->statistic_count);
        new_statistics.resize(statistics.size());
        saved.resize(layer.info->saved_size(batch, shape) + 1);
        scratch.reserve(scratch_size + 1);
    }

    View<T> lay_out(AlignedMemory<T>& memory, Shape shape, int halo) {
        if constexpr (Padded) {
            const cpu::MapLayout layout(shape, halo);
            memory.reserve(static_cast<std::size_t>(batch) * static_cast<std::size_t>(layout.size));
            return cpu::map_view(memory.data(), batch, shape, layout);
        } else {
            (void)halo;
            memory.reserve(static_cast<std::size_t>(batch) * shape.size());
            return {memory.data(), batch, shape};
        }
    }

    kernels::Forward<T> forward_call(bool training, Random& random) {
        kernels::Forward<T> call;
        call.input = input;
        call.output = output;
        call.parameters = parameters.data();
        call.statistics = statistics.data();
        call.scratch = scratch.data();
        if (training) {
            new_statistics = statistics;
            call.new_statistics = new_statistics.data();
            call.saved = saved.data();
            call.random = &random;
        }
        return call;
    }
    kernels::Backward<T> backward_call(bool accumulate) {
        kernels::Backward<T> call;
        call.input = input;
        call.output = output;
        call.output_gradient = output_gradient;
        call.input_gradient = input_gradient;
        call.accumulate = accumulate;
        call.parameters = parameters.data();
        call.parameter_gradients = forget_parameter_gradients ? nullptr : gradients.data();
        call.saved = saved.data();
        call.scratch = scratch.data();
        return call;
    }
};

template <class T, class U>
void copy_values(View<const T> from, View<U> to) {
    for (int n = 0; n < from.batch; ++n)
        for (int c = 0; c < from.channels; ++c)
            for (int i = 0; i < from.height; ++i)
                for (int j = 0; j < from.width; ++j) to(n, c, i, j) = static_cast<U>(from(n, c, i, j));
}

template <class T>
void fill_randomly(View<T> x, Random& random) {
    for (int n = 0; n < x.batch; ++n)
        for (int c = 0; c < x.channels; ++c)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j)
                    x(n, c, i, j) = static_cast<T>(static_cast<float>(random.uniform(-1, 1)));
}

inline double largest_difference(View<const float> a, View<const double> b) {
    double largest = 0;
    for (int n = 0; n < a.batch; ++n)
        for (int c = 0; c < a.channels; ++c)
            for (int i = 0; i < a.height; ++i)
                for (int j = 0; j < a.width; ++j) {
                    const double difference = std::fabs(static_cast<double>(a(n, c, i, j)) - b(n, c, i, j));
                    if (!(difference <= largest)) largest = difference;  // true for NaN as well
                }
    return largest;
}
inline double largest_difference(const std::vector<float>& a, const std::vector<double>& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(static_cast<double>(a[i]) - b[i]));
    return largest;
}

/// Whether the memory after every row, up to a whole vector, is still zero. Other kernels rely on that.
inline bool border_is_zero(View<const float> x) {
    for (int n = 0; n < x.batch; ++n)
        for (int c = 0; c < x.channels; ++c)
            for (int i = 0; i < x.height; ++i)
                for (int j = x.width; j < round_up(x.width, cpu::vector_width); ++j)
                    if (x.row(n, c, i)[j] != 0) return false;
    return true;
}

/// Checks one row of the table: a layer on `images` inputs of this shape.
inline void check_layer(const LayerFunctions& layer, const std::string& name, Shape shape, int images) {
    CAPTURE(name);
    CAPTURE(to_string(shape));
    CAPTURE(images);
    Random random(17);
    Bench<double, false> exact(layer, images, shape, 0);
    for (double& w : exact.parameters) w = static_cast<float>(random.uniform(-1, 1));
    for (double& s : exact.statistics) s = static_cast<float>(random.uniform(0.5, 1.5));
    fill_randomly(exact.input, random);
    fill_randomly(exact.output_gradient, random);

    // The backward pass of Reference agrees with finite differences of <output, gradient>. A step of 1e-6 in double
    // leaves a truncation error of 1e-12 and a rounding error of 1e-16 / 1e-6 = 1e-10 for each of the terms summed.
    const auto objective = [&] {
        Random same(5);
        layer.reference_forward(exact.forward_call(true, same));
        double sum = 0;
        for (int n = 0; n < images; ++n)
            for (int c = 0; c < exact.output_shape.channels; ++c)
                for (int i = 0; i < exact.output_shape.height; ++i)
                    for (int j = 0; j < exact.output_shape.width; ++j)
                        sum += exact.output(n, c, i, j) * exact.output_gradient(n, c, i, j);
        return sum;
    };
    objective();
    layer.reference_backward(exact.backward_call(false));
    const auto check_gradient = [&](double& variable, double gradient) {
        const double value = variable, step = 1e-6;
        variable = value + step;
        const double above = objective();
        variable = value - step;
        const double below = objective();
        variable = value;
        CHECK((above - below) / (2 * step) == doctest::Approx(gradient).epsilon(1e-6).scale(1));
    };
    const std::vector<double> gradients = exact.gradients;
    const std::size_t stride = exact.parameters.size() / 17 + 1;
    for (std::size_t i = 0; i < exact.parameters.size(); i += stride) check_gradient(exact.parameters[i], gradients[i]);
    for (int probe = 0; probe < 17; ++probe) {
        const int n = random.integer(0, images - 1), c = random.integer(0, shape.channels - 1);
        const int i = random.integer(0, shape.height - 1), j = random.integer(0, shape.width - 1);
        check_gradient(exact.input(n, c, i, j), exact.input_gradient(n, c, i, j));
    }

    // Cpu agrees with Reference in double. Every result is a sum of at most `terms` products of numbers within +-1 (or
    // a few roundings of such): float rounds each, so the error is about sqrt(terms) * 2^-24, and never terms * 2^-24.
    const double window = static_cast<double>(layer.info->parameter_count);
    const double plane =
        static_cast<double>(images) * static_cast<double>(layer.info->output(shape).area() + shape.area());
    const double unit = 6e-8;
    // Winograd's transforms make the errors some ten times as large. 8 was ample for the others, and 32 is for
    // Winograd.
    const double room = layer.winograd ? 32 : 8;
    const double map_bound = room * unit * (4 + std::sqrt(window));
    const double gradient_bound = room * unit * (4 + plane / 4);
    for (const int threads : {1, 3}) {
        CAPTURE(threads);
        Bench<float, true> fast(layer, images, shape, layer.scratch_size(images, shape, threads));
        fast.parameters.assign(exact.parameters.begin(), exact.parameters.end());
        fast.statistics.assign(exact.statistics.begin(), exact.statistics.end());
        copy_values<double, float>(exact.input, fast.input);
        copy_values<double, float>(exact.output_gradient, fast.output_gradient);
        for (const bool training : {false, true}) {
            CAPTURE(training);
            Random random_a(5), random_b(5);
            layer.reference_forward(exact.forward_call(training, random_a));
            const kernels::Forward<float> call = fast.forward_call(training, random_b);
            cpu::run_team(threads, [&](cpu::Team team) { layer.cpu_forward(call, team); });
            CHECK(largest_difference(fast.output, exact.output) < map_bound);
            CHECK(border_is_zero(fast.output));
            if (training) CHECK(largest_difference(fast.new_statistics, exact.new_statistics) < map_bound);
        }
        for (const bool accumulate : {false, true}) {
            CAPTURE(accumulate);
            std::fill(exact.gradients.begin(), exact.gradients.end(), 0.0);
            std::fill(fast.gradients.begin(), fast.gradients.end(), 0.f);
            layer.reference_backward(exact.backward_call(accumulate));
            const kernels::Backward<float> call = fast.backward_call(accumulate);
            cpu::run_team(threads, [&](cpu::Team team) { layer.cpu_backward(call, team); });
            CHECK(largest_difference(fast.input_gradient, exact.input_gradient) < 4 * map_bound);
            CHECK(largest_difference(fast.gradients, exact.gradients) < gradient_bound);
            CHECK(border_is_zero(fast.input_gradient));

            // A frozen layer needs no gradients of its parameters. Its input's gradient is the same.
            fast.forget_parameter_gradients = true;
            const kernels::Backward<float> frozen = fast.backward_call(false);
            cpu::run_team(threads, [&](cpu::Team team) { layer.cpu_backward(frozen, team); });
            exact.forget_parameter_gradients = true;
            layer.reference_backward(exact.backward_call(false));
            fast.forget_parameter_gradients = exact.forget_parameter_gradients = false;
            CHECK(largest_difference(fast.input_gradient, exact.input_gradient) < 4 * map_bound);
        }
    }
}

/// Checks the table's layers (layer_table.hpp) on Reference and Cpu.
inline constexpr auto check_layer_of = []<class L>(const std::string& name, Shape shape, int images) {
    check_layer(functions_of<L>(), name, shape, images);
};

}  // namespace depix_test

// The example 08_photographs: its blur, and what its tasks give a network and measure.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "../../examples/08_photographs/tasks.hpp"
#include "depix/inference.hpp"
#include "depix/models/enlarger.hpp"
#include "depix/restore/restore.hpp"

using namespace depix;

namespace {

Image waves(Shape shape) {
    Image image(shape);
    for (int c = 0; c < shape.channels; ++c)
        for (int y = 0; y < shape.height; ++y)
            for (int x = 0; x < shape.width; ++x)
                image(c, y, x) = static_cast<float>(0.5 + 0.3 * std::sin(0.3 * x + c) * std::cos(0.2 * y));
    return quantized(image);
}

double sum_of(const example::BlurKernel& kernel) {
    double sum = 0;
    for (const double weight : kernel.weights) sum += weight;
    return sum;
}

/// The standard deviation of a kernel along its rows.
double spread(const example::BlurKernel& kernel) {
    const int side = 2 * kernel.radius + 1;
    double squares = 0;
    for (int i = 0; i < side * side; ++i)
        squares += kernel.weights[static_cast<std::size_t>(i)] * std::pow(i % side - kernel.radius, 2);
    return std::sqrt(squares);
}

}  // namespace

TEST_CASE("a blur keeps the brightness, and is as wide as it says") {
    for (const double sigma : {0.7, 1.0, 2.0}) {
        const example::BlurKernel kernel = example::gaussian_kernel(sigma);
        CHECK(sum_of(kernel) == doctest::Approx(1));
        CHECK(spread(kernel) == doctest::Approx(sigma).epsilon(0.03));  // cut off at 3 sigma
    }
    for (const double length : {3.0, 5.0}) {
        CHECK(sum_of(example::motion_kernel(length, 0.7)) == doctest::Approx(1));
        // A line of this length, of which each point is shared by two columns: their variances add up.
        const double expected = std::sqrt(length * length / 12 + 1 / 6.0);
        CHECK(spread(example::motion_kernel(length, 0)) == doctest::Approx(expected).epsilon(0.05));
        CHECK(spread(example::motion_kernel(length, std::acos(0.0))) < 0.01);
    }
    const Image flat({3, 20, 30}, 0.4f);
    for (const float value : example::blurred(flat, example::motion_kernel(5, 1)).pixels)
        CHECK(value == doctest::Approx(0.4));
}

TEST_CASE("every task draws an input for its network, and a perfect result scores more than the input") {
    for (const std::string& name : example::task_names) {
        if (name == "inpaint") continue;  // needs a font
        CAPTURE(name);
        const example::Task task = example::task_called(name);
        CHECK(task.name == name);
        const Image clean = example::fitting(task, waves({3, 50, 67}));
        CHECK(clean.shape.height % task.scale == 0);
        for (const example::NamedDamage& damage : task.test_damages) {
            CAPTURE(damage.name);
            Random random(1), again(1);
            const Image input = damage.degrade(clean, false, random);
            CHECK(input == damage.degrade(clean, false, again));
            CHECK(input.shape == Shape{3, clean.shape.height / task.scale, clean.shape.width / task.scale});
            const Image picture = example::picture_of(task, input);
            CHECK(picture.shape == clean.shape);
            CHECK(example::score(task, clean, clean, {}) == doctest::Approx(70));
            if (damage.name != "clean") CHECK(example::score(task, picture, clean, {}) < 60);
        }
        Random random(2);
        CHECK(task.training_damage(clean, false, random).shape.height == clean.shape.height / task.scale);
    }
}

TEST_CASE("an enlarger whose last convolution is zero is bicubic interpolation") {
    Model<Enlarger<2, 4, 1>> model(7);
    for (auto& tensor : model.tensors())
        if (tensor.name.starts_with("tail")) std::fill(tensor.values.begin(), tensor.values.end(), 0.0f);
    const Image small = waves({3, 9, 14});
    const Image large = restore(Inference<Enlarger<2, 4, 1>, Reference>{model}, small);
    CHECK(large.shape == Shape{3, 18, 28});
    // Keys' kernel with a = -3/4 here and -1/2 there.
    CHECK(root_mean_squared_error(large, resize(small, 18, 28)) < 0.01);
}

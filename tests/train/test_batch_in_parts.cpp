// A batch whose maps exceed a cache runs forward and backward a few pictures at a time, with the same result.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "depix/depix.hpp"

using namespace depix;

namespace {

using Network = Sequential<Conv<1, 16>, ReLU, Conv<16, 1>>;
constexpr Shape shape{1, 300, 300};  // 90,000 pixels in 18 channels: 1.6 million floats a picture

Tensor<float> draw(int batch, Random& random) {
    Tensor<float> images(batch, shape);
    for (float& pixel : images.data) pixel = static_cast<float>(random.uniform());
    return images;
}

}  // namespace

TEST_CASE("as many pictures at once as leave their maps in a cache, and divide the batch") {
    CHECK(detail::images_at_once<Network>(1, shape) == 1);
    CHECK(detail::images_at_once<Network>(4, shape) == 2);
    CHECK(detail::images_at_once<Network>(6, shape) == 2);
    CHECK(detail::images_at_once<Network>(7, shape) == 1);
    CHECK(detail::images_at_once<Network>(7, {1, 32, 32}) == 7);
    CHECK(detail::images_at_once<Network>(4, {1, 3000, 3000}) == 1);
    // Batch norm needs all pictures of a batch at once.
    CHECK(detail::images_at_once<Sequential<Conv<1, 16>, BatchNorm<16>, Conv<16, 1>>>(4, shape) == 4);
}

TEST_CASE("a batch in parts has the gradient of the batch") {
    Random random(3);
    const Tensor<float> input = draw(4, random), target = draw(4, random);
    Model<Network> model(5);
    Trainer whole{model, MeanSquaredError{}, Adam{}, Cpu{}, 2};
    Trainer alone{model, MeanSquaredError{}, Adam{}, Cpu{}, 2};
    double loss = 0;
    std::vector<double> gradients(model.parameters().size());
    for (int n = 0; n < 4; ++n) {
        loss += alone.gradient(input.view().images(n, 1), target.view().images(n, 1)) / 4;
        for (std::size_t i = 0; i < gradients.size(); ++i)
            gradients[i] += static_cast<double>(alone.gradients()[i]) / 4;
    }
    CHECK(whole.gradient(input, target) == doctest::Approx(loss).epsilon(1e-6));
    double worst = 0, largest = 0;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        worst = std::max(worst, std::abs(static_cast<double>(whole.gradients()[i]) - gradients[i]));
        largest = std::max(largest, std::abs(gradients[i]));
    }
    CHECK(worst < 1e-5 * largest);  // float sums of 90,000 pixels, in another order
    // It uses the memory of two pictures.
    const std::size_t of_one = alone.workspace_bytes();
    CHECK(whole.workspace_bytes() < 2 * of_one + (1 << 16));
}

TEST_CASE("memory is laid out anew, and cleared, only for another batch") {
    TrainingPass<Network> pass;
    pass.prepare(2, shape, 1, 4);
    pass.output_gradient()(0, 0, 5, 5) = 3;
    pass.prepare(2, shape, 1);  // what the ranks of a Distributed trainer ask for in turn
    CHECK(pass.output_gradient()(0, 0, 5, 5) == 3);
    pass.prepare(1, shape, 1);
    CHECK(pass.output_gradient()(0, 0, 5, 5) == 0);
}

TEST_CASE("a loss that is not finite stops at the pictures it is of") {
    Random random(3);
    Tensor<float> input = draw(4, random);
    const Tensor<float> target = draw(4, random);
    input.view()(0, 0, 20, 20) = std::numeric_limits<float>::quiet_NaN();
    Model<Network> model(5);
    const std::vector<float> before(model.parameters().begin(), model.parameters().end());
    Trainer trainer{model, MeanSquaredError{}, Adam{}, Cpu{}, 2};
    CHECK_THROWS_WITH_AS(trainer.step(input, target), doctest::Contains("is number 1, Conv2d"), DivergenceError);
    trainer.enqueue(input, target);  // reports nothing until last_loss() is called
    CHECK_THROWS_AS(trainer.last_loss(), DivergenceError);
    CHECK(trainer.state().step == 0);
    CHECK(std::equal(before.begin(), before.end(), model.parameters().begin()));
}

// Losses against PyTorch 1.13, in double and float, and against finite differences; losses of whole pictures in
// training.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "depix/depix.hpp"
#include "depix/metrics/fidelity.hpp"

using namespace depix;

namespace {

const SafetensorsFile& golden() {
    static const SafetensorsFile file =
        SafetensorsFile::read(std::string(DEPIX_SOURCE_DIR) + "/tests/golden/losses.safetensors");
    return file;
}

template <class T>
Tensor<T> read(const std::string& name) {
    Tensor<T> tensor(2, {3, 14, 17});
    const auto values = golden().values<double>(name);
    for (std::size_t i = 0; i < values.size(); ++i) tensor.data[i] = static_cast<T>(values[i]);
    return tensor;
}

template <class T>
Tensor<T> noise(int batch, Shape shape, std::uint64_t seed) {
    Tensor<T> tensor(batch, shape);
    Random random(seed);
    for (T& value : tensor.data) value = static_cast<T>(random.uniform());
    return tensor;
}

/// Compares with PyTorch's loss and gradient. The tolerance is relative to the largest derivative.
template <class T, class Loss>
void compare(const std::string& name, Loss loss, double tolerance) {
    CAPTURE(name);
    const auto y = read<T>("input"), t = read<T>("target");
    const double expected = golden().template values<double>(name + ".loss")[0];
    Tensor<T> gradient(2, {3, 14, 17}, T(7));  // to which 3 times the gradient is added
    CHECK(add_loss(loss, y.view(), t.view(), gradient.view(), 3) == doctest::Approx(expected).epsilon(tolerance));
    CHECK(add_loss(loss, y.view(), t.view(), View<T>{}, 3) == doctest::Approx(expected).epsilon(tolerance));
    const auto derivatives = golden().template values<double>(name + ".gradient");
    double largest = 0, worst = 0;
    for (std::size_t i = 0; i < derivatives.size(); ++i) {
        largest = std::max(largest, std::fabs(derivatives[i]));
        worst = std::max(worst, std::fabs((static_cast<double>(gradient.data[i]) - 7) / 3 - derivatives[i]));
    }
    CHECK(worst < tolerance * largest);
}

SumOfLosses<SSIM, MeanAbsoluteError> mixed() {
    return SumOfLosses{Weighted{SSIM{}, 0.84}, Weighted{MeanAbsoluteError{}, 0.16}};
}

}  // namespace

TEST_CASE("losses and their gradients are PyTorch's") {
    const auto check = [](const std::string& name, auto loss) {
        compare<double>(name, loss, 1e-11);
        // 7 + 3 g has float's rounding of 7, and g is as small as 1e-3.
        compare<float>(name, loss, 1e-3);
    };
    check("charbonnier", Charbonnier{});
    check("charbonnier_wide", Charbonnier{.epsilon = 0.1});
    check("ssim", SSIM{});
    check("ssim_range", SSIM{.data_range = 2.5});
    check("mixed", mixed());
}

TEST_CASE("gradients agree with finite differences") {
    auto y = noise<double>(2, {2, 12, 13}, 1);
    const auto t = noise<double>(2, {2, 12, 13}, 2);
    const auto check = [&](auto loss) {
        Tensor<double> gradient(2, {2, 12, 13});
        add_loss(loss, std::as_const(y).view(), t.view(), gradient.view(), 1);
        const auto value = [&] { return add_loss(loss, std::as_const(y).view(), t.view(), View<double>{}, 1); };
        for (std::size_t i = 0; i < y.data.size(); i += 7) {
            CAPTURE(i);
            const double kept = y.data[i], step = 1e-6;
            y.data[i] = kept + step;
            const double above = value();
            y.data[i] = kept - step;
            const double below = value();
            y.data[i] = kept;
            // A loss of size 1 is rounded by 1e-16, so a difference over 2e-6 by about 1e-10.
            CHECK((above - below) / (2 * step) == doctest::Approx(gradient.data[i]).epsilon(1e-5).scale(1e-3));
        }
    };
    check(Charbonnier{.epsilon = 0.01});
    check(Scaled<Charbonnier, std::ratio<1, 2>>{.loss = {.epsilon = 0.01}});
    check(SSIM{});
    check(SSIM{.data_range = 0.5});
    check(mixed());
}

TEST_CASE("SSIM is 1 minus the metric, and 0 for equal pictures") {
    const auto y = noise<float>(2, {3, 20, 31}, 3), t = noise<float>(2, {3, 20, 31}, 4);
    SSIM loss;
    CHECK(add_loss(loss, y.view(), t.view(), View<float>{}, 1) ==
          doctest::Approx(1 - structural_similarity(y, t)).epsilon(1e-12));
    CHECK(add_loss(loss, y.view(), y.view(), View<float>{}, 1) == doctest::Approx(0).epsilon(1e-12));
}

TEST_CASE("bad settings and sizes are errors") {
    using Network = Sequential<Conv<1, 1, 1>>;
    Model<Network> model;
    CHECK_THROWS_WITH_AS((Trainer{model, Charbonnier{.epsilon = 0}, Adam{}}),
                         "depix: Charbonnier's epsilon is 0.000000; it must be positive", Error);
    CHECK_THROWS_WITH_AS((Trainer{model, SSIM{.data_range = -1}, Adam{}}),
                         "depix: SSIM's data range is -1.000000; it must be positive", Error);
    CHECK_THROWS_AS((SumOfLosses{Weighted{Charbonnier{.epsilon = -1}, 1.0}}), Error);
    CHECK_THROWS_WITH_AS((SumOfLosses{Weighted{SSIM{}, std::numeric_limits<double>::infinity()}}),
                         doctest::Contains("the weight of a loss in a sum is inf"), Error);
    Trainer trainer{model, SSIM{}, Adam{}};
    const Tensor<float> small(1, {1, 10, 30});
    CHECK_THROWS_WITH_AS(trainer.step(small, small), "depix: SSIM of pictures of 1x10x30: its window is 11x11",
                         ShapeError);
}

TEST_CASE("a trainer takes losses of whole pictures") {
    using Network = Sequential<Conv<1, 4>, PReLU<>, Conv<4, 1>>;
    const auto x = noise<float>(4, {1, 16, 19}, 5), t = noise<float>(4, {1, 16, 19}, 6);
    Model<Network> model(3);
    Model<Network, double> exact_model(model);
    Tensor<double> exact_x(4, x.shape), exact_t(4, t.shape);
    std::copy(x.data.begin(), x.data.end(), exact_x.data.begin());
    std::copy(t.data.begin(), t.data.end(), exact_t.data.begin());

    Trainer trainer{model, mixed(), SGD{}, Cpu{}, 2};
    Trainer exact{exact_model, mixed(), SGD{}, Reference{}};
    const double loss = exact.gradient(exact_x, exact_t);
    CHECK(trainer.gradient(x, t) == doctest::Approx(loss).epsilon(1e-5));
    double largest = 0, worst = 0;
    for (std::size_t i = 0; i < exact.gradients().size(); ++i) {
        const double kept = exact_model.parameters()[i], step = 1e-6;
        const double derivative = exact.gradients()[i];
        largest = std::max(largest, std::fabs(derivative));
        worst = std::max(worst, std::fabs(derivative - static_cast<double>(trainer.gradients()[i])));
        const auto at = [&](double value) {
            Model<Network, double> moved = exact_model;
            moved.parameters()[i] = value;
            return Trainer{moved, mixed(), SGD{}, Reference{}}.gradient(exact_x, exact_t);
        };
        CHECK((at(kept + step) - at(kept - step)) / (2 * step) ==
              doctest::Approx(derivative).epsilon(1e-4).scale(1e-2));
    }
    CHECK(worst < 1e-4 * largest);  // float sums of a thousand pixels

    // The mean over a data set is the same loss.
    struct Loader {
        const Tensor<float>&x, &t;
        std::size_t steps() const { return 2; }
        std::vector<std::pair<View<const float>, View<const float>>> epoch(std::uint64_t, std::size_t) const {
            return {{x.view().images(0, 1), t.view().images(0, 1)}, {x.view().images(1, 3), t.view().images(1, 3)}};
        }
    };
    CHECK(mean_loss(Inference{model}, trainer.loss(), Loader{x, t}) == doctest::Approx(loss).epsilon(1e-5));
    CHECK(trainer.step(x, t) == doctest::Approx(loss).epsilon(1e-5));
    CHECK(fit(trainer, Loader{x, t}, Loader{x, t}, {.epochs = 3}).best_loss < loss);

    Tensor<float> bad = t;
    bad.data[100] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> before(model.parameters().begin(), model.parameters().end());
    CHECK_THROWS_AS(trainer.step(x, bad), DivergenceError);
    CHECK(std::equal(before.begin(), before.end(), model.parameters().begin()));
}

TEST_CASE("a batch in parts has the same loss of whole pictures") {
    using Network = Sequential<Conv<1, 16>, ReLU, Conv<16, 1>>;
    const auto x = noise<float>(4, {1, 300, 300}, 7), t = noise<float>(4, {1, 300, 300}, 8);
    REQUIRE(detail::images_at_once<Network>(4, x.shape) == 2);
    Model<Network> model(5);
    Trainer trainer{model, SSIM{}, SGD{}, Cpu{}, 2};
    SSIM whole;
    const Tensor<float> y = Inference{model}(x);
    const double expected = add_loss(whole, y.view(), t.view(), View<float>{}, 1);
    CHECK(trainer.gradient(x, t) == doctest::Approx(expected).epsilon(1e-5));
    std::vector<double> sum(trainer.gradients().size());
    std::vector<float> gradients(trainer.gradients().begin(), trainer.gradients().end());
    for (int n = 0; n < 4; ++n) {
        trainer.gradient(x.view().images(n, 1), t.view().images(n, 1));
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(trainer.gradients()[i]) / 4;
    }
    for (std::size_t i = 0; i < sum.size(); ++i)
        CHECK(static_cast<double>(gradients[i]) == doctest::Approx(sum[i]).epsilon(1e-3).scale(1e-2));
}

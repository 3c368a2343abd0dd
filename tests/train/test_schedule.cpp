// Schedules: where the learning rate starts, peaks and ends.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "depix/train/schedule.hpp"

using namespace depix;

TEST_CASE("warm-up and cosine") {
    const WarmUpCosine schedule{.learning_rate = 0.01, .steps = 1000, .warm_up_steps = 100};
    const auto approximately = [](double value) { return doctest::Approx(value).epsilon(1e-12); };
    const double early = 0.5 * (1 + std::cos(std::numbers::pi * 0.049));
    CHECK(schedule(0) == approximately(0.01 / 100));
    CHECK(schedule(49) == approximately(0.01 * 0.5 * early));
    CHECK(schedule(500) == approximately(0.01 / 2));  // half-way along the cosine
    CHECK(schedule(1000) == approximately(0));
    for (int step = 100; step < 1000; ++step) CHECK(schedule(step) < schedule(step - 1));
}

TEST_CASE("linear decay stays, then falls to nothing") {
    const LinearDecay schedule{.learning_rate = 2e-4, .steps = 200, .from = 100};
    CHECK(schedule(0) == 2e-4);
    CHECK(schedule(100) == 2e-4);
    CHECK(schedule(150) == doctest::Approx(1e-4).epsilon(1e-12));
    CHECK(schedule(200) == 0);
    CHECK(LinearDecay{.learning_rate = 1, .steps = 5, .from = 5}(5) == 0);
}

TEST_CASE("one drop") {
    const StepDecay schedule{.learning_rate = 1e-4, .at = 10};
    CHECK(schedule(9) == 1e-4);
    CHECK(schedule(10) == doctest::Approx(1e-5).epsilon(1e-12));
}

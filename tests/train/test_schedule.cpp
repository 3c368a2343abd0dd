// Schedules: where the learning rate starts, peaks and ends.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

#include "depix/train/schedule.hpp"

using namespace depix;

namespace {

/// Against PyTorch 1.13's rates, one for each step from 0 on.
template <class Schedule, std::size_t Steps>
void compare(const Schedule& schedule, const std::array<double, Steps>& expected) {
    for (std::size_t step = 0; step < Steps; ++step) {
        CAPTURE(step);
        CHECK(schedule(static_cast<std::int64_t>(step)) == doctest::Approx(expected[step]).epsilon(1e-13).scale(0.1));
    }
}

}  // namespace

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

// PyTorch: schedule = torch.optim.lr_scheduler.X(optimizer, ...); print(lr); optimizer.step(); schedule.step()

TEST_CASE("cosine with warm restarts is PyTorch's") {
    compare(CosineWarmRestarts{.learning_rate = 0.1, .period = 4, .factor = 2, .minimum = 0.01},
            std::array{0.1, 0.08681980515339464, 0.05500000000000001, 0.023180194846605363, 0.1, 0.0965745789630079,
                       0.08681980515339464, 0.07222075445642905, 0.05500000000000001, 0.03777924554357097,
                       0.023180194846605363, 0.013425421036992097, 0.1, 0.09913533761814537, 0.0965745789630079,
                       0.09241613255361454});
    compare(CosineWarmRestarts{.learning_rate = 0.1, .period = 3},
            std::array{0.1, 0.075, 0.025, 0.1, 0.075, 0.025, 0.1, 0.075});
    // Periods that grow beyond what a number holds end nowhere.
    CHECK(CosineWarmRestarts{.learning_rate = 1, .period = 2, .factor = std::int64_t{1} << 62}(10) ==
          doctest::Approx(1));
    CHECK_THROWS_WITH_AS(CosineWarmRestarts{}(0), doctest::Contains("a first period of 0 steps"), Error);
    CHECK_THROWS_WITH_AS((CosineWarmRestarts{.period = 5, .factor = 0}(0)), doctest::Contains("a factor of 0"), Error);
}

TEST_CASE("one cycle is PyTorch's") {
    const OneCycle schedule{.learning_rate = 0.1, .steps = 10};
    compare(schedule, std::array{0.004, 0.052, 0.1, 0.09504846320134738, 0.0811745653949763, 0.06112620219362893,
                                 0.03887419780637107, 0.0188258346050237, 0.004951936798652629, 4e-07});
    CHECK(schedule(9) == doctest::Approx(4e-7));
    CHECK(schedule(1000) == schedule(9));
    compare(OneCycle{.learning_rate = 0.1, .steps = 12, .rise = 0.45, .initial_divisor = 10, .final_divisor = 100},
            std::array{0.01, 0.02099126915405837, 0.04859583227770216, 0.07932883678550187, 0.09817718381265238,
                       0.09797667403204416, 0.08620051520334826, 0.06638704476770523, 0.04294137382824942,
                       0.021076157366918657, 0.005652669339686578, 0.0001});
    CHECK_THROWS_WITH_AS(OneCycle{}(0), doctest::Contains("at least 2 steps, not 0"), Error);
    CHECK_THROWS_WITH_AS((OneCycle{.steps = 9, .rise = 1.5}(0)), doctest::Contains("not in 1.5"), Error);
    CHECK_THROWS_WITH_AS((OneCycle{.steps = 9, .initial_divisor = 0}(0)), doctest::Contains("must be positive"), Error);
    CHECK_THROWS_AS((OneCycle{.steps = 9, .final_divisor = -1}(0)), Error);
}

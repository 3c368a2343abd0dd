// Optimizers against PyTorch 1.13: five steps on three weights, in float64.
#include "depix/train/optimizer.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <span>
#include <string>
#include <vector>

using namespace depix;

namespace {

using Three = std::array<double, 3>;

constexpr Three start{0.5, -1.25, 2.0};
constexpr std::array<Three, 5> gradients{
    {{0.1, -0.3, 0.02}, {0.25, 0.4, -0.01}, {-0.5, 0.1, 0.0}, {0.05, -0.2, 3.0}, {1.5, 0.0, -0.7}}};

/// The tolerance is relative. It allows a few roundings for each of the five steps.
template <class T, class Optimizer>
OptimizerState<T> compare(const Optimizer& optimizer, const std::array<Three, 5>& expected, double tolerance) {
    std::vector<T> weights(start.begin(), start.end());
    OptimizerState<T> state = optimizer.template start<T>(weights.size());
    for (std::size_t step = 0; step < gradients.size(); ++step) {
        const std::vector<T> gradient(gradients[step].begin(), gradients[step].end());
        optimizer.template step<T>(weights, gradient, state);
        for (std::size_t i = 0; i < weights.size(); ++i) {
            CAPTURE(step);
            CAPTURE(i);
            CHECK(static_cast<double>(weights[i]) == doctest::Approx(expected[step][i]).epsilon(tolerance).scale(0));
        }
    }
    CHECK(state.step == 5);
    return state;
}

constexpr double double_rounding = 1e-14, float_rounding = 1e-6;

}  // namespace

// PyTorch: optimizer = torch.optim.X([w], ...); for g in gradients: w.grad = g; optimizer.step(); print(w)

TEST_CASE("Adam with its defaults") {
    constexpr std::array<Three, 5> expected{{{0.49900000010000001, -1.2490000000333332, 1.9990000004999997},
                                             {0.49806029271380725, -1.2491935104369969, 1.9987336636288109},
                                             {0.49827854889891859, -1.2494655495001172, 1.9985277844847629},
                                             {0.4984056411652561, -1.2494605578549691, 1.9979454170205855},
                                             {0.49793379029592333, -1.249456338776604, 1.9975900785183387}}};
    const auto state = compare<double>(Adam{}, expected, double_rounding);
    compare<float>(Adam{}, expected, float_rounding);

    CHECK(state.arrays[0].first == "m");
    CHECK(state.arrays[0].second[2] == doctest::Approx(0.20058319999999993).epsilon(1e-14));
    CHECK(state.arrays[1].first == "v");
    CHECK(state.arrays[1].second[2] == doctest::Approx(0.00948149810269831).epsilon(1e-13));
}

TEST_CASE("Adam with other settings") {
    // A large epsilon shows whether it is added inside or outside the root.
    constexpr std::array<Three, 5> expected{{{0.40099009900990096, -1.1503322259136213, 1.9047619047619047},
                                             {0.30043993954167691, -1.1966271092974967, 1.9047619047619047},
                                             {0.35672027710175597, -1.241877649452376, 1.9047619047619047},
                                             {0.37965941698612993, -1.223858858264637, 1.8131816667233929},
                                             {0.29282011518334267, -1.2134644107282699, 1.7859003699548857}}};
    const Adam adam{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.8, .epsilon = 1e-3};
    compare<double>(adam, expected, double_rounding);
    compare<float>(adam, expected, float_rounding);
}

TEST_CASE("AdamW with its defaults") {
    constexpr std::array<Three, 5> expected{{{0.49899500010000003, -1.2489875000333333, 1.9989800004999998},
                                             {0.4980503027638063, -1.2491685205619967, 1.9986936738288061},
                                             {0.49826357844589003, -1.2494280679399115, 1.99846780774802},
                                             {0.4983856880764431, -1.249410582014084, 1.9978654556057653},
                                             {0.4979088533502296, -1.2493938688298987, 1.9974901384489625}}};
    const auto state = compare<double>(AdamW{}, expected, double_rounding);
    compare<float>(AdamW{}, expected, float_rounding);
    CHECK(state.arrays[0].first == "m");
    CHECK(state.arrays[1].first == "v");
}

TEST_CASE("AdamW with other settings") {
    constexpr std::array<Three, 5> expected{{{0.38599009900990094, -1.1128322259136212, 1.8447619047619046},
                                             {0.2738602365713799, -1.125742142520088, 1.7894190476190475},
                                             {0.32192476703431755, -1.1372204183993646, 1.7357364761904759},
                                             {0.33520616390766195, -1.0850850146596447, 1.5920841438662499},
                                             {0.23831067718764481, -1.0421380166834882, 1.517040322781755}}};
    const AdamW adamw{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.8, .epsilon = 1e-3, .weight_decay = 0.3};
    compare<double>(adamw, expected, double_rounding);
    compare<float>(adamw, expected, float_rounding);
}

TEST_CASE("AdamW refuses a weight decay that is negative or no number") {
    CHECK_THROWS_WITH_AS(AdamW{.weight_decay = -0.1}.start<float>(3),
                         "depix: AdamW's weight decay is -0.100000; it must be at least 0", Error);
    CHECK_THROWS_AS(AdamW{.weight_decay = std::numeric_limits<double>::quiet_NaN()}.start<float>(3), Error);
}

TEST_CASE("SGD") {
    constexpr std::array<Three, 5> expected{{{0.49, -1.22, 1.998},
                                             {0.465, -1.26, 1.999},
                                             {0.515, -1.27, 1.999},
                                             {0.51, -1.25, 1.699},
                                             {0.36, -1.25, 1.769}}};
    compare<double>(SGD{.learning_rate = 0.1}, expected, double_rounding);
    compare<float>(SGD{.learning_rate = 0.1}, expected, float_rounding);
}

TEST_CASE("SGD with momentum") {
    constexpr std::array<Three, 5> expected{{{0.49, -1.22, 1.998},
                                             {0.456, -1.233, 1.9972},
                                             {0.4754, -1.2547, 1.99648},
                                             {0.48786, -1.25423, 1.695832},
                                             {0.349074, -1.253807, 1.4952488}}};
    const SGD sgd{.learning_rate = 0.1, .momentum = 0.9};
    const auto state = compare<double>(sgd, expected, double_rounding);
    compare<float>(sgd, expected, float_rounding);
    CHECK(state.arrays[0].first == "momentum");
    CHECK(state.arrays[0].second[0] == doctest::Approx(1.38786).epsilon(1e-14));
}

TEST_CASE("settings are visited by name") {
    std::string names;
    Adam adam;
    Adam::visit_settings(adam, [&](const char* name, double& value) {
        names += std::string(name) + " ";
        value *= 2;
    });
    CHECK(names == "learning_rate beta1 beta2 epsilon ");
    CHECK(adam.learning_rate == 2e-3);
    CHECK(adam.epsilon == 2e-8);

    names.clear();
    const AdamW adamw;
    AdamW::visit_settings(adamw, [&](const char* name, double) { names += std::string(name) + " "; });
    CHECK(names == "learning_rate beta1 beta2 epsilon weight_decay ");
}

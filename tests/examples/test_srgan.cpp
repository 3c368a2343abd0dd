// What examples/04_srgan does with its flags, and what examples/device.hpp does with --device.
#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <type_traits>

#include "../../examples/04_srgan/checks.hpp"
#include "../../examples/04_srgan/recipes.hpp"
#include "../../examples/device.hpp"
#include "../io/error_message.hpp"

using namespace example;

TEST_CASE("--device chooses a backend, and says why it cannot") {
    const auto name = []<class Backend> { return std::is_same_v<Backend, depix::Cpu> ? "Cpu" : "Cuda"; };
    CHECK(on_device("cpu", name) == std::string("Cpu"));
    CHECK(message([&] { on_device("tpu", name); }) == "--device tpu: the devices are cpu and cuda");
    CHECK(message([&] { on_device("", name); }) == "--device : the devices are cpu and cuda");
    static_assert(!has_cuda);  // the tests are compiled without
    const std::string text = message([&] { on_device("cuda", name); });
    CHECK(contains(text, "--device cuda: this program was built without CUDA"));
    CHECK(contains(text, "-DDEPIX_CUDA=ON"));
}

TEST_CASE("the sides of the large pictures") {
    CHECK(check_size(96, 0, 0, 4, "") == std::pair{96, 96});
    CHECK(check_size(96, 64, 0, 4, "") == std::pair{64, 96});
    CHECK(check_size(96, 64, 128, 16, "") == std::pair{64, 128});
    const auto text = [](int side, int height, int width) {
        return message([=] { check_size(side, height, width, 4, "of the scale"); });
    };
    CHECK(text(98, 0, 0) == "--high 98: the large pictures' sides are above 0 and divide by 4, because of the scale");
    CHECK(contains(text(96, 30, 0), "--hr-height 30: "));
    CHECK(contains(text(96, 0, 2), "--hr-width 2: "));
    CHECK(contains(text(96, -4, 0), "--hr-height -4: "));
    CHECK(contains(text(0, 0, 0), "--high 0: "));
    CHECK(contains(text(0, 96, 0), "--high 0: "));  // the width
}

TEST_CASE("Adam's betas, and numbers that count") {
    check_betas(0, 0.999);
    CHECK(message([] { check_betas(1, 0.9); }) == "--beta1 1: Adam's betas are at least 0 and below 1");
    CHECK(contains(message([] { check_betas(0.5, -0.1); }), "--beta2 -0.1: "));
    CHECK(contains(message([] { check_betas(0.5, std::numeric_limits<double>::quiet_NaN()); }), "--beta2 nan: "));
    check_counts({{"--epochs", 1}, {"--batch", 2}}, 1);
    CHECK(message([] { check_counts({{"--epochs", 1}, {"--batch", 0}}, 1); }) == "--batch 0: it is at least 1");
}

TEST_CASE("a choice is a type, or is refused") {
    const auto parameters = [](Architecture network, Width width, int channels) {
        return with_generator({network, width, channels}, []<class G> { return G::parameter_count; });
    };
    CHECK(parameters(Architecture::SRResNet, Width::Published, 3) == PublishedSRResNet::parameter_count);
    CHECK(parameters(Architecture::RRDB, Width::Published, 3) == 38549123);
    CHECK(parameters(Architecture::RRDBNet, Width::Published, 3) == 16697987);
    CHECK(parameters(Architecture::RRDB, Width::Small, 3) == SmallRRDB<3>::parameter_count);
    CHECK(parameters(Architecture::RRDBNet, Width::Small, 1) == SmallRRDBNet<1>::parameter_count);
    CHECK(parameters(Architecture::SRResNet, Width::Small, 1) == SmallSRResNet<1>::parameter_count);
    CHECK(contains(message([&] { parameters(Architecture::RRDB, Width::Published, 1); }), "--channels 1: "));
    CHECK(contains(message([&] { parameters(Architecture::RRDB, Width::Small, 2); }), "--channels 2: "));
    CHECK(contains(message([&] { parameters(Architecture::RRDB, Width::Foreign, 3); }), "--width foreign"));

    CHECK(to_string(Choice{}) == "srresnet_published");
    CHECK(to_string(Choice{Architecture::RRDBNet, Width::Small, 1}) == "rrdbnet_small_grey");
    static_assert(output_range<PublishedRRDBNet>.black == 0 && output_range<SmallRRDBNet<1>>.black == 0);
    static_assert(output_range<PublishedRRDB>.black == -1 && output_range<PublishedSRResNet>.black == -1);
}

TEST_CASE("a recipe trains some of the networks") {
    const auto channels = [](Recipe recipe, Architecture network) {
        return with_recipe(recipe, network, []<class R, class G> { return G::in_channels; });
    };
    for (const Architecture network : {Architecture::SRResNet, Architecture::RRDB, Architecture::RRDBNet})
        CHECK(channels(Recipe::Small, network) == 3);
    CHECK(channels(Recipe::DeepDepixelate, Architecture::RRDB) == 3);
    for (const auto& [recipe, network] :
         {std::pair{Recipe::SRGAN, Architecture::RRDB}, std::pair{Recipe::DeepDepixelate, Architecture::RRDBNet}})
        CHECK(contains(message([&] { channels(recipe, network); }), "--recipe srgan trains --network srresnet"));
}

TEST_CASE("DeepDepixelate's numbers are those of its program; its learning rate is constant") {
    using Original = DeepDepixelateRecipe;
    CHECK_FALSE(Original::schedule(2e-4, 1000));  // no schedule: the optimizers keep their rates
    static_assert(Original::adam.learning_rate == 2e-4 && Original::adam.beta1 == 0.5 && Original::adam.beta2 == 0.999);
    static_assert(Original::batch_size == 4 && Original::epochs == 200 && Original::high == 256);
    static_assert(Original::adversarial_weight == 1e-3 && Original::discriminator_rate == 1);
    CHECK(SrganRecipe::schedule(1e-4, 1000)(999) == doctest::Approx(1e-5));
}

// What examples/03_de_gan does with its flags and with folders of pages.
#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "../../examples/03_de_gan/page_folder.hpp"
#include "../../examples/03_de_gan/recipes.hpp"
#include "../io/error_message.hpp"
#include "../io/temporary_folder.hpp"

using namespace example;
namespace fs = std::filesystem;

TEST_CASE("the recipes are as published") {
    constexpr Settings authors = published(Recipe::Authors), pytorch = published(Recipe::PyTorch);
    static_assert(authors.epochs == 80 && authors.batch_size == 1 && authors.learning_rate == 1e-4);
    static_assert(authors.content == ContentLoss::CrossEntropy && authors.content_weight == 100);
    static_assert(pytorch.epochs == 150 && pytorch.batch_size == 16 && pytorch.learning_rate == 2e-4);
    static_assert(pytorch.beta1 == 0.5 && pytorch.beta2 == 0.999);
    static_assert(pytorch.content == ContentLoss::Squared && pytorch.content_weight == 500);
    static_assert(pytorch.adversarial == AdversarialLoss::Squared && pytorch.blur == Blur::Gaussian);
}

TEST_CASE("flags change a recipe") {
    const Settings s = settings_of(Recipe::PyTorch, {.epochs = 3,
                                                     .beta1 = 0.9,
                                                     .content = ContentLoss::Absolute,
                                                     .content_weight = 20,
                                                     .adversarial = AdversarialLoss::CrossEntropy});
    CHECK(s.epochs == 3);
    CHECK(s.batch_size == 16);
    CHECK(s.beta1 == 0.9);
    CHECK(s.content == ContentLoss::Absolute);
    CHECK(s.content_weight == 20);
    CHECK(s.adversarial == AdversarialLoss::CrossEntropy);
}

TEST_CASE("a wrong value is refused, with the flag and the value") {
    const auto text = [](const Changes& changes, Recipe recipe = Recipe::PyTorch) {
        return message([&] { settings_of(recipe, changes); });
    };
    CHECK(text({.epochs = 0}) == "--epochs 0: there is at least 1");
    CHECK(text({.batch_size = -2}) == "--batch -2: a step has at least 1 pair");
    CHECK(contains(text({.learning_rate = 0.0}), "--learning-rate 0: "));
    CHECK(contains(text({.learning_rate = 1.5}), "--learning-rate 1.5: "));
    CHECK(text({.beta1 = 1.0}) == "--beta1 1: Adam's betas are at least 0 and below 1");
    CHECK(text({.beta2 = -0.5}) == "--beta2 -0.5: Adam's betas are at least 0 and below 1");
    CHECK(contains(text({.beta2 = std::numeric_limits<double>::quiet_NaN()}), "--beta2 nan: "));
    CHECK(contains(text({.content_weight = 0.0}), "--content-weight 0: "));
    CHECK(contains(text({.content_weight = 1e12}), "--content-weight 1e+12: "));
    CHECK(contains(text({.whole_pages = -1}), "--whole-pages -1: "));
    CHECK(contains(text({.drawn = -1}), "--drawn -1: "));
    CHECK(contains(text({.content = ContentLoss::CrossEntropy}), "--content-loss cross-entropy: "));
    settings_of(Recipe::Authors, {.content = ContentLoss::CrossEntropy});
    CHECK(no_such("l2", content_names) == "there is no \"l2\"; there are cross-entropy, mae, mse");
}

TEST_CASE("pages in the folders A and B") {
    const TemporaryFolder folder;
    const auto write = [&](const std::string& name, float value, int width = 8) {
        fs::create_directories((folder.path / name).parent_path());
        depix::write_image(folder / name, depix::Image({1, 8, width}, value));
    };
    const auto text = [&](const std::string& only = "") { return message([&] { read_pages(folder.path, only); }); };
    CHECK(contains(text(), folder.path.string()));
    write("page.png", 0.5f);
    CHECK(contains(text(), "neither NAME_source.png with NAME_target.png, nor A/ (degraded) and B/ (clean)"));
    write("A/1.png", 0.2f);
    CHECK(contains(text(), "cannot list the folder"));
    write("B/1.bmp", 1.0f);  // as the authors say: the names are equal, the extensions need not be
    write("A/60.png", 0.4f);
    write("B/60.png", 0.8f);
    const std::vector<PagePair> pages = read_pages(folder.path, "");
    REQUIRE(pages.size() == 2);
    CHECK(pages[0].name == "1");
    CHECK(pages[0].degraded.pixels[0] == doctest::Approx(0.2));
    CHECK(pages[0].clean.pixels[0] == 1);
    CHECK(pages[1].name == "60");
    CHECK(read_pages(folder.path, "6").size() == 1);
    CHECK(contains(text("7"), "whose name begins with \"7\""));
    write("B/60.png", 0.8f, 9);
    CHECK(contains(text(), "60"));
    write("A/61.png", 0);
    CHECK(contains(text(), "has no twin"));
}

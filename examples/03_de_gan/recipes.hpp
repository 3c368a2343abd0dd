// The two recipes: which networks, which losses, which numbers. Each is what its authors' own program has.
#pragma once

#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "depix/error.hpp"

namespace example {

enum class Recipe {
    Authors,  ///< github.com/dali92002/DE-GAN, in Keras, by the authors of the paper.
    PyTorch   ///< github.com/vashiegaran/DE-GAN-Implementation-Using-PyTorch: other networks, losses and numbers.
};
enum class ContentLoss { CrossEntropy, Squared, Absolute };
enum class AdversarialLoss { Squared, CrossEntropy };

/// How drawn pages are blurred.
enum class Blur {
    Varied,    ///< Defocus and motion of many strengths, with noise and compression: depix's own.
    Gaussian,  ///< A Gaussian with a standard deviation of 2 pixels and nothing else: that of the PyTorch recipe.
    Both       ///< One half of each.
};

inline const std::map<std::string, Recipe> recipe_names{{"authors", Recipe::Authors}, {"pytorch", Recipe::PyTorch}};
inline const std::map<std::string, ContentLoss> content_names{
    {"cross-entropy", ContentLoss::CrossEntropy}, {"mse", ContentLoss::Squared}, {"mae", ContentLoss::Absolute}};
inline const std::map<std::string, AdversarialLoss> adversarial_names{{"mse", AdversarialLoss::Squared},
                                                                      {"cross-entropy", AdversarialLoss::CrossEntropy}};
inline const std::map<std::string, Blur> blur_names{
    {"varied", Blur::Varied}, {"gaussian", Blur::Gaussian}, {"both", Blur::Both}};

/// What to say of a name that is none of these: "there is no "x"; there are a, b, c".
template <class Value>
std::string no_such(const std::string& name, const std::map<std::string, Value>& values) {
    std::string text = "there is no \"" + name + "\"; there are";
    for (const char* separator = " "; const auto& value : values) text += std::exchange(separator, ", ") + value.first;
    return text;
}

/// The numbers of a training run that a recipe decides.
struct Settings {
    int epochs, batch_size;
    double learning_rate, beta1, beta2;
    ContentLoss content;
    double content_weight;
    AdversarialLoss adversarial;
    int whole_pages;  ///< Drawn once, 768x1024, and cut into patches.
    int drawn;        ///< Patches that are drawn anew in every epoch.
    Blur blur;
};

/// As published, but for the pages, which are drawn. The authors have no numbers for these; 100 pages are as many as
/// the PyTorch implementation has.
constexpr Settings published(Recipe recipe) {
    if (recipe == Recipe::Authors)
        return {.epochs = 80,
                .batch_size = 1,
                .learning_rate = 1e-4,
                .beta1 = 0.9,
                .beta2 = 0.999,
                .content = ContentLoss::CrossEntropy,
                .content_weight = 100,
                .adversarial = AdversarialLoss::Squared,
                .whole_pages = 0,
                .drawn = 2000,
                .blur = Blur::Varied};
    return {.epochs = 150,
            .batch_size = 16,
            .learning_rate = 2e-4,
            .beta1 = 0.5,
            .beta2 = 0.999,
            .content = ContentLoss::Squared,
            .content_weight = 500,
            .adversarial = AdversarialLoss::Squared,
            .whole_pages = 100,
            .drawn = 0,
            .blur = Blur::Gaussian};
}

/// What the command line says instead of the recipe.
struct Changes {
    std::optional<int> epochs = {}, batch_size = {};
    std::optional<double> learning_rate = {}, beta1 = {}, beta2 = {};
    std::optional<ContentLoss> content = {};
    std::optional<double> content_weight = {};
    std::optional<AdversarialLoss> adversarial = {};
    std::optional<int> whole_pages = {}, drawn = {};
    std::optional<Blur> blur = {};
};

namespace detail {

template <class Value>
[[noreturn]] void refuse(const char* flag, const Value& value, const char* why) {
    std::ostringstream text;
    text << flag << " " << value << ": " << why;
    throw depix::Error(text.str());
}

}  // namespace detail

/// The recipe's settings with these changes. Throws depix::Error, which names the flag, for a value that makes no
/// sense.
inline Settings settings_of(Recipe recipe, const Changes& changes) {
    const Settings standard = published(recipe);
    const Settings s{.epochs = changes.epochs.value_or(standard.epochs),
                     .batch_size = changes.batch_size.value_or(standard.batch_size),
                     .learning_rate = changes.learning_rate.value_or(standard.learning_rate),
                     .beta1 = changes.beta1.value_or(standard.beta1),
                     .beta2 = changes.beta2.value_or(standard.beta2),
                     .content = changes.content.value_or(standard.content),
                     .content_weight = changes.content_weight.value_or(standard.content_weight),
                     .adversarial = changes.adversarial.value_or(standard.adversarial),
                     .whole_pages = changes.whole_pages.value_or(standard.whole_pages),
                     .drawn = changes.drawn.value_or(standard.drawn),
                     .blur = changes.blur.value_or(standard.blur)};
    using detail::refuse;
    if (s.epochs < 1) refuse("--epochs", s.epochs, "there is at least 1");
    if (s.batch_size < 1) refuse("--batch", s.batch_size, "a step has at least 1 pair");
    if (!(s.learning_rate > 0 && s.learning_rate < 1))
        refuse("--learning-rate", s.learning_rate, "Adam's learning rate is above 0 and below 1");
    if (!(s.beta1 >= 0 && s.beta1 < 1)) refuse("--beta1", s.beta1, "Adam's betas are at least 0 and below 1");
    if (!(s.beta2 >= 0 && s.beta2 < 1)) refuse("--beta2", s.beta2, "Adam's betas are at least 0 and below 1");
    if (!(s.content_weight > 0 && s.content_weight < 1e9))
        refuse("--content-weight", s.content_weight, "the weight is above 0 and below 1e9");
    if (s.whole_pages < 0) refuse("--whole-pages", s.whole_pages, "at least 0");
    if (s.drawn < 0) refuse("--drawn", s.drawn, "at least 0");
    if (recipe == Recipe::PyTorch && s.content == ContentLoss::CrossEntropy)
        throw depix::Error(
            "--content-loss cross-entropy: the generator of --recipe pytorch has no sigmoid at its end, and its values "
            "are in -1..1; it takes mse or mae");
    return s;
}

}  // namespace example

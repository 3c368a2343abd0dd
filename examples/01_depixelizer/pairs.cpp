#include "pairs.hpp"

#include <span>

#include "depix/data/sources/pair_sources.hpp"
#include "fonts.hpp"

namespace {

// The pairs of another source, in -1..1 instead of 0..1.
class Normalised {
  public:
    explicit Normalised(depix::AnyPairSource source) : source_(std::move(source)) {}

    std::size_t size() const { return source_.size(); }
    depix::Shape input_shape() const { return source_.input_shape(); }
    depix::Shape target_shape() const { return source_.target_shape(); }
    void pair(std::uint64_t epoch, std::size_t index, depix::View<float> input, depix::View<float> target) const {
        source_.pair(epoch, index, input, target);
        for (const depix::View<float>& view : {input, target})
            for (int channel = 0; channel < view.channels; ++channel)
                for (int y = 0; y < view.height; ++y)
                    for (float& value : std::span(view.row(0, channel, y), static_cast<std::size_t>(view.width)))
                        value = 2 * value - 1;
    }

  private:
    depix::AnyPairSource source_;
};

example::Pairs pairs_in_0_to_1(const example::TrainOptions& options) {
    constexpr std::size_t training_pairs = 18000, validation_pairs = 1200, test_pairs = 800;
    if (!options.dataset.empty()) {
        const depix::PairFolder folder(options.dataset, {.channels = 3});
        const depix::PairSplit split = folder.size() == training_pairs + validation_pairs + test_pairs
                                           ? folder.split(training_pairs, validation_pairs, test_pairs)
                                           : folder.split_by_fractions(0.90, 0.06);
        return {depix::PairFolderSource(split.train, depix::Keep::InMemory),
                depix::PairFolderSource(split.validation, depix::Keep::InMemory)};
    }
    const bool own = options.network == "text_restorer";
    const std::vector<std::string> usual =
        own ? example::text_restorer_fonts() : std::vector<std::string>{"Roboto-Regular.ttf"};
    depix::TextOptions recipe = own ? example::text_restorer_recipe() : depix::TextOptions{};
    recipe.resizes = example::resizes(options.resize);
    const depix::TextImages images(example::load_fonts(options.fonts.empty() ? usual : options.fonts), recipe);
    // The seeds differ, so that no validation pair is ever trained on.
    return {depix::TextPairSource(images, training_pairs, 2 * options.seed, depix::Redraw::EveryEpoch),
            depix::TextPairSource(images, validation_pairs, 2 * options.seed + 1, depix::Redraw::Never)};
}

}  // namespace

example::Pairs example::choose_pairs(const TrainOptions& options) {
    Pairs pairs = pairs_in_0_to_1(options);
    if (options.normalise) pairs = {Normalised(pairs.training), Normalised(pairs.validation)};
    return pairs;
}

std::vector<example::Example> example::test_examples(const EvaluateOptions& options) {
    std::vector<Example> examples;
    if (!options.dataset.empty()) {
        const depix::PairFolder all(options.dataset, {.channels = 3});
        const depix::PairFolder test = all.split_by_fractions(0.90, 0.06).test;
        for (std::size_t i = 0; i < test.size(); ++i) {
            depix::ImagePair pair = test.read(i);
            examples.push_back({std::move(pair.damaged), std::move(pair.clean), {}, 0, {}});
        }
        return examples;
    }
    const depix::TextImages images(load_fonts(options.fonts), {.pixels_per_em = options.pixels_per_em,
                                                               .max_pixels_per_em = options.max_pixels_per_em,
                                                               .resizes = resizes(options.resize)});
    for (std::size_t i = 0; i < options.count; ++i) {
        depix::Random random(options.seed, 0, i);
        depix::TextPair pair = images.draw(random);
        const std::string text = images.visible_text(pair);
        examples.push_back({std::move(pair.pixelated), std::move(pair.clean), {}, pair.window, text});
    }
    return examples;
}

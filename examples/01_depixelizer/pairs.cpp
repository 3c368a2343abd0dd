#include "pairs.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "depix/data/sources/pair_sources.hpp"
#include "depix/data/sources/tar_pairs.hpp"
#include "depix/data/sources/value_range.hpp"
#include "fonts.hpp"
#include "networks.hpp"

namespace {

std::vector<std::filesystem::path> find_shards(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> shards;
    std::error_code none;  // then PairFolder says what is wrong
    for (const auto& entry : std::filesystem::directory_iterator(folder, none))
        if (entry.path().extension() == ".tar") shards.push_back(entry.path());
    std::sort(shards.begin(), shards.end());
    return shards;
}

example::Pairs pairs_in_0_to_1(const example::TrainOptions& options) {
    constexpr std::size_t training_pairs = 18000, validation_pairs = 1200, test_pairs = 800;
    if (const auto shards = find_shards(options.dataset); !shards.empty()) {
        const depix::TarPairs pairs(shards, {.channels = 3});
        const std::size_t training = pairs.size() * 90 / 100, validation = pairs.size() * 6 / 100;
        return {pairs.subset(0, training), pairs.subset(training, validation)};
    }
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
    if (options.normalise) {
        constexpr depix::ValueRange range = example::value_range(true);
        pairs = {depix::PairsInRange(pairs.training, range), depix::PairsInRange(pairs.validation, range)};
    }
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

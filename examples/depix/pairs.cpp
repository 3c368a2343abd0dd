#include "pairs.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "depix/data/sources/documents.hpp"
#include "depix/data/sources/super_resolution.hpp"

namespace {

using tool::TrainOptions;

// The split is the same every time, so that a resumed run validates on the same pictures as before.
struct Sets {
    std::vector<std::size_t> training, validation;
};
Sets split(std::size_t images) {
    if (images < 2) throw depix::Error("one picture is too few to train: some are kept aside for validation");
    Sets sets;
    for (std::size_t i = 0; i < images; ++i)
        (i % 10 == 9 || (images < 10 && i + 1 == images) ? sets.validation : sets.training).push_back(i);
    return sets;
}

tool::TrainingPairs pairs_of_equal_size(const TrainOptions& options, int channels) {
    const depix::PairFolder all(options.pairs / "clean", options.pairs / "degraded",
                                {.channels = channels, .limits = {}});
    const Sets sets = split(all.size());
    depix::PageOptions cut{.shape = {channels, options.crop, options.crop},
                           .fit = depix::PageFit::Crop,
                           .crops = static_cast<std::size_t>(options.crops),
                           .seed = 2 * options.seed};
    depix::PageOptions fixed = cut;
    fixed.seed += 1;
    fixed.redraw = depix::Redraw::Never;
    return {depix::PageSource(all.select(sets.training), cut), depix::PageSource(all.select(sets.validation), fixed)};
}

tool::TrainingPairs pairs_to_enlarge(const TrainOptions& options, int scale) {
    const depix::ImageFolder all(options.pairs / "clean", {.channels = 3, .recursive = true, .limits = {}});
    const std::size_t aside = split(all.size()).validation.size();
    depix::SuperResolutionOptions cut{.scale = scale,
                                      .high = options.crop,
                                      .crops_per_image = static_cast<std::size_t>(options.crops),
                                      .seed = 2 * options.seed};
    depix::SuperResolutionOptions fixed = cut;
    fixed.seed += 1;
    fixed.redraw = depix::Redraw::Never;
    const depix::ImageFolder mixed = all.shuffled(1);
    return {depix::SuperResolutionSource(mixed.subset(aside, all.size() - aside), cut, depix::Keep::InMemory),
            depix::SuperResolutionSource(mixed.subset(0, aside), fixed, depix::Keep::InMemory)};
}

}  // namespace

tool::TrainingPairs tool::make_pairs(const TrainOptions& options, int channels, int scale) {
    return scale == 1 ? pairs_of_equal_size(options, channels) : pairs_to_enlarge(options, scale);
}

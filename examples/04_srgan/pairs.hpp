// What both phases are trained and validated on: any folder of pictures, some of them held out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>

#include "depix/data/sources/super_resolution.hpp"

namespace example {

struct Pairs {
    depix::SuperResolutionSource training, validation;
};

/// Every twentieth picture, the same in both phases, is held out for validation, with four squares of each, always the
/// same. options.seed is the run's seed. Throws depix::Error for a single picture.
inline Pairs make_pairs(const std::filesystem::path& folder, depix::SuperResolutionOptions options, bool in_memory) {
    const depix::ImageFolder all = depix::ImageFolder(folder, {.channels = options.channels}).shuffled(1);
    const std::size_t aside = std::clamp<std::size_t>(all.size() / 20, 1, 100);
    const depix::ImageSplit images = all.split(all.size() - aside, aside, 0);
    if (images.train.size() == 0) throw depix::Error("one picture is too few: some are kept aside");

    options.seed *= 2;
    depix::SuperResolutionOptions fixed = options;
    fixed.crops_per_image = 4;
    fixed.seed += 1;
    fixed.redraw = depix::Redraw::Never;
    const depix::Keep keep = in_memory ? depix::Keep::InMemory : depix::Keep::OnDisk;
    return {depix::SuperResolutionSource(images.train, options, keep),
            depix::SuperResolutionSource(images.validation, fixed, keep)};
}

}  // namespace example

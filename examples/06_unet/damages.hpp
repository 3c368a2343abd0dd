// The damages that the two tasks undo.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "commands.hpp"
#include "depix/data/damage.hpp"
#include "depix/data/masks.hpp"
#include "depix/data/sources/image_folder.hpp"

namespace example {

/// The damage in training. For denoising it is one of four kinds of noise, at any strength. For inpainting it is
/// rectangles, strokes and, where Roboto or DejaVu Sans is installed, lines of text, or the masks of a folder.
depix::Damage training_damage(Task task, const std::filesystem::path& masks = {});

struct NamedDamage {
    std::string name;
    depix::Damage damage;
};

/// The damages in evaluation: each kind on its own, and noise at one strength.
std::vector<NamedDamage> test_damages(Task task);

/// The pictures of a folder, split: nine in ten for training, one in twenty each for validation and test.
depix::ImageSplit split_images(const std::filesystem::path& folder);

}  // namespace example

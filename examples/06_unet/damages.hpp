// What the two tasks undo.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "commands.hpp"
#include "depix/data/damage.hpp"
#include "depix/data/masks.hpp"
#include "depix/data/sources/image_folder.hpp"

namespace example {

/// What to train against: for denoising one of four kinds of noise, at any strength; for inpainting rectangles, strokes
/// and, where Roboto or DejaVu Sans is installed, lines of text, or the masks of a folder.
depix::Damage training_damage(Task task, const std::filesystem::path& masks = {});

struct NamedDamage {
    std::string name;
    depix::Damage damage;
};

/// What to measure on: each kind on its own, noise at one strength.
std::vector<NamedDamage> test_damages(Task task);

/// The pictures of a folder, split: nine in ten for training, one in twenty each for validation and test.
depix::ImageSplit split_images(const std::filesystem::path& folder);

}  // namespace example

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

/// The damage in training. For denoising it is one of the given kinds of noise (noise.hpp), by default one of five at
/// any strength. For inpainting it is rectangles, strokes and, where Roboto or DejaVu Sans is installed, lines of text,
/// or the masks of a folder. Throws depix::Error for noise that does not exist, or that is given for inpainting.
depix::Damage training_damage(Task task, const std::filesystem::path& masks, const std::vector<std::string>& noise);

struct NamedDamage {
    std::string name;
    depix::Damage damage;
};

/// The damages in evaluation, each on its own: the given noise, by default each kind at one strength and none. Throws
/// like training_damage.
std::vector<NamedDamage> test_damages(Task task, const std::vector<std::string>& noise);

/// The pictures of a folder, split: nine in ten for training, one in twenty each for validation and test.
depix::ImageSplit split_images(const std::filesystem::path& folder);

}  // namespace example

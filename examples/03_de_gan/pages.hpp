// What DE-GAN is trained on: pages of a folder (page_folder.hpp), or pages that depix draws and degrades itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/data/sources/pair_source.hpp"
#include "depix/tensor.hpp"
#include "page_folder.hpp"
#include "recipes.hpp"

namespace example {

enum class Task { Binarize, Deblur, Unwatermark };
std::string to_string(Task task);

/// What drawn pages look like: the task, and for Task::Deblur the blur.
struct DrawnKind {
    Task task = Task::Binarize;
    Blur blur = Blur::Varied;
};

/// Blurs a page, and rounds it as in a file.
depix::Damage blur_damage(Blur blur);

/// Drawn patches of this shape, degraded as the task requires.
depix::AnyPairSource draw_patches(DrawnKind kind, std::size_t pairs, depix::Shape shape, std::uint64_t seed,
                                  depix::Redraw redraw);

/// `count` drawn pages.
std::vector<PagePair> draw_pages(DrawnKind kind, std::size_t count, depix::Shape shape, std::uint64_t seed);

/// The size of the published pages, height x width.
inline constexpr depix::Shape whole_page{1, 1024, 768};

/// Patches of 256x256: those of all pages, one every 192 pixels, turned and mirrored; those of `whole_pages` drawn
/// pages, one every 192 pixels; and `drawn` that are drawn anew in every epoch. Throws depix::Error if that is none.
struct TrainingPatches {
    DrawnKind kind;
    int whole_pages = 0, drawn = 0;
    std::uint64_t seed = 0;
};
depix::AnyPairSource training_patches(const std::vector<PagePair>& pages, const TrainingPatches& options);

}  // namespace example

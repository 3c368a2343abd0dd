// What DE-GAN is trained on: pages of the contests, as they lie on disk, or pages that depix draws and degrades itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/data/sources/pair_source.hpp"
#include "depix/tensor.hpp"

namespace example {

enum class Task { Binarize, Deblur, Unwatermark };
std::string to_string(Task task);

struct PagePair {
    std::string name;
    depix::Image degraded, clean;
};

/// Pairs of a folder, grey: NAME_source.png and NAME_target.png (DIBCO), or two folders as document_pairs() reads them.
/// Only those whose names begin with `only`. Throws depix::FileError where there are none.
std::vector<PagePair> read_pages(const std::filesystem::path& folder, const std::string& only);

/// Drawn patches of size x size, degraded as the task requires.
depix::AnyPairSource draw_patches(Task task, std::size_t pairs, int size, std::uint64_t seed, depix::Redraw redraw);

/// `count` drawn pages.
std::vector<PagePair> draw_pages(Task task, std::size_t count, int size, std::uint64_t seed);

/// The patches of 256x256 of all pages, one every 192 pixels, turned and mirrored, and `drawn` drawn ones in an epoch.
depix::AnyPairSource training_patches(Task task, const std::vector<PagePair>& pages, int drawn, std::uint64_t seed);

}  // namespace example

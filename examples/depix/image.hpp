// Restores one picture, from the content of a file to the content of the result's file.
#pragma once

#include <cstddef>
#include <string>

#include "architecture.hpp"
#include "commands.hpp"
#include "depix/io/image_file.hpp"
#include "mask.hpp"
#include "models.hpp"

namespace tool {

/// How every picture of a command is restored.
struct Recipe {
    const Architecture* architecture = nullptr;
    double scale = 1;  // of the result
    bool flips = false;
    std::string model;  // for messages
    ModelFacts facts;
    std::size_t maximum_pixels = 0;  // of the network's result
    Mask mask;
};

/// Throws UsageError if the model does not enlarge so much, or if it takes no mask and one is given. Throws
/// depix::FileError if the mask cannot be read.
Recipe make_recipe(const ChosenModel& model, const RestoreOptions& options);

/// The same with a mask that was read before.
Recipe make_recipe(const ChosenModel& model, const RestoreOptions& options, Mask mask);

/// Throws UsageError if the model takes a mask and none is given.
void require_mask(const Recipe& recipe);

/// The largest workspace of one thread's tiles, in bytes. A tile's workspace is known before it is restored.
constexpr std::size_t tile_memory = std::size_t{256} << 20;

/// The same where a tile would otherwise be small beside what it sees around it; such tiles are restored one at a time.
constexpr std::size_t large_tile_memory = std::size_t{1} << 30;

/// How many rows a tile sees besides its own, at both sides together.
int tile_field(const Architecture& architecture);

/// How to cut a picture of this size for so many threads.
struct Cut {
    Tiles tiles;
    int threads = 1;  // of the network in each tile
    int count = 1;    // of tiles; 0 for a blended network, where it is not known
};

/// `tile` is the size that the user asked for. 0 means as large as tile_memory allows, and a single tile for a picture
/// that fits whole. Many tiles are restored at the same time, each by one thread. A few are restored one after the
/// other, each by all threads.
Cut cut_image(const Architecture& architecture, int height, int width, int tile, int threads);

/// "tiles of at most 512: 6, 2 at a time".
std::string to_string(const Cut& cut);

/// Colours under transparent pixels do not belong to the picture. They are replaced by the visible colours around them.
void bleed_under_transparency(depix::Image& color, const depix::Image& alpha);

/// Restores the colours by the network, enlarged as asked. Grey stays grey, and a network for grey pages makes grey of
/// colours. Alpha, depth and metadata are kept. Adds a warning to the picture's if the model makes grey of its colours,
/// or is not meant for its size. Throws depix::ShapeError if the network would make more pixels
/// than the recipe allows, and depix::Error if it makes a value that is no number.
depix::ImageFile restore_image(const Restorer& network, const Recipe& recipe, depix::ImageFile image, Tiles tiles);

}  // namespace tool

// One picture, from what a file holds to what a file will hold.
#pragma once

#include <cstddef>
#include <string>

#include "architecture.hpp"
#include "commands.hpp"
#include "depix/io/image_file.hpp"
#include "models.hpp"

namespace tool {

/// How every picture of a command is restored.
struct Recipe {
    const Architecture* architecture = nullptr;
    double scale = 1;  // of the result
    bool flips = false;
    bool black_and_white = false;
    bool grey_only = false;  // the network was trained on grey: it makes the luma, and colours are enlarged as they are
    std::size_t maximum_pixels = 0;  // of what the network makes
};

/// Throws UsageError if the model does not enlarge so much.
Recipe make_recipe(const ChosenModel& model, const RestoreOptions& options);

/// What the tiles of one thread may work in, bytes. A tile's workspace is known before it is restored.
constexpr std::size_t tile_memory = std::size_t{256} << 20;

/// How to cut a picture of this size for so many threads.
struct Cut {
    Tiles tiles;
    int threads = 1;  // of the network in each tile
    int count = 1;    // of tiles; of a blended network 0, for not known
};

/// tile: what the user asked for; 0: as large as tile_memory allows, and of a picture that fits whole, just one. Many
/// tiles are restored side by side; of few, each is restored by all threads.
Cut cut_image(const Architecture& architecture, int height, int width, int tile, int threads);

/// "tiles of at most 512: 6, 2 at a time".
std::string to_string(const Cut& cut);

/// The colours through the network, enlarged as asked; grey stays grey, and a network for grey pages makes grey of
/// colours. Alpha, depth, profile and density are kept. Throws depix::ShapeError if the network would make more pixels
/// than the recipe allows, and depix::Error if it makes what is no number.
depix::ImageFile restore_image(const Restorer& network, const Recipe& recipe, depix::ImageFile image, Tiles tiles);

}  // namespace tool

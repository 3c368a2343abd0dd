// 5: pictures of any size, in as much memory as you have.
//
// The compiler knows how far an output pixel sees (its receptive field) and how much memory a picture of given size
// takes. So a picture can be restored in tiles, each with exactly the surroundings that its result depends on. The
// result is that of the whole picture, without seams, and memory no longer grows with the picture.
//
//     5_any_size_any_memory
#include <depix/depix.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace depix;

// These are compile-time constants.
static_assert(receptive_field<DocumentsAutoencoder>() < 64);
static_assert(workspace_bytes<DocumentsAutoencoder>({1, 256, 256}) <
              workspace_bytes<DocumentsAutoencoder>({1, 1203, 901 * 4}));

int main() {
    Model<DocumentsAutoencoder> model;  // untrained: random weights show the same
    const Inference<DocumentsAutoencoder> network{model};

    // The network halves a picture twice, and these sides do not even divide by 2.
    Image page({1, 1203, 901});
    for (int y = 0; y < page.shape.height; ++y)
        for (int x = 0; x < page.shape.width; ++x)
            page(0, y, x) = 0.5f + 0.5f * std::sin(0.01f * static_cast<float>(x * y % 997));

    const Image whole = restore(network, page);                                  // all at once
    const Image tiled = restore(network, page, Tiles{.size = 256});              // one tile after another
    const Image shared = restore(network, page, Tiles{.size = 256, .jobs = 2});  // two at a time

    float difference = 0;
    for (std::size_t i = 0; i < whole.pixels.size(); ++i)
        difference = std::max(difference, std::fabs(whole.pixels[i] - tiled.pixels[i]));
    std::printf("receptive field %d pixels; workspace of the whole page %zu KiB, of a tile %zu KiB\n",
                receptive_field<DocumentsAutoencoder>(), network.workspace_bytes({1, 1204, 904}) / 1024,
                network.workspace_bytes({1, 288, 288}) / 1024);
    std::printf("largest difference between tiles and the whole: %g\n", static_cast<double>(difference));

    // The difference comes from rounding, because the rounding of fast convolutions depends on where their own tiles
    // lie. On the backend Reference it is 0.
    return whole.shape == page.shape && difference < 1e-5f && shared == tiled ? 0 : 1;
}

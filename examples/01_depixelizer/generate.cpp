// generate: draws pictures to train on.
//
// A network is trained on pairs: an input, and the output that it should make of it. Collecting such pairs is usually
// the hard part. Here it is easy, because this program does the damage itself: it draws text and pixelates it.
//
// Each picture is white, has 256 x 64 pixels, and shows 4 to 20 random letters, digits and blanks in black, 16 pixels
// high, at a random place. Its twin is cut into squares of 2, 3 or 4 pixels, each replaced by its mean. Squares of 3
// do not fill the picture: what is left over is cropped, and the rest resized back to 256 x 64, to the nearest pixel as
// the original does, or bilinearly (--resize). The pairs go into two folders. A file in one has its twin in the other
// under the same name:
//
//     dataset/clean/0.png      dataset/pixeled/0.png
//     dataset/clean/1.png      dataset/pixeled/1.png      ...
//
// You can also train on a folder of your own with the same layout.
#include <cstdio>

#include "commands.hpp"
#include "depix/data/sources/pair_folder.hpp"
#include "fonts.hpp"

int example::generate(const GenerateOptions& options) {
    const depix::TextImages images(load_fonts(options.fonts), {.resizes = resizes(options.resize)});
    depix::WritePairsOptions writing;
    writing.count = options.count;
    writing.seed = options.seed;
    writing.progress = [](std::size_t done, std::size_t all) {
        if (done % 1000 == 0 || done == all) std::printf("%zu of %zu pairs\n", done, all);
    };
    depix::write_pairs(options.folder, images, writing);
    return 0;
}

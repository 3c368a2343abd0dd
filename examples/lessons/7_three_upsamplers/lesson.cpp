// Lesson 7: three ways to double a picture, and the grid that each leaves.
//
// Networks that restore pictures work at a smaller size and then double it. Three layers do that:
//
//   transposed   ConvTranspose<8, 1, 3, Stride<2>>: every pixel adds a stamp of 3x3, and the stamps are 2 apart
//   nearest      Upsample<2>, Conv<8, 1>: every pixel is repeated 2x2, then a convolution
//   shuffle      Conv<8, 4>, PixelShuffle<2>: four maps are interleaved to one of twice the size
//
// A pixel of the result is in one of four places: its row is even or odd, and so is its column. If the layer treats the
// places differently, a flat grey picture gets a pattern that repeats every 2 pixels: a grid. Stamps of 3x3 that are 2
// apart overlap in some places and not in others. With a shuffle each place has weights of its own. Odena et al. (2016,
// distill.pub/2016/deconv-checkerboard) showed such grids, and why they appear.
//
// There are two causes. Where all weights are equal, only the overlap is left. With random weights the places differ
// also because each is made by other weights. Here no layer is trained: each gets the same grey picture, 200 times with
// other random weights, and once with equal ones.
//
//     lesson [GRIDS.svg]
#include <depix/depix.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "../picture_table.hpp"

using namespace depix;

using Transposed = Sequential<ConvTranspose<8, 1, 3, Stride<2>, Padding<1>, OutputPadding<1>>>;
using Nearest = Sequential<Upsample<2>, Conv<8, 1>>;
using Shuffle = Sequential<Conv<8, 4>, PixelShuffle<2>>;
// Stamps of 4x4 overlap everywhere alike: 2 each way in every place.
using Transposed4 = Sequential<ConvTranspose<8, 1, 4, Stride<2>, Padding<1>>>;

// How far apart the four places of a result are: the standard deviation of their values, in the middle of the picture,
// where no padding is seen.
double grid(const Image& result) {
    double sum = 0, squares = 0;
    for (int y = 16; y < 18; ++y)
        for (int x = 16; x < 18; ++x) sum += result(0, y, x), squares += double{result(0, y, x)} * result(0, y, x);
    return std::sqrt((std::max)(squares / 4 - sum / 4 * (sum / 4), 0.0));
}

template <class Network>
Image of_grey(const Model<Network>& model) {
    return Inference<Network, Reference>(model, 1)(Image({8, 16, 16}, 0.5f));
}
template <class Network>
Model<Network> with_equal_weights() {
    Model<Network> model;
    std::ranges::fill(model.parameters(), 0.1f);
    return model;
}
template <class Network>
double grid_of_random_weights() {
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) sum += grid(of_grey(Model<Network>(seed)));
    return sum / 200;
}

template <class Network>
bool compare(const char* name, bool grid_with_equal, bool grid_with_random) {
    const double equal = grid(of_grey(with_equal_weights<Network>())), random = grid_of_random_weights<Network>();
    std::printf("%-22s %13.4f %14.4f\n", name, equal, random);
    return (equal > 1e-6) == grid_with_equal && (random > 1e-6) == grid_with_random;
}

// The middle 8x8 pixels, 0.5 for their mean. Their differences are drawn as they are.
Image middle(const Image& result) {
    Image part({1, 8, 8});
    float mean = 0;
    for (int i = 0; i < 64; ++i) mean += result(0, 12 + i / 8, 12 + i % 8) / 64;
    for (int i = 0; i < 64; ++i) part(0, i / 8, i % 8) = 0.5f + (result(0, 12 + i / 8, 12 + i % 8) - mean);
    return part;
}
template <class... Networks>
void draw(const char* path) {
    PictureTable table({"transposed, 3", "transposed, 4", "nearest", "shuffle"}, 100);
    table.add_row({middle(of_grey(with_equal_weights<Networks>()))...});
    table.add_row({middle(of_grey(Model<Networks>(1)))...});
    table.save(path);
}

int main(int count, char** arguments) {
    std::printf("the grid with          equal weights random weights\n");
    const bool expected = compare<Transposed>("transposed, kernel 3", true, true) &&
                          compare<Transposed4>("transposed, kernel 4", false, true) &&
                          compare<Nearest>("nearest, convolution", false, false) &&
                          compare<Shuffle>("pixel shuffle", false, true);
    if (count > 1) draw<Transposed, Transposed4, Nearest, Shuffle>(arguments[1]);
    return expected ? 0 : 1;
}

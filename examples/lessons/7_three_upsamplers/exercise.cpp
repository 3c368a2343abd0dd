// The exercise of lesson 7: a pixel shuffle need not begin with a grid. Aitken et al. (2017, "Checkerboard artifact
// free sub-pixel convolution") start it so that all four places have the same weights; training may then change them.
// Fill in `same_weights`. The program returns 0 when the grid is gone.
//
// Conv<8, 4>'s parameters are the weights of output map 0, of map 1, 2 and 3, each 8 x 3 x 3, and then four biases.
#include <depix/depix.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <span>

using namespace depix;

using Shuffle = Sequential<Conv<8, 4>, PixelShuffle<2>>;

void same_weights(std::span<float> parameters) {
    (void)parameters;  // your lines
}

int main() {
    Model<Shuffle> model(1);
    same_weights(model.parameters());
    const Image result = Inference<Shuffle, Reference>(model, 1)(Image({8, 16, 16}, 0.5f));
    const auto [least, most] =
        std::minmax({result(0, 16, 16), result(0, 16, 17), result(0, 17, 16), result(0, 17, 17)});
    std::printf("the four places differ by %.6f\n", most - least);
    const auto weights = model.parameters().first(8 * 9);
    const bool random = std::any_of(weights.begin(), weights.end(), [](float w) { return w != 0; });
    return random && most - least < 1e-6f ? 0 : 1;
}

// The solution of lesson 7's exercise: maps 1, 2 and 3 get the weights and the bias of map 0, so the four places begin
// alike. The layer is then a convolution and a repetition, as "nearest" is, but it may learn to be more.
#include <depix/depix.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <span>

using namespace depix;

using Shuffle = Sequential<Conv<8, 4>, PixelShuffle<2>>;

void same_weights(std::span<float> parameters) {
    constexpr std::size_t weights = 8 * 3 * 3, biases = 4 * weights;
    for (std::size_t map = 1; map < 4; ++map) {
        std::copy_n(parameters.begin(), weights, parameters.begin() + static_cast<std::ptrdiff_t>(map * weights));
        parameters[biases + map] = parameters[biases];
    }
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

// The layer that lesson 2 computes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

/// The number of maps that go in and of those that come out, and the height and width of each. In memory a map of the
/// input has a border of zeros around it, one pixel wide, so that a window of 3x3 never leaves it.
constexpr int maps = 64, side = 64, area = side * side, padded = side + 2;

using Floats = std::vector<float>;
inline Floats floats(int count) { return Floats(static_cast<std::size_t>(count)); }

/// A convolution of 3x3, biases, ReLU, and the largest of every 2x2 pixels. The numbers look random and are the same on
/// every machine.
struct Layer {
    Floats x = floats(maps * padded * padded), weights = floats(maps * maps * 9), biases = floats(maps);

    Layer() {
        unsigned state = 1;
        const auto draw = [&] {
            return static_cast<float>((state = state * 1664525 + 1013904223) >> 8) / 0x1p24f - 0.5f;
        };
        std::ranges::generate(weights, draw);
        std::ranges::generate(biases, draw);
        for (int c = 0; c < maps; ++c)
            for (int row = 1; row <= side; ++row)
                std::generate_n(x.begin() + (pixel(c, row, 1) - x.data()), side, draw);
    }
    /// The pixel of map c in this row and column, counted with the border.
    const float* pixel(int c, int row, int column) const { return x.data() + (c * padded + row) * padded + column; }
    /// The 3x3 weights by which map c contributes to map o.
    const float* window(int o, int c) const { return weights.data() + (o * maps + c) * 9; }
};

/// What follows the convolution, as a pass of its own over the maps y.
inline Floats bias_relu_pool(const Layer& layer, const Floats& y) {
    Floats result = floats(maps * area / 4);
    float* out = result.data();
    for (int o = 0; o < maps; ++o)
        for (int row = 0; row < side; row += 2)
            for (int column = 0; column < side; column += 2) {
                const float* in = y.data() + o * area + row * side + column;
                const float largest = (std::max)({in[0], in[1], in[side], in[side + 1]});
                *out++ = (std::max)(largest + layer.biases[static_cast<std::size_t>(o)], 0.0f);
            }
    return result;
}

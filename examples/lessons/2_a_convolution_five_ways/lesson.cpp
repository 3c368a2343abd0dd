// Lesson 2: a convolution, five ways, each faster.   lesson [TIMES.svg]
#include <Eigen/Core>
#include <algorithm>
#include <cstring>

#include "layer.hpp"
#include "times.hpp"
#include "winograd.hpp"

// 1. Loops: the definition. 151 million products, one after another.
Floats loops(const Layer& layer) {
    Floats y;
    for (int o = 0; o < maps; ++o)
        for (int row = 0; row < side; ++row)
            for (int column = 0; column < side; ++column) {
                float sum = 0;
                for (int c = 0; c < maps; ++c)
                    for (int k = 0; k < 3; ++k)
                        for (int l = 0; l < 3; ++l)
                            sum += layer.window(o, c)[3 * k + l] * *layer.pixel(c, row + k, column + l);
                y.push_back(sum);
            }
    return y;
}

// 2. im2col: every window becomes a column of a matrix. Then the convolution is a product of two matrices, and
// libraries for that are fast. But the columns take nine times the memory of x.
Floats im2col(const Layer& layer) {
    Matrix columns(maps * 9, area);
    for (int row = 0; row < maps * 9; ++row)
        for (int i = 0; i < side; ++i)
            std::copy_n(layer.pixel(row / 9, i + row % 9 / 3, row % 3), side, &columns(row, i * side));
    Floats y = floats(maps * area);
    Eigen::Map<Matrix>(y.data(), maps, area).noalias() =
        Eigen::Map<const Matrix>(layer.weights.data(), maps, maps * 9) * columns;
    return y;
}

// 3. SIMD: one instruction multiplies 16 floats. The pixels are read where they are, and each that is read is used for
// 8 maps. The sums of 8 maps x 16 pixels stay in registers until they are complete.
typedef float Vector __attribute__((vector_size(64)));
Floats simd(const Layer& layer) {
    Floats y = floats(maps * area);
    for (int i = 0; i < area; i += 16)
        for (int o = 0; o < maps; o += 8) {
            Vector sums[8] = {}, pixels;
            for (int c = 0; c < maps; ++c)
                for (int row = 0; row < 3; ++row)
                    for (int column = 0; column < 3; ++column) {
                        std::memcpy(&pixels, layer.pixel(c, i / side + row, i % side + column), sizeof pixels);
                        for (int k = 0; k < 8; ++k) sums[k] += layer.window(o + k, c)[3 * row + column] * pixels;
                    }
            for (int k = 0; k < 8; ++k) std::memcpy(y.data() + (o + k) * area + i, &sums[k], sizeof sums[k]);
        }
    return y;
}

// 4. Winograd: 16 products instead of 36 for every 2x2 pixels. More sums, and more memory.
Floats winograd_whole(const Layer& layer, const Matrix& u) {
    Floats y = floats(maps * area);
    winograd(layer, u, 0, tiles, [&](int o, int row, const float(&four)[4][tiles]) {
        for (int i = 0; i < 4; ++i)
            for (int tile = 0; tile < tiles; ++tile)
                y.data()[o * area + (2 * row + i / 2) * side + 2 * tile + i % 2] = four[i][tile];
    });
    return y;
}

// 5. Fused: the same, but two rows of tiles at a time, so that everything between is small enough for the cache. Four
// pixels of a tile are the four that the pooling compares, so only the largest is ever written to memory.
Floats fused(const Layer& layer, const Matrix& u) {
    Floats result = floats(maps * area / 4);
    for (int first = 0; first < tiles; first += 2)
        winograd(layer, u, first, 2, [&](int o, int row, const float(&four)[4][tiles]) {
            const float bias = layer.biases.data()[o];
            for (int tile = 0; tile < tiles; ++tile) {
                const float top = std::max(four[0][tile], four[1][tile]),
                            bottom = std::max(four[2][tile], four[3][tile]);
                result.data()[o * area / 4 + row * tiles + tile] = std::max(std::max(top, bottom) + bias, 0.0f);
            }
        });
    return result;
}

int main(int count, char** arguments) {
    const Layer layer;
    const Matrix u = winograd_weights(layer);
    Times times;
    times.add("1 loops", [&] { return bias_relu_pool(layer, loops(layer)); });
    times.add("2 im2col, Eigen", [&] { return bias_relu_pool(layer, im2col(layer)); });
    times.add("3 SIMD", [&] { return bias_relu_pool(layer, simd(layer)); });
    times.add("4 Winograd", [&] { return bias_relu_pool(layer, winograd_whole(layer, u)); });
    times.add("5 fused", [&] { return fused(layer, u); });
    times.add("depix", ByDepix(layer));
    if (count > 1) times.draw(arguments[1]);
    return times.agree() ? 0 : 1;
}

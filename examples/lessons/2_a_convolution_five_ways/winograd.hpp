// Winograd's convolution, F(2x2, 3x3): 2x2 pixels of the result from 4x4 pixels of x, with 16 products instead of 36.
//
//     Y = A^T ((G g G^T) * (B^T d B)) A          g: 3x3 weights, d: 4x4 pixels, *: number by number
//
// B and A hold only 0, 1 and -1, so the products with them are sums. G g G^T does not depend on the picture and is
// computed once. For each of the 16 numbers, the sum over the maps of x is a product of matrices. Lavin and Gray 2016.
#pragma once

#include <Eigen/Core>

#include "layer.hpp"

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
constexpr int tiles = side / 2;  // in a row of tiles, and rows of tiles in a map

/// G g G^T of every window: 16 matrices of maps x maps, one below the other.
inline Matrix winograd_weights(const Layer& layer) {
    Matrix u(16 * maps, maps);
    const Eigen::Matrix<float, 4, 3> g{{1, 0, 0}, {.5f, .5f, .5f}, {.5f, -.5f, .5f}, {0, 0, 1}};
    for (int o = 0; o < maps; ++o)
        for (int c = 0; c < maps; ++c) {
            const Eigen::Map<const Eigen::Matrix<float, 3, 3, Eigen::RowMajor>> window(layer.window(o, c));
            const Eigen::Matrix4f transformed = g * window * g.transpose();
            for (int i = 0; i < 16; ++i) u(i * maps + o, c) = transformed(i / 4, i % 4);
        }
    return u;
}

/// Some rows of tiles, from row `first` on. store(o, row, y) gets each row of map o: y[0] and y[1] are the upper left
/// and upper right pixels of its tiles, y[2] and y[3] the lower ones.
template <class Store>
void winograd(const Layer& layer, const Matrix& u, int first, int rows, Store store) {
    Matrix v(16 * maps, rows * tiles), m(16 * maps, rows * tiles);

    for (int c = 0; c < maps; ++c)  // v = B^T d B: first down the columns, then along the rows
        for (int row = 0; row < rows; ++row) {
            const float* d[4];
            for (int i = 0; i < 4; ++i) d[i] = layer.pixel(c, 2 * (first + row) + i, 0);
            float t[4][padded];
            for (int j = 0; j < padded; ++j) {
                t[0][j] = d[0][j] - d[2][j], t[1][j] = d[1][j] + d[2][j];
                t[2][j] = d[2][j] - d[1][j], t[3][j] = d[1][j] - d[3][j];
            }
            for (int i = 0; i < 4; ++i) {
                float* out[4];
                for (int j = 0; j < 4; ++j) out[j] = &v((4 * i + j) * maps + c, row * tiles);
                for (int tile = 0; tile < tiles; ++tile) {
                    const float* in = t[i] + 2 * tile;
                    out[0][tile] = in[0] - in[2], out[1][tile] = in[1] + in[2];
                    out[2][tile] = in[2] - in[1], out[3][tile] = in[1] - in[3];
                }
            }
        }

    for (int i = 0; i < 16 * maps; i += maps)
        m.middleRows(i, maps).noalias() = u.middleRows(i, maps) * v.middleRows(i, maps);

    for (int o = 0; o < maps; ++o)  // y = A^T m A
        for (int row = 0; row < rows; ++row) {
            float t[2][4][tiles], y[4][tiles];
            for (int j = 0; j < 4; ++j) {
                const float* in[4];
                for (int i = 0; i < 4; ++i) in[i] = &m((4 * i + j) * maps + o, row * tiles);
                for (int tile = 0; tile < tiles; ++tile) {
                    t[0][j][tile] = in[0][tile] + in[1][tile] + in[2][tile];
                    t[1][j][tile] = in[1][tile] - in[2][tile] - in[3][tile];
                }
            }
            for (int i = 0; i < 2; ++i)
                for (int tile = 0; tile < tiles; ++tile) {
                    y[2 * i][tile] = t[i][0][tile] + t[i][1][tile] + t[i][2][tile];
                    y[2 * i + 1][tile] = t[i][1][tile] - t[i][2][tile] - t[i][3][tile];
                }
            store(o, first + row, y);
        }
}

// Runs a chain of convolutions on one tile of one picture, with all maps in shared memory. This is the device code of
// one_kernel.cuh.
//
// A block reads all weights, and the part of the network's input that its tile needs. It computes each map from the
// preceding one, on the region of it that the tile needs (one_kernel_tile.cuh), and writes the tile. The part of a
// region that lies outside its map is padding for the next step and is set to zero.
#pragma once

#include <cmath>
#include <cstddef>
#include <type_traits>

#include "depix/kernels/cuda/conv_epilogue.cuh"
#include "depix/kernels/cuda/one_kernel_tile.cuh"
#include "depix/kernels/cuda/runtime.cuh"
#include "depix/layers/sigmoid.hpp"
#include "depix/layers/tanh.hpp"
#include "depix/view.hpp"

namespace depix::cuda {

/// `Count` floats that one instruction reads.
template <int Count>
struct alignas(Count * 4) Floats {
    static constexpr int count = Count;
    float value[Count];
};

/// sum[g][d][e] = bias[g] + the convolution, for the channels and the patch of one thread.
/// in points at the window's first pixel in (In, in_height, pitch), weight at the first channel's in
/// (In, K, K, weight_row).
template <class S>
__device__ void sum_up(const float* in, const float* weight, float (&sum)[S::group][S::patch][S::patch]) {
    using Step = typename S::Step;
    constexpr int patch = S::patch, group = S::group, kernel = Step::kernel;
    using Pixels = Floats<S::pairs ? 2 : 1>;
    using Factors = Floats<greatest_common_divisor(group, 4)>;
    DEPIX_UNROLL
    for (int g = 0; g < group; ++g) {
        const float bias = weight[Step::weight_floats + g];
        DEPIX_UNROLL
        for (int q = 0; q < patch * patch; ++q) sum[g][q / patch][q % patch] = bias;
    }
    DEPIX_UNROLL_BY((S::inputs_at_once))
    for (int c = 0; c < Step::in_channels; ++c) {
        float window[S::window_height][S::window_width];
        DEPIX_UNROLL
        for (int i = 0; i < S::window_height; ++i) {
            DEPIX_UNROLL
            for (int j = 0; j < S::window_width; j += Pixels::count) {
                const Pixels read = *reinterpret_cast<const Pixels*>(in + i * S::pitch + j);
                DEPIX_UNROLL
                for (int p = 0; p < Pixels::count; ++p) window[i][j + p] = read.value[p];
            }
        }
        DEPIX_UNROLL
        for (int tap = 0; tap < kernel * kernel; ++tap) {
            float factor[group];
            DEPIX_UNROLL
            for (int g = 0; g < group; g += Factors::count) {
                const Factors read = *reinterpret_cast<const Factors*>(weight + tap * Step::weight_row + g);
                DEPIX_UNROLL
                for (int f = 0; f < Factors::count; ++f) factor[g + f] = read.value[f];
            }
            DEPIX_UNROLL
            for (int q = 0; q < patch * patch; ++q) {
                const int i = S::Rows::source(q / patch, tap / kernel);
                const int j = S::Columns::source(q % patch, tap % kernel);
                if (i < 0 || j < 0) continue;  // no such tap there
                DEPIX_UNROLL
                for (int g = 0; g < group; ++g) sum[g][q / patch][q % patch] += factor[g] * window[i][j];
            }
        }
        in += S::plane;
        weight += kernel * kernel * Step::weight_row;
    }
}

template <class Activation>
__device__ float activate(float x) {
    if constexpr (std::is_void_v<Activation>)
        return x;
    else
        return Activation::value(x);
}

/// Calls store(o, i, j, y[o][i][j]) for all pixels of the step's output on its region, and perhaps for a few to the
/// right of it and below. in is (In, in_height, pitch), and packed is laid out as in ChainStep; both are in shared
/// memory. The threads of a warp have neighbouring patches and mostly the same channels, so that they read the same
/// weights.
template <class S, class Store>
__device__ void run_step(const float* in, const float* packed, const Store& store) {
    using Step = typename S::Step;
    constexpr int patch = S::patch;
    const float slope = packed[Step::slope_at];
    for (int item = static_cast<int>(threadIdx.x); item < S::items; item += one_kernel_threads) {
        const int first_out = item / S::patches * S::group, place = item % S::patches;
        const int row = place / S::patch_columns, column = place % S::patch_columns;
        float sum[S::group][patch][patch];
        sum_up<S>(in + row * S::row_step * S::pitch + column * S::column_step, packed + first_out, sum);
        DEPIX_UNROLL
        for (int g = 0; g < S::group; ++g) {
            float largest = -INFINITY;
            DEPIX_UNROLL
            for (int q = 0; q < patch * patch; ++q) {
                const float x = sum[g][q / patch][q % patch], value = x > 0 ? x : slope * x;
                largest = larger(value, largest);
                if (!Step::pooled)
                    store(first_out + g, row * patch + q / patch, column * patch + q % patch,
                          activate<typename Step::Activation>(value));
            }
            if (Step::pooled) store(first_out + g, row, column, activate<typename Step::Activation>(largest));
        }
    }
}

/// The tile of a block: which picture, and the tile's number downwards and to the right.
struct TilePlace {
    int image;
    int down;
    int right;
};

/// Runs step number Index and all later steps. input is the shape of the map that step Index reads from shared memory.
template <class Tile, std::size_t Index>
__device__ void run_steps(const TilePlace& place, Shape input, const float* packed, const View<float>& y) {
    using S = typename Tile::template Step<Index>;
    using Step = typename S::Step;
    float* shared = shared_memory<float>();
    const float* in = shared + (Index % 2 == 0 ? Tile::even_maps : Tile::odd_maps);
    const Shape shape = Step::output(input);
    const int first_row = S::Rows::out_first + place.down * S::Rows::out_advance;
    const int first_column = S::Columns::out_first + place.right * S::Columns::out_advance;
    const auto in_region = [&](int i, int j) { return i < S::Rows::out_count && j < S::Columns::out_count; };
    const auto in_map = [&](int row, int column) {
        return row >= 0 && row < shape.height && column >= 0 && column < shape.width;
    };
    if constexpr (Index + 1 < Tile::steps) {
        using Next = typename Tile::template Step<Index + 1>;
        float* out = shared + (Index % 2 == 0 ? Tile::odd_maps : Tile::even_maps);
        run_step<S>(in, packed, [&](int o, int i, int j, float value) {
            if (in_region(i, j))
                out[o * Next::plane + i * Next::pitch + j] = in_map(first_row + i, first_column + j) ? value : 0.f;
        });
        __syncthreads();
        run_steps<Tile, Index + 1>(place, shape, packed + Step::packed_floats, y);
    } else {
        run_step<S>(in, packed, [&](int o, int i, int j, float value) {
            if (in_region(i, j) && in_map(first_row + i, first_column + j))
                y(place.image, o, first_row + i, first_column + j) = value;
        });
    }
}

/// Calls store(k, load(k)) for all k < Count; the whole block takes part. A thread has several loads in flight at a
/// time.
template <int Count, class Load, class Store>
__device__ void fetch(const Load& load, const Store& store) {
    constexpr int at_a_time = 4;
    for (int first = static_cast<int>(threadIdx.x); first < Count; first += at_a_time * one_kernel_threads) {
        decltype(load(0)) values[at_a_time];
        DEPIX_UNROLL
        for (int i = 0; i < at_a_time; ++i)
            if (const int k = first + i * one_kernel_threads; k < Count) values[i] = load(k);
        DEPIX_UNROLL
        for (int i = 0; i < at_a_time; ++i)
            if (const int k = first + i * one_kernel_threads; k < Count) store(k, values[i]);
    }
}

/// y = the whole chain applied to x. x is (N, C, H, W), y (N, C', H', W'). packed holds the packed numbers of all steps
/// as in ChainStep, and begins at a multiple of 16 bytes. The grid has one block per tile, from left to right, then
/// from top to bottom, then from picture to picture.
template <class Chain, int Height, int Width>
__global__ void __launch_bounds__(one_kernel_threads)
    one_kernel(View<const float> x, const float* packed, View<float> y) {
    using Tile = ChainTile<Chain, Height, Width>;
    using First = typename Tile::template Step<0>;
    const int across = (y.width + Width - 1) / Width, down = (y.height + Height - 1) / Height;
    const int block = static_cast<int>(blockIdx.x);
    const TilePlace place{block / across / down, block / across % down, block % across};

    float* shared = shared_memory<float>();
    const auto* four = reinterpret_cast<const Floats<4>*>(packed);
    fetch<Tile::packed_floats / 4>(
        [&](int k) { return four[k]; },
        [&](int k, const Floats<4>& weights) { reinterpret_cast<Floats<4>*>(shared)[k] = weights; });

    constexpr int rows = First::Rows::in_count, columns = First::Columns::in_count;
    const int first_row = First::Rows::in_first + place.down * First::Rows::in_advance;
    const int first_column = First::Columns::in_first + place.right * First::Columns::in_advance;
    fetch<First::Step::in_channels * rows * columns>(
        [&](int k) {
            const int row = first_row + k / columns % rows, column = first_column + k % columns;
            const bool inside = row >= 0 && row < x.height && column >= 0 && column < x.width;
            return inside ? x(place.image, k / columns / rows, row, column) : 0.f;
        },
        [&](int k, float value) {
            const int channel = k / columns / rows, row = k / columns % rows;
            shared[Tile::even_maps + channel * First::plane + row * First::pitch + k % columns] = value;
        });
    __syncthreads();
    run_steps<Tile, 0>(place, x.shape(), shared, y);
}

}  // namespace depix::cuda

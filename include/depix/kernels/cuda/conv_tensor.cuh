// A convolution on tensor cores. A block sums up a tile of TileRows x 16 output pixels for BlockOut output channels.
//
// For a few input channels at a time, the tile's part of the input, with its halo, is copied to shared memory, and so
// are the weights; both are stored as factors of the products. Then the warps multiply tap by tap. The channels are the
// products' inner dimension, and every tap reads the same input from another place. So an input value is fetched once
// for all taps, and converted once. A multiprocessor has several blocks, so that others compute while one waits.
#pragma once

#include "depix/kernels/cuda/conv_epilogue.cuh"
#include "depix/kernels/cuda/tensor_core.cuh"

namespace depix::cuda {

inline constexpr int tile_columns = 16;
/// Words from one output channel's weights to the next: 8 words and a gap, so that the 32 words that a warp reads,
/// which are 4 words of each of 8 channels, lie in 32 banks.
inline constexpr int weight_pitch = product_words + 4;
/// Output channels and columns of 8 pixels that one warp sums up. A lane has 64 or 32 sums.
template <int BlockOut>
inline constexpr int warp_channels = BlockOut < 32 ? BlockOut : 32;
inline constexpr int warp_columns = 8;
/// Rows of pixels of a warp.
inline constexpr int warp_pixel_rows = 8 * warp_columns / tile_columns;

template <int BlockOut, int TileRows>
inline constexpr int tensor_threads = 32 * (BlockOut / warp_channels<BlockOut>)*(TileRows / warp_pixel_rows);

/// How a tile's input and weights are staged.
struct TensorTile {
    int steps = 1;     ///< products along the channels that are staged at once
    int tap_rows = 1;  ///< rows of taps whose weights are staged at once
    int plane = 0;     ///< words from one word of channels to the next, in the staged input

    /// Chooses these numbers for kernels with `taps` taps along an axis, outputs that lie `step` input pixels apart,
    /// and `channel_words` words of channels.
    static constexpr TensorTile choose(int block_out, int tile_rows, int taps, int step, int channel_words) {
        TensorTile tile;
        // With few taps one step is little work, so several steps share the barriers.
        const int enough = taps == 1 ? 4 : taps == 2 ? 2 : 1, all = (channel_words + product_words - 1) / product_words;
        tile.steps = enough < all ? enough : all;
        constexpr int max_weights = 8192;
        const int row = taps * tile.steps * block_out * weight_pitch, fit = max_weights / row;
        tile.tap_rows = fit < 1 ? 1 : fit < taps ? fit : taps;
        // The plane is 8 modulo 32, so that the 32 words that a warp reads, which are 8 neighbouring pixels of each of
        // 4 words of channels, lie in 32 banks.
        const int cells = ((tile_rows - 1) * step + taps) * ((tile_columns - 1) * step + taps);
        tile.plane = round_up(cells - 8 > 0 ? cells - 8 : 0, 32) + 8;
        return tile;
    }
    constexpr std::size_t shared_words(int block_out, int taps) const {
        return static_cast<std::size_t>(steps * product_words * plane) +
               static_cast<std::size_t>(tap_rows * taps * steps * block_out * weight_pitch);
    }
};

/// y = the gathered sums. x is (N, In, H, W), and y is (N, Out, H', W') before pooling or shuffling. The gather says
/// how weight is laid out.
///
/// The grid is phases, which vary fastest, x tiles of BlockOut channels x tiles of pixels, of all pictures.
template <class T, Factor F, int BlockOut, int TileRows>
__global__ void __launch_bounds__(tensor_threads<BlockOut, TileRows>, 512 / tensor_threads<BlockOut, TileRows>)
    convolve_by_tensor_cores(Gather gather, View<const T> x, const float* weight, ConvOutput<T> output,
                             TensorTile staged) {
    constexpr int threads = tensor_threads<BlockOut, TileRows>, word_channels = factors_per_word<F>;
    constexpr int warps_out = BlockOut / warp_channels<BlockOut>, warp_rows = warp_channels<BlockOut> / 16;
    const int thread = static_cast<int>(threadIdx.x), warp = thread / 32, lane = thread % 32;
    const int group = lane / 4, member = lane % 4;
    const int phases = gather.phases(), channel_tiles = (gather.out_channels + BlockOut - 1) / BlockOut;
    int block = static_cast<int>(blockIdx.x);
    const int phase = block % (phases * phases);
    block /= phases * phases;
    const int first_out = block % channel_tiles * BlockOut;
    block /= channel_tiles;
    const int across = (gather.axis(0, gather.width).size + tile_columns - 1) / tile_columns;
    const int first_j = block % across * tile_columns;
    block /= across;
    const int down = (gather.axis(0, gather.height).size + TileRows - 1) / TileRows;
    const int first_i = block % down * TileRows, n = block / down;
    const GatherAxis rows = gather.axis(phase / phases, gather.height);
    const GatherAxis columns = gather.axis(phase % phases, gather.width);
    if (first_i >= rows.size || first_j >= columns.size) return;

    const int step = rows.step, high = rows.taps, wide = columns.taps;
    const int input_wide = (tile_columns - 1) * step + wide, cells = ((TileRows - 1) * step + high) * input_wide;
    const int first_row = first_i * step + rows.shift, first_column = first_j * step + columns.shift;
    const int words = staged.steps * product_words, taps = staged.tap_rows * wide;
    std::uint32_t* inputs = shared_memory<std::uint32_t>();  // (words, plane)
    std::uint32_t* weights = inputs + words * staged.plane;  // (tap rows, wide, steps, BlockOut, weight_pitch)
    const SmallDivisor by_input_wide(input_wide), by_taps(taps > 0 ? taps : 1), by_wide(wide > 0 ? wide : 1);
    // Neighbouring lanes stage neighbouring weights, whether those are taps or output channels.
    const bool lanes_along_out = gather.weight_out_stride == 1;
    const int tap_begin = lanes_along_out ? warp : lane, tap_step = lanes_along_out ? threads / 32 : 32;
    const int out_begin = lanes_along_out ? lane : warp, out_step = lanes_along_out ? 32 : threads / 32;

    const int warp_out = warp % warps_out * warp_channels<BlockOut>, warp_row = warp / warps_out * warp_pixel_rows;
    const std::uint32_t* left = weights + (warp_out + group) * weight_pitch + member;
    const std::uint32_t* right = inputs + member * staged.plane + warp_row * step * input_wide + group * step;

    float sum[warp_rows][warp_columns][4] = {};
    for (int c = 0; c < gather.in_channels; c += words * word_channels)
        for (int k = 0; k < high; k += staged.tap_rows) {
            __syncthreads();
            if (k == 0)
                for (int cell = thread; cell < cells; cell += threads) {
                    const int i = by_input_wide.quotient(cell), row = first_row + i;
                    const int column = first_column + cell - i * input_wide;
                    const bool inside = within(row, column, x.height, x.width);
                    const T* from = x.data + (n * x.batch_stride + row * x.row_stride + column);
                    std::ptrdiff_t offset = c * x.channel_stride;
                    for (int s = 0; s < staged.steps; ++s) {
                        T values[product_words][word_channels];
                        DEPIX_UNROLL
                        for (int w = 0; w < product_words; ++w)
                            for (int h = 0; h < word_channels; ++h) {
                                const int channel = c + (s * product_words + w) * word_channels + h;
                                values[w][h] = inside && channel < gather.in_channels ? from[offset] : T{};
                                offset += x.channel_stride;
                                carry_along(offset);
                            }
                        DEPIX_UNROLL
                        for (int w = 0; w < product_words; ++w)
                            inputs[(s * product_words + w) * staged.plane + cell] = factor_word<F>(values[w]);
                    }
                }
            for (int tap = tap_begin; tap < words * taps; tap += tap_step) {
                const int word = by_taps.quotient(tap), place = tap - word * taps;
                const int below = by_wide.quotient(place),
                          l = columns.first_tap + (place - below * wide) * columns.tap_step;
                if (k + below >= high) continue;
                const int channel = c + word * word_channels;
                const float* from = weight + (first_out + out_begin) * gather.weight_out_stride +
                                    channel * gather.weight_in_stride +
                                    (rows.first_tap + (k + below) * rows.tap_step) * gather.kernel + l;
                std::uint32_t* to = weights + (place * staged.steps + word / product_words) * BlockOut * weight_pitch +
                                    word % product_words;
                DEPIX_UNROLL_BY(4)
                for (int o = out_begin; o < BlockOut; o += out_step) {
                    float values[word_channels];
                    DEPIX_UNROLL
                    for (int h = 0; h < word_channels; ++h) {
                        const bool there = first_out + o < gather.out_channels && channel + h < gather.in_channels;
                        values[h] = there ? from[h * gather.weight_in_stride] : 0.f;
                    }
                    from += out_step * gather.weight_out_stride;
                    to[o * weight_pitch] = factor_word<F>(values);
                }
            }
            __syncthreads();
            const int tap_rows = staged.tap_rows < high - k ? staged.tap_rows : high - k;
            for (int below = 0; below < tap_rows; ++below)
                for (int l = 0; l < wide; ++l) {
                    DEPIX_UNROLL_BY(1)
                    for (int s = 0; s < staged.steps; ++s) {
                        const std::uint32_t* a_words =
                            left + ((below * wide + l) * staged.steps + s) * BlockOut * weight_pitch;
                        const std::uint32_t* b_words =
                            right + s * product_words * staged.plane + (k + below) * input_wide + l;
                        std::uint32_t a[warp_rows][4], b[warp_columns][2];
                        DEPIX_UNROLL
                        for (int r = 0; r < warp_rows; ++r)
                            for (int e = 0; e < 4; ++e)
                                a[r][e] = a_words[(r * 16 + e % 2 * 8) * weight_pitch + e / 2 * 4];
                        DEPIX_UNROLL
                        for (int m = 0; m < warp_columns; ++m)
                            for (int e = 0; e < 2; ++e)
                                b[m][e] = b_words[m / 2 * step * input_wide + m % 2 * 8 * step + e * 4 * staged.plane];
                        multiply_add<F>(sum, a, b);
                    }
                }
        }

    __syncthreads();
    ConvRow* out_rows = shared_memory<ConvRow>();  // (BlockOut), where the input was
    for (int o = thread; o < BlockOut && first_out + o < gather.out_channels; o += threads)
        out_rows[o] = output.row(first_out + o);
    __syncthreads();
    // sum[r][m] belongs to rows group and group + 8, and to two neighbouring pixels. The pixels of m + 2 lie below
    // those of m.
    const bool pool = output.epilogue.pool;
    DEPIX_UNROLL
    for (int m = 0; m < warp_columns; ++m) {
        const int i = first_i + warp_row + m / 2, j = first_j + m % 2 * 8 + 2 * member;
        std::ptrdiff_t place[2];
        bool exists[2];
        DEPIX_UNROLL
        for (int e = 0; e < 2; ++e) {
            // With pooling, a window is stored by its first pixel.
            exists[e] = pool ? e == 0 && m / 2 % 2 == 0 && i + 1 < rows.size && j + 1 < columns.size
                             : i < rows.size && j + e < columns.size;
            place[e] = pool ? output.pixel_offset(n, i / 2, j / 2)
                            : output.pixel_offset(n, i * rows.out_step + rows.out_first,
                                                  (j + e) * columns.out_step + columns.out_first);
        }
        DEPIX_UNROLL
        for (int r = 0; r < warp_rows; ++r)
            for (int half = 0; half < 2; ++half) {
                const int o = warp_out + r * 16 + half * 8 + group;
                if (first_out + o >= gather.out_channels) continue;
                const ConvRow out_row = out_rows[o];
                constexpr int below = 2;
                float value[2];
                DEPIX_UNROLL
                for (int e = 0; e < 2; ++e) {
                    value[e] = output.activated(sum[r][m][half * 2 + e], out_row);
                    if (pool && m + below < warp_columns)
                        value[e] = larger(value[e], output.activated(sum[r][m + below][half * 2 + e], out_row));
                }
                if (pool) value[0] = larger(value[0], value[1]);
                DEPIX_UNROLL
                for (int e = 0; e < 2; ++e)
                    if (exists[e]) output.store(place[e] + out_row.offset, value[e]);
            }
    }
}

}  // namespace depix::cuda

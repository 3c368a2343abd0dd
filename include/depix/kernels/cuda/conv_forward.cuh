// Chooses and launches the kernel for everything that convolves one map to another.
#pragma once

#include "depix/kernels/cuda/conv_direct.cuh"
#include "depix/kernels/cuda/conv_groups.cuh"
#include "depix/kernels/cuda/conv_tensor.cuh"
#include "depix/layers/conv_transpose.hpp"

namespace depix::cuda {

/// How many blocks of 4 to 8 warps keep a large GPU busy. Where large tiles would give fewer blocks, small tiles are
/// used.
inline constexpr long long enough_blocks = 256;

/// Output channels that a block of the direct kernel sums up, if there are `out_channels` in all.
constexpr int direct_block(int out_channels) {
    return out_channels <= 4 ? 4 : out_channels <= 8 ? 8 : out_channels <= 16 ? 16 : 32;
}
/// Likewise for the tensor cores' kernel.
constexpr int tensor_block(int out_channels) { return out_channels <= 16 ? 16 : out_channels <= 32 ? 32 : 64; }

/// Whether a tile of the tensor cores' kernel fits into the shared memory that a block can have on every GPU with
/// tensor cores for tf32, and whether its divisions are exact.
constexpr bool tensor_tile_fits(int block_out, int tile_rows, int taps, int step, int channel_words) {
    const TensorTile tile = TensorTile::choose(block_out, tile_rows, taps, step, channel_words);
    const int input_high = (tile_rows - 1) * step + taps, input_wide = (tile_columns - 1) * step + taps;
    const int window = tile.tap_rows * taps;
    return tile.shared_words(block_out, taps) <= 96 * 256 && SmallDivisor::exact(input_high * input_wide, input_wide) &&
           SmallDivisor::exact(tile.steps * product_words * window, window) && SmallDivisor::exact(window, taps);
}

/// Whether this gather uses the tensor cores. It does if at least three quarters of a product's 16 rows and half of its
/// 8 or 16 channels are used, and the stride is so small that neighbouring pixels share inputs.
template <class Precision, class Kind>
constexpr bool use_tensor_cores() {
    if constexpr (Precision::factor == Factor::Float32) {
        return false;
    } else {
        constexpr int per_word = factors_per_word<Precision::factor>;
        return Kind::out_channels >= 12 && Kind::in_channels >= 8 && Kind::step <= 2 &&
               tensor_tile_fits(tensor_block(Kind::out_channels), 16, Kind::max_taps, Kind::step,
                                (Kind::in_channels + per_word - 1) / per_word);
    }
}

/// Blocks of the tensor cores' kernel.
constexpr long long tensor_blocks(const Gather& gather, int batch, int block_out, int tile_rows) {
    const int phases = gather.phases() * gather.phases();
    const int down = (gather.axis(0, gather.height).size + tile_rows - 1) / tile_rows;
    const int across = (gather.axis(0, gather.width).size + tile_columns - 1) / tile_columns;
    return static_cast<long long>(batch) * down * across * ((gather.out_channels + block_out - 1) / block_out) * phases;
}
template <Factor F, int BlockOut, int TileRows, class T>
void launch_by_tensor_cores(cudaStream_t stream, const Gather& gather, View<const T> x, const float* weight,
                            const ConvOutput<T>& output) {
    constexpr int threads = tensor_threads<BlockOut, TileRows>, per_word = factors_per_word<F>;
    const int taps = gather.max_taps(), channel_words = (gather.in_channels + per_word - 1) / per_word;
    const TensorTile tile = TensorTile::choose(BlockOut, TileRows, taps, gather.step(), channel_words);
    launch(stream, convolve_by_tensor_cores<T, F, BlockOut, TileRows>,
           dim3(static_cast<unsigned>(tensor_blocks(gather, x.batch, BlockOut, TileRows))), dim3(threads),
           tile.shared_words(BlockOut, taps) * sizeof(std::uint32_t), gather, x, weight, output, tile);
}

/// How many pictures of `area` pixels each are convolved at once: as many as an int can count the pixels of, and at
/// least one.
constexpr int images_at_once(int batch, long long area) {
    constexpr long long most = 1 << 30;
    return area * batch <= most ? batch : area < most ? static_cast<int>(most / area) : 1;
}

/// output = the gathered sums of x. x is (N, In, H, W).
template <class Precision, class Kind, class T>
void gather_sums(cudaStream_t stream, const Gather& gather, View<const T> x, const float* weight,
                 const ConvOutput<T>& output) {
    const long long area = static_cast<long long>(gather.height) * gather.width;
    const int at_once = images_at_once(x.batch, area);
    for (int first = 0; first < x.batch; first += at_once) {
        const int count = at_once < x.batch - first ? at_once : x.batch - first;
        const View<const T> part = x.images(first, count);
        ConvOutput<T> part_of_output = output;
        part_of_output.y = output.y.images(first, count);
        if constexpr (use_tensor_cores<Precision, Kind>()) {
            constexpr Factor factor = Precision::factor;
            constexpr int large = tensor_block(Kind::out_channels), small = large < 32 ? large : 32;
            if (tensor_blocks(gather, count, large, 16) >= enough_blocks)
                launch_by_tensor_cores<factor, large, 16>(stream, gather, part, weight, part_of_output);
            else
                launch_by_tensor_cores<factor, small, 8>(stream, gather, part, weight, part_of_output);
        } else {
            constexpr int large = direct_block(Kind::out_channels), small = large < 8 ? large : 8;
            const long long tiles = area * count / (direct_threads * direct_pixels);
            if (tiles * ((gather.out_channels + large - 1) / large) >= enough_blocks)
                launch_directly<large, Kind::fixed_taps>(stream, gather, part, weight, part_of_output);
            else
                launch_directly<small, Kind::fixed_taps>(stream, gather, part, weight, part_of_output);
        }
    }
}

/// y = the epilogue of L's sums. L is a Conv or a ConvTranspose.
///
/// x is (N, In, H, W), weight has L's own layout, and y is (N, Out, H', W'). If the sums are pooled, y has half the
/// height and width. If they are shuffled, y has Out / s^2 channels and s times the height and width. Only a Conv's
/// sums can be pooled or shuffled. Throws ShapeError if y has another shape.
template <class Precision, Layer L, class T>
void convolve(cudaStream_t stream, View<const T> x, const float* weight, const ConvEpilogue& epilogue, View<T> y) {
    constexpr ConvGeometry g = L::geometry;
    constexpr bool transposed = L::traits.role == Role::TransposedConvolution;
    const Shape sums = L::output(x.shape());
    const int s = epilogue.shuffle;
    if (transposed && (epilogue.pool || s != 1))
        throw Error("depix: the sums of a transposed convolution are neither pooled nor shuffled");
    const Shape expected = epilogue.pool ? Shape{sums.channels, sums.height / 2, sums.width / 2}
                                         : Shape{sums.channels / (s * s), sums.height * s, sums.width * s};
    if (y.shape() != expected || y.batch != x.batch || (epilogue.pool && s != 1))
        throw ShapeError("depix: a convolution's output is " + to_string(expected) + ", not " + to_string(y.shape()));
    ConvOutput<T> output{y, epilogue};
    if constexpr (!g.plain()) {
        if (epilogue.pool || s != 1)
            throw Error(
                "depix: the sums of a convolution with groups, with dilation, or with a kernel that is not "
                "square are neither pooled nor shuffled");
        if constexpr (transposed)
            elementwise(stream, y, GroupedBackward<T>{g.swapped(), x, weight, output});
        else
            elementwise(stream, y, GroupedForward<T>{g, x, weight, output});
    } else if constexpr (!transposed) {
        using Kind = GatherKind<g.out_channels, g.in_channels, g.kernel, g.stride, false>;
        gather_sums<Precision, Kind>(stream, gather_forward(g, sums.height, sums.width), x, weight, output);
    } else {
        constexpr bool stamps_tile = g.kernel == g.stride && g.padding_before == 0 && g.padding_after == 0 &&
                                     L::output({g.in_channels, 1, 1}).height == g.stride;
        if constexpr (stamps_tile) {
            // The stamps touch but never overlap. So this is a 1x1 convolution whose output channels are a stamp's
            // pixels, followed by a shuffle.
            constexpr int stamp = g.kernel * g.kernel;
            using Kind = GatherKind<g.out_channels * stamp, g.in_channels, 1, 1, false>;
            Gather gather = gather_forward({g.in_channels, g.out_channels * stamp}, x.height, x.width);
            gather.weight_out_stride = 1;
            gather.weight_in_stride = g.out_channels * stamp;
            output.epilogue.shuffle = g.stride;
            output.rows_per_bias = stamp;
            gather_sums<Precision, Kind>(stream, gather, x, weight, output);
        } else {
            using Kind = GatherKind<g.out_channels, g.in_channels, g.kernel, g.stride, true>;
            gather_sums<Precision, Kind>(stream, gather_backward(swapped(g), sums.height, sums.width), x, weight,
                                         output);
        }
    }
}

/// dx = the gradient with respect to L's input, or dx += it. dy is the gradient with respect to L's output.
///
/// dy is (N, Out, H', W'), dx (N, In, H, W), and weight has L's own layout.
template <class Precision, Layer L, class T>
void convolve_back(cudaStream_t stream, View<const T> dy, const float* weight, View<T> dx, bool accumulate) {
    constexpr ConvGeometry g = L::geometry;
    constexpr bool transposed = L::traits.role == Role::TransposedConvolution;
    ConvEpilogue epilogue;
    epilogue.accumulate = accumulate;
    if constexpr (!g.plain()) {
        const ConvOutput<T> output{dx, epilogue};
        if constexpr (transposed)
            elementwise(stream, dx, GroupedForward<T>{g.swapped(), dy, weight, output});
        else
            elementwise(stream, dx, GroupedBackward<T>{g, dy, weight, output});
    } else {
        using Kind = GatherKind<g.in_channels, g.out_channels, g.kernel, g.stride, !transposed>;
        const Gather gather =
            transposed ? gather_forward(swapped(g), dx.height, dx.width) : gather_backward(g, dx.height, dx.width);
        gather_sums<Precision, Kind>(stream, gather, dy, weight, ConvOutput<T>{dx, epilogue});
    }
}

}  // namespace depix::cuda

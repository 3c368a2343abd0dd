// The gradient of a convolution's weights.
//
//     dW[o][c][k][l] = sum over pictures n and output pixels (i, j) of
//                      dy[n][o][i][j] * x[n][c][i * stride - before + k][j * stride - before + l]
//
// This is a product of matrices with few rows, o, few columns, (c, k, l), and a very long inner dimension, the pixels.
// The pixels are cut into parts, so that there are enough blocks. A second kernel adds up the sums of all parts in a
// fixed order, in double, so that a training run can be repeated bit for bit.
#pragma once

#include "depix/kernels/cuda/conv_epilogue.cuh"
#include "depix/kernels/cuda/reduce.cuh"
#include "depix/kernels/cuda/tensor_core.cuh"

namespace depix::cuda {

inline constexpr int gradient_threads = 128;
inline constexpr int gradient_pixels = 32;  ///< of one slab, one per lane

/// Output channels of a block, and its columns (c, k, l). A block has few of them if the convolution has few output
/// channels.
constexpr int gradient_rows(int out_channels) { return out_channels <= 8 ? 8 : out_channels <= 32 ? 16 : 64; }
constexpr int gradient_columns(int out_channels) { return out_channels <= 8 ? 32 : 64; }

/// How the pixels are cut: into `parts` parts of `slabs` slabs each. The last part may have fewer slabs.
struct GradientParts {
    int parts = 1;
    int slabs = 1;

    /// Chooses the cut for weights (out_channels, columns) that are summed over `pixels` pixels.
    static constexpr GradientParts choose(int out_channels, int columns, long long pixels) {
        constexpr long long blocks = 1024, max_floats = 16ll << 20, fewest_slabs = 8;
        const auto ceiling = [](long long a, long long b) { return (a + b - 1) / b; };
        const auto smaller = [](long long a, long long b) { return a < b ? a : b; };
        const long long tiles =
            ceiling(out_channels, gradient_rows(out_channels)) * ceiling(columns, gradient_columns(out_channels));
        const long long slabs = ceiling(pixels, gradient_pixels),
                        weights = static_cast<long long>(out_channels) * columns;
        const long long wanted = smaller(ceiling(blocks, tiles), smaller(slabs / fewest_slabs, max_floats / weights));
        const long long slabs_each = slabs == 0 ? 1 : ceiling(slabs, wanted < 1 ? 1 : wanted);
        return {static_cast<int>(slabs == 0 ? 1 : ceiling(slabs, slabs_each)), static_cast<int>(slabs_each)};
    }
};

/// The type of a pixel's factor in a block's shared memory: a whole word, or half a word for a factor of 16 bits.
template <Factor F>
using GradientFactor = std::conditional_t<F == Factor::Float32, float,
                                          std::conditional_t<F == Factor::TF32, std::uint32_t, std::uint16_t>>;
template <Factor F, class T>
__device__ GradientFactor<F> gradient_factor(T value) {
    if constexpr (F == Factor::Float32)
        return to_float(value);
    else if constexpr (F == Factor::TF32)
        return to_tf32(to_float(value));
    else
        return static_cast<std::uint16_t>(sixteen_bits<F>(value));
}
/// Elements from one row of factors to the next: 32 elements and a gap of 4 words, so that a warp's reads lie in 32
/// banks.
template <Factor F>
inline constexpr int gradient_pitch = gradient_pixels + 16 / static_cast<int>(sizeof(GradientFactor<F>));

/// A row far below any picture. Pixels and columns that do not exist read their input there, and so get zero.
inline constexpr int nowhere = 1 << 29;

/// Where a column (c, k, l) finds its input pixel, relative to the input pixel of channel 0's tap (0, 0).
struct alignas(16) GradientColumn {
    std::ptrdiff_t offset;
    int k, l;
};

template <Factor F>
constexpr std::size_t gradient_shared_bytes(int rows, int columns) {
    return static_cast<std::size_t>(rows + columns) * gradient_pitch<F> * sizeof(GradientFactor<F>) +
           static_cast<std::size_t>(columns) * sizeof(GradientColumn);
}

/// sum[a][b] += left[down + a * Down] . right[across + b * Across], over a slab, on the ordinary cores.
template <int Down, int Across, int Rows, int Columns>
__device__ void add_slab(float (&sum)[Rows][Columns], const float* left, const float* right, int thread) {
    constexpr int pitch = gradient_pitch<Factor::Float32>;
    left += thread / Across * pitch;
    right += thread % Across * pitch;
    DEPIX_UNROLL_BY(2)
    for (int p = 0; p < gradient_pixels; p += 4) {
        FourFloats a[Rows], b[Columns];
        DEPIX_UNROLL
        for (int r = 0; r < Rows; ++r) a[r] = *reinterpret_cast<const FourFloats*>(left + r * Down * pitch + p);
        DEPIX_UNROLL
        for (int c = 0; c < Columns; ++c) b[c] = *reinterpret_cast<const FourFloats*>(right + c * Across * pitch + p);
        DEPIX_UNROLL
        for (int r = 0; r < Rows; ++r)
            for (int c = 0; c < Columns; ++c)
                for (int e = 0; e < 4; ++e) sum[r][c] += a[r].value[e] * b[c].value[e];
    }
}

/// The same on the tensor cores, for the warp's tile of products.
template <Factor F, int Rows, int Columns>
__device__ void add_slab_by_tensor_cores(float (&sum)[Rows][Columns][4], const std::uint32_t* left,
                                         const std::uint32_t* right, int lane) {
    constexpr int per_word = factors_per_word<F>, pitch = gradient_pitch<F> / per_word;
    left += lane / 4 * pitch + lane % 4;
    right += lane / 4 * pitch + lane % 4;
    DEPIX_UNROLL
    for (int word = 0; word < gradient_pixels / per_word; word += product_words) {
        std::uint32_t a[Rows][4], b[Columns][2];
        DEPIX_UNROLL
        for (int r = 0; r < Rows; ++r)
            for (int e = 0; e < 4; ++e) a[r][e] = left[(r * 16 + e % 2 * 8) * pitch + word + e / 2 * 4];
        DEPIX_UNROLL
        for (int c = 0; c < Columns; ++c)
            for (int e = 0; e < 2; ++e) b[c][e] = right[c * 8 * pitch + word + e * 4];
        multiply_add<F>(sum, a, b);
    }
}

/// partial (parts, Out, In * K * K) = the sums over each part's pixels. x is (N, In, H, W), dy (N, Out, H', W').
///
/// grid (tiles of columns, tiles of Out, parts).
template <class T, Factor F, int BlockRows, int BlockColumns>
__global__ void __launch_bounds__(gradient_threads, F == Factor::Float32 && BlockRows >= 16 ? 4 : 6)
    sum_weight_gradients(ConvGeometry g, View<const T> x, View<const T> dy, int slabs, float* partial) {
    constexpr int pitch = gradient_pitch<F>, warps = gradient_threads / 32;
    const int thread = static_cast<int>(threadIdx.x), warp = thread / 32, lane = thread % 32;
    const int first_out = static_cast<int>(blockIdx.y) * BlockRows;
    const int first_column = static_cast<int>(blockIdx.x) * BlockColumns;
    const int window = g.kernel * g.kernel, all_columns = g.in_channels * window;
    const int outs = g.out_channels - first_out, columns = all_columns - first_column;  // may be more than a block's
    auto* left = shared_memory<GradientFactor<F>>();                                    // (BlockRows, pitch)
    auto* right = left + BlockRows * pitch;                                             // (BlockColumns, pitch)
    auto* places = reinterpret_cast<GradientColumn*>(right + BlockColumns * pitch);
    for (int column = thread; column < BlockColumns; column += gradient_threads) {
        const int c = (first_column + column) / window, tap = (first_column + column) % window;
        const int k = tap / g.kernel, l = tap % g.kernel;
        places[column] = {c * x.channel_stride + k * x.row_stride + l, column < columns ? k : nowhere, l};
    }

    const int area = dy.height * dy.width, part = static_cast<int>(blockIdx.z);
    const long long pixels = static_cast<long long>(dy.batch) * area;
    const long long first = static_cast<long long>(part) * slabs * gradient_pixels + lane;
    int n = static_cast<int>(first / area), i = static_cast<int>(first % area) / dy.width;
    int j = static_cast<int>(first % area) % dy.width;

    // On the ordinary cores a thread sums up Rows x Columns products; on the tensor cores a warp sums up tiles of them.
    constexpr bool on_tensor_cores = F != Factor::Float32;
    constexpr int down = BlockRows < 16 ? BlockRows : 16, across = gradient_threads / down;
    constexpr int warps_down = BlockRows < 64 ? 1 : 2, warps_across = warps / warps_down;
    constexpr int tiles_down = on_tensor_cores ? BlockRows / 16 / warps_down : 1;
    constexpr int tiles_across = on_tensor_cores ? BlockColumns / 8 / warps_across : 1;
    static_assert(tiles_down >= 1, "a product has 16 rows");
    [[maybe_unused]] float sum[BlockRows / down][BlockColumns / across] = {};
    [[maybe_unused]] float tile_sum[tiles_down][tiles_across][4] = {};
    [[maybe_unused]] const int warp_out = warp / warps_across * tiles_down * 16;
    [[maybe_unused]] const int warp_column = warp % warps_across * tiles_across * 8;

    for (long long slab = 0; slab < slabs && first - lane + slab * gradient_pixels < pixels; ++slab) {
        const bool exists = n < dy.batch;
        const int row = exists ? i * g.stride - g.padding_before : nowhere, column = j * g.stride - g.padding_before;
        const T* dy_here = dy.data + (n * dy.batch_stride + i * dy.row_stride + j);
        const T* x_here = x.data + (n * x.batch_stride + row * x.row_stride + column);
        __syncthreads();
        constexpr int rows_at_once = BlockRows / warps < 4 ? BlockRows / warps : 4, columns_at_once = 4;
        std::ptrdiff_t offset = (first_out + warp) * dy.channel_stride;
        for (int o = warp; o < BlockRows; o += warps * rows_at_once) {
            T values[rows_at_once];
            DEPIX_UNROLL
            for (int u = 0; u < rows_at_once; ++u) {
                values[u] = exists && o + u * warps < outs ? dy_here[offset] : T{};
                offset += warps * dy.channel_stride;
                carry_along(offset);
            }
            DEPIX_UNROLL
            for (int u = 0; u < rows_at_once; ++u) left[(o + u * warps) * pitch + lane] = gradient_factor<F>(values[u]);
        }
        for (int c = warp; c < BlockColumns; c += warps * columns_at_once) {
            T values[columns_at_once];
            DEPIX_UNROLL
            for (int u = 0; u < columns_at_once; ++u) {
                GradientColumn place = places[c + u * warps];
                carry_along(place.offset);  // read even if it is not needed, to avoid a branch
                values[u] = within(row + place.k, column + place.l, x.height, x.width) ? x_here[place.offset] : T{};
            }
            DEPIX_UNROLL
            for (int u = 0; u < columns_at_once; ++u)
                right[(c + u * warps) * pitch + lane] = gradient_factor<F>(values[u]);
        }
        __syncthreads();
        if constexpr (on_tensor_cores)
            add_slab_by_tensor_cores<F>(tile_sum, reinterpret_cast<const std::uint32_t*>(left + warp_out * pitch),
                                        reinterpret_cast<const std::uint32_t*>(right + warp_column * pitch), lane);
        else
            add_slab<down, across>(sum, left, right, thread);
        for (j += gradient_pixels; j >= dy.width; j -= dy.width)
            if (++i == dy.height) {
                i = 0;
                ++n;
            }
    }

    float* result = partial + static_cast<std::size_t>(part) * g.weight_count() + first_column;
    const auto store = [&](int o, int column, float value) {
        if (o < outs && column < columns)
            result[static_cast<std::ptrdiff_t>(first_out + o) * all_columns + column] = value;
    };
    if constexpr (on_tensor_cores) {
        DEPIX_UNROLL
        for (int r = 0; r < tiles_down; ++r)
            for (int c = 0; c < tiles_across; ++c)
                for (int e = 0; e < 4; ++e)
                    store(warp_out + r * 16 + e / 2 * 8 + lane / 4, warp_column + c * 8 + lane % 4 * 2 + e % 2,
                          tile_sum[r][c][e]);
    } else {
        DEPIX_UNROLL
        for (int r = 0; r < BlockRows / down; ++r)
            for (int c = 0; c < BlockColumns / across; ++c)
                store(thread / across + r * down, thread % across + c * across, sum[r][c]);
    }
}

/// gradient[w] += the sum over the parts of partial[part][w]. A block has 32 weights, and its Warps warps share the
/// parts.
template <int Warps>
__global__ void add_parts(int parts, std::size_t weights, const float* partial, float* gradient) {
    constexpr int lanes = 32;
    const int lane = static_cast<int>(threadIdx.x) % lanes, warp = static_cast<int>(threadIdx.x) / lanes;
    const std::size_t weight = static_cast<std::size_t>(blockIdx.x) * lanes + static_cast<std::size_t>(lane);
    double sum = 0;
    if (weight < weights) {
        DEPIX_UNROLL_BY(4)
        for (int part = warp; part < parts; part += Warps)
            sum += static_cast<double>(partial[static_cast<std::size_t>(part) * weights + weight]);
    }
    double* sums = shared_memory<double>();  // (Warps, lanes)
    sums[threadIdx.x] = sum;
    __syncthreads();
    if (warp != 0 || weight >= weights) return;
    for (int other = 1; other < Warps; ++other) sum += sums[other * lanes + lane];
    gradient[weight] += static_cast<float>(sum);
}

/// Floats of scratch for the gradient of a convolution's weights and biases, with `pixels` output pixels in all.
constexpr std::size_t weight_gradient_scratch(const ConvGeometry& g, long long pixels) {
    const int columns = g.in_channels * g.kernel * g.kernel;
    return static_cast<std::size_t>(GradientParts::choose(g.out_channels, columns, pixels).parts) * g.weight_count();
}

/// d_weight (Out, In, K, K) += the gradient. x is (N, In, H, W), dy (N, Out, H', W'). Rows is g.out_channels, which
/// chooses the kernel. scratch has weight_gradient_scratch floats.
template <class Precision, int Rows, class T>
void add_weight_gradient(cudaStream_t stream, const ConvGeometry& g, View<const T> x, View<const T> dy, float* d_weight,
                         float* scratch) {
    constexpr int rows = gradient_rows(Rows), block_columns = gradient_columns(Rows);
    constexpr Factor factor = rows < 16 ? Factor::Float32 : Precision::factor;  // a product has 16 rows
    const int columns = g.in_channels * g.kernel * g.kernel;
    const long long pixels = static_cast<long long>(dy.batch) * dy.height * dy.width;
    if (pixels == 0) return;
    const GradientParts cut = GradientParts::choose(Rows, columns, pixels);
    const dim3 grid(static_cast<unsigned>((columns + block_columns - 1) / block_columns),
                    static_cast<unsigned>((Rows + rows - 1) / rows), static_cast<unsigned>(cut.parts));
    launch(stream, sum_weight_gradients<T, factor, rows, block_columns>, grid, dim3(gradient_threads),
           gradient_shared_bytes<factor>(rows, block_columns), g, x, dy, cut.slabs, scratch);
    constexpr int warps = 8;
    launch(stream, add_parts<warps>, dim3(static_cast<unsigned>((g.weight_count() + 31) / 32)), dim3(warps * 32),
           warps * 32 * sizeof(double), cut.parts, g.weight_count(), static_cast<const float*>(scratch), d_weight);
}

/// The sum of dy for each channel, which is then added to d_bias.
template <class T>
struct BiasGradient {
    View<const T> dy;
    __device__ void operator()(int n, int c, int i, int j, float (&sum)[1]) const {
        sum[0] += to_float(dy(n, c, i, j));
    }
};
struct AddBiasGradient {
    float* d_bias;
    __device__ void operator()(int c, const double (&sum)[1]) const { d_bias[c] += static_cast<float>(sum[0]); }
};
/// d_bias (C) += the sums of dy (N, C, H, W). scratch has reduce_scratch(N, {C, H, W}, 1) floats.
template <class T>
void add_bias_gradient(cudaStream_t stream, View<const T> dy, float* d_bias, float* scratch) {
    reduce_channels<1>(stream, dy, BiasGradient<T>{dy}, AddBiasGradient{d_bias}, scratch);
}

}  // namespace depix::cuda

// A convolution on the ordinary cores. Each thread sums up a few output pixels, for a block of output channels, in its
// registers.
//
// The threads of a block have neighbouring pixels, so a warp reads an input channel in whole lines. It reads each line
// once for every tap; the first-level cache serves all reads but the first. A thread multiplies each value by BlockOut
// weights, which lie in shared memory, where all threads read the same four at a time. So for one tap of all its 4
// pixels a thread has 4 loads of input, BlockOut / 4 loads of weights, and 4 * BlockOut multiply-adds.
#pragma once

#include "depix/kernels/cuda/conv_epilogue.cuh"

namespace depix::cuda {

inline constexpr int direct_threads = 128;
inline constexpr int direct_pixels = 4;  ///< per thread
/// A row of weights in shared memory is longer by this many floats, so that writing steps through all banks by 16
/// bytes.
inline constexpr int direct_padding = 4;
/// The most floats of weights that are staged at a time, unless one line (see below) has more.
inline constexpr int direct_slab_floats = 4096;

/// Blocks that must fit into a multiprocessor at once: as many as the registers allow, given the number of sums.
constexpr int direct_residents(int block_out) { return block_out >= 32 ? 2 : block_out >= 16 ? 3 : 4; }

/// y = the gathered sums. x is (N, In, H, W), and y is (N, Out, H', W') before pooling or shuffling. The gather says
/// how weight is laid out.
///
/// Taps is the kernel's height and width in every phase, or 0 if they are known only at run time. `slab` lines of
/// weights are staged at once; a line is one row of taps of an input channel. The grid is phases, which vary fastest, x
/// tiles of BlockOut channels x tiles of 512 pixels, of all pictures.
template <class T, int BlockOut, int Taps>
__global__ void __launch_bounds__(direct_threads, direct_residents(BlockOut))
    convolve_directly(Gather gather, View<const T> x, const float* weight, ConvOutput<T> output, int slab) {
    constexpr int pitch = BlockOut + direct_padding;
    [[maybe_unused]] constexpr int unroll = Taps > 0 ? Taps : 3;
    const int thread = static_cast<int>(threadIdx.x);
    const int phases = gather.phases(), channel_tiles = (gather.out_channels + BlockOut - 1) / BlockOut;
    int block = static_cast<int>(blockIdx.x);
    const int phase = block % (phases * phases);
    block /= phases * phases;
    const int first_out = block % channel_tiles * BlockOut, tile = block / channel_tiles;
    const GatherAxis rows = gather.axis(phase / phases, gather.height);
    const GatherAxis columns = gather.axis(phase % phases, gather.width);
    const int high = Taps > 0 ? Taps : rows.taps, wide = Taps > 0 ? Taps : columns.taps;

    // A thread's pixels lie as far apart as a block has threads; if they are pooled, they are one window.
    const bool pool = output.epilogue.pool;
    const int across = pool ? columns.size / 2 : columns.size, area = (pool ? rows.size / 2 : rows.size) * across;
    const int total = x.batch * area, block_pixels = pool ? direct_threads : direct_threads * direct_pixels;
    if (static_cast<long long>(tile) * block_pixels >= total) return;
    struct Pixel {
        bool exists;
        int n, i, j;
    };
    const auto pixel = [&](int q) {
        const int index = tile * block_pixels + thread + (pool ? 0 : q * direct_threads);
        const int n = index / area, i = index % area / across, j = index % across;
        return pool ? Pixel{index < total, n, 2 * i + q / 2, 2 * j + q % 2} : Pixel{index < total, n, i, j};
    };

    // Where the first tap of a line reads. The pointers move along with the lines, because computing an address for
    // each load would be most of the work.
    const T* from[direct_pixels];
    int row[direct_pixels], column[direct_pixels];
    unsigned inside[direct_pixels] = {};  // bit k * Taps + l: whether tap (k, l) lies within the input
    DEPIX_UNROLL
    for (int q = 0; q < direct_pixels; ++q) {
        const Pixel p = pixel(q);
        row[q] = p.exists ? p.i * rows.step + rows.shift : x.height;  // no tap of a missing pixel lies within
        column[q] = p.j * columns.step + columns.shift;
        from[q] = x.data + (p.n * x.batch_stride + row[q] * x.row_stride + column[q]);
        DEPIX_UNROLL
        for (int k = 0; k < Taps; ++k)
            for (int l = 0; l < Taps; ++l)
                if (within(row[q] + k, column[q] + l, x.height, x.width)) inside[q] |= 1u << (k * Taps + l);
    }

    float sum[BlockOut][direct_pixels] = {};
    float* shared = shared_memory<float>();  // (lines, wide, pitch)
    const int lines = gather.in_channels * high;
    int k = 0;  // the line's row of taps
    const std::ptrdiff_t to_next_channel = x.channel_stride - (high - 1) * x.row_stride;
    for (int first = 0; first < lines; first += slab) {
        const int count = slab < lines - first ? slab : lines - first;
        __syncthreads();
        for (int tap = thread % 32; tap < count * wide; tap += 32) {
            const int c = (first + tap / wide) / high;
            const int weight_row = rows.first_tap + (first + tap / wide) % high * rows.tap_step;
            const int weight_column = columns.first_tap + tap % wide * columns.tap_step;
            const float* factors = weight + c * gather.weight_in_stride + weight_row * gather.kernel + weight_column;
            DEPIX_UNROLL_BY(4)
            for (int o = thread / 32; o < BlockOut; o += direct_threads / 32)
                shared[tap * pitch + o] =
                    first_out + o < gather.out_channels ? factors[(first_out + o) * gather.weight_out_stride] : 0.f;
        }
        __syncthreads();
        DEPIX_UNROLL_BY(1)
        for (int line = 0; line < count; ++line) {
            DEPIX_UNROLL_BY(unroll)
            for (int l = 0; l < wide; ++l) {
                float value[direct_pixels];
                DEPIX_UNROLL
                for (int q = 0; q < direct_pixels; ++q) {
                    const bool there = Taps > 0 ? (inside[q] >> (k * Taps + l) & 1u) != 0
                                                : within(row[q] + k, column[q] + l, x.height, x.width);
                    value[q] = there ? to_float(from[q][l]) : 0.f;
                }
                const FourFloats* weights = reinterpret_cast<const FourFloats*>(shared + (line * wide + l) * pitch);
                DEPIX_UNROLL
                for (int o = 0; o < BlockOut; o += 4) {
                    const FourFloats factor = weights[o / 4];
                    DEPIX_UNROLL
                    for (int e = 0; e < 4; ++e)
                        for (int q = 0; q < direct_pixels; ++q) sum[o + e][q] += factor.value[e] * value[q];
                }
            }
            DEPIX_UNROLL
            for (int q = 0; q < direct_pixels; ++q) from[q] += k + 1 < high ? x.row_stride : to_next_channel;
            k = k + 1 < high ? k + 1 : 0;
        }
    }

    __syncthreads();
    ConvRow* out_rows = shared_memory<ConvRow>();  // (BlockOut), where the weights were
    const int outs = gather.out_channels - first_out < BlockOut ? gather.out_channels - first_out : BlockOut;
    if (thread < outs) out_rows[thread] = output.row(first_out + thread);
    __syncthreads();
    std::ptrdiff_t place[direct_pixels];
    bool exists[direct_pixels];
    DEPIX_UNROLL
    for (int q = 0; q < direct_pixels; ++q) {
        const Pixel p = pixel(q);
        exists[q] = p.exists;
        place[q] = pool ? output.pixel_offset(p.n, p.i / 2, p.j / 2)
                        : output.pixel_offset(p.n, p.i * rows.out_step + rows.out_first,
                                              p.j * columns.out_step + columns.out_first);
    }
    DEPIX_UNROLL
    for (int o = 0; o < BlockOut; ++o) {
        if (o >= outs) break;
        const ConvRow out_row = out_rows[o];
        float value[direct_pixels];
        DEPIX_UNROLL
        for (int q = 0; q < direct_pixels; ++q) value[q] = output.activated(sum[o][q], out_row);
        if (pool) value[0] = larger(larger(value[0], value[1]), larger(value[2], value[3]));
        DEPIX_UNROLL
        for (int q = 0; q < direct_pixels; ++q)
            if (exists[q] && (q == 0 || !pool)) output.store(place[q] + out_row.offset, value[q]);
    }
}

/// Launches convolve_directly. The pictures must be few enough for an int to count their pixels.
template <int BlockOut, int Taps, class T>
void launch_directly(cudaStream_t stream, const Gather& gather, View<const T> x, const float* weight,
                     const ConvOutput<T>& output) {
    const int phases = gather.phases() * gather.phases();
    const GatherAxis rows = gather.axis(0, gather.height), columns = gather.axis(0, gather.width);
    const bool pool = output.epilogue.pool;
    const long long pixels =
        pool ? static_cast<long long>(x.batch) * (rows.size / 2) * (columns.size / 2) * direct_pixels
             : static_cast<long long>(x.batch) * rows.size * columns.size;
    const long long tiles = (pixels + direct_threads * direct_pixels - 1) / (direct_threads * direct_pixels);
    const long long blocks = tiles * ((gather.out_channels + BlockOut - 1) / BlockOut) * phases;
    const int line = gather.max_taps() * (BlockOut + direct_padding), lines = gather.in_channels * gather.max_taps();
    const int fit = direct_slab_floats > line ? direct_slab_floats / line : 1, slab = fit < lines ? fit : lines;
    const std::size_t weights = static_cast<std::size_t>(slab) * static_cast<std::size_t>(line) * sizeof(float);
    const std::size_t out_rows = BlockOut * sizeof(ConvRow);
    launch(stream, convolve_directly<T, BlockOut, Taps>, dim3(static_cast<unsigned>(blocks)), dim3(direct_threads),
           weights > out_rows ? weights : out_rows, gather, x, weight, output, slab);
}

}  // namespace depix::cuda

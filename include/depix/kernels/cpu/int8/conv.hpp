// Convolutions of quads, direct and transposed.
//
// A transposed convolution with stride s is s * s convolutions with stride 1, one for each place of an output pixel
// between the input's (its phase). So both are sums over taps: for each tap, the input's rows are loaded at an offset,
// and multiplied by a weight that is the same for all pixels of a vector.
#pragma once

#include "depix/kernels/cpu/int8/packed_conv.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

namespace int8_detail {

/// The sums of a block of output channels for some vectors of pixels, and the same as quads.
template <int Outputs, int Vectors>
using Sums = IntegerVector[bound(Outputs)][bound(Vectors)];
template <int Outputs, int Vectors>
using OutputQuads = IntegerVector[bound((Outputs + 3) / 4)][bound(Vectors)];

/// The pixels of a vector, `stride` apart.
template <int Stride>
DEPIX_INLINE IntegerVector load_pixels(const std::uint32_t* from, int stride) {
    if constexpr (Stride == 1) {
        return load_words(from);
    } else if constexpr (Stride == 2) {
        return even_words(load_words(from), load_words(from + vector_width));
    } else {
        IntegerVector v{};
        for (int i = 0; i < vector_width; ++i) v[i] = static_cast<int>(from[i * stride]);
        return v;
    }
}

/// One block of output channels of a row: what it needs besides the place in the row.
struct Block {
    const Int8Conv& conv;
    const Int8Conv::Phase& phase;
    const std::uint32_t* x;      ///< the input pixel of the row's first output, in the first plane
    const std::ptrdiff_t* taps;  ///< each tap's distance from it
    std::ptrdiff_t plane_stride;
    int first;  ///< output channel
    const std::int32_t* words;
};

/// Sums for Outputs channels and Vectors * vector_width pixels from pixel j of the row on.
template <int Outputs, int Vectors, int Stride>
DEPIX_INLINE void add_taps(const Block& b, int j, Sums<Outputs, Vectors>& sums) {
    const Int8Conv& conv = b.conv;
#pragma GCC unroll 8
    for (int o = 0; o < Outputs; ++o)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v)
            sums[o][v] = broadcast_word(b.phase.bias[static_cast<std::size_t>(b.first + o)]);
    const std::uint32_t* plane = b.x + j * conv.stride;
    const std::int32_t* words = b.words;
    const std::size_t taps = b.phase.rows.size();
    for (int q = 0; q < conv.in_quads; ++q, plane += b.plane_stride)
        for (std::size_t t = 0; t < taps; ++t, words += Outputs * words_per_quad) {
            Quads x[bound(Vectors)];
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v)
                x[v] = split(load_pixels<Stride>(plane + b.taps[t] + v * vector_width * conv.stride, conv.stride));
#pragma GCC unroll 8
            for (int o = 0; o < Outputs; ++o) {
                IntegerVector w[bound(words_per_quad)];
                for (int i = 0; i < words_per_quad; ++i) w[i] = broadcast_word(words[o * words_per_quad + i]);
#pragma GCC unroll 8
                for (int v = 0; v < Vectors; ++v) add_products(sums[o][v], x[v], w);
            }
        }
}

/// The sums as quads: integers::Epilogue for every lane, plus 128, without the table.
template <int Outputs, int Vectors>
DEPIX_INLINE void requantize(const Block& b, const Sums<Outputs, Vectors>& sums, OutputQuads<Outputs, Vectors>& quads) {
    const Int8Conv& conv = b.conv;
    const bool leaky = !conv.negative_multiplier.empty();
    const auto low = static_cast<std::int32_t>(conv.low * 0x01010101u);
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
        IntegerVector scaled[bound(round_up(Outputs, 4))] = {};
#pragma GCC unroll 8
        for (int o = 0; o < Outputs; ++o) {
            const auto channel = static_cast<std::size_t>(b.first + o);
            IntegerVector factor = broadcast_word(conv.multiplier[channel]);
            if (leaky) factor = sums[o][v] < 0 ? broadcast_word(conv.negative_multiplier[channel]) : factor;
            scaled[o] = (upper_products(sums[o][v], factor) + conv.offset[channel]) >> conv.shift[channel];
        }
#pragma GCC unroll 2
        for (int q = 0; q < (Outputs + 3) / 4; ++q)
            quads[q][v] =
                larger_bytes(pack_quads(scaled[4 * q], scaled[4 * q + 1], scaled[4 * q + 2], scaled[4 * q + 3]),
                             broadcast_word(low));
    }
}

/// Calls piece<Count>(j) for the input pixels [0, width), Count vectors at once.
template <int Vectors, class Piece>
DEPIX_INLINE void for_pieces(int width, const Piece& piece) {
    int j = 0;
    for (; j + (Vectors - 1) * vector_width < width; j += Vectors * vector_width) piece.template operator()<Vectors>(j);
    for (; j < width; j += vector_width) piece.template operator()<1>(j);
}

/// A row of a convolution: all pixels of output row i, for the block's channels.
template <int Outputs, int Vectors, int Stride>
void conv_block_row(const Block& b, const QuadMap& y, int i) {
    for_pieces<Vectors>(y.width, [&]<int Count>(int j) {
        Sums<Outputs, Count> sums;
        OutputQuads<Outputs, Count> quads;
        add_taps<Outputs, Count, Stride>(b, j, sums);
        requantize<Outputs, Count>(b, sums, quads);
        for (int q = 0; q < (Outputs + 3) / 4; ++q)
            for (int v = 0; v < Count; ++v) store_words(y.row(b.first / 4 + q, i) + j + v * vector_width, quads[q][v]);
    });
}

/// The same with 2x2 max pooling after it: `b` and `below` are the two rows of the convolution. The largest sum gives
/// the largest integer, so that only a quarter of the sums are requantized.
template <int Outputs>
void pooled_block_row(const Block& b, const Block& below, const QuadMap& y, int i) {
    for (int j = 0; j < y.width; j += vector_width) {
        Sums<Outputs, 2> sums, lower;
        Sums<Outputs, 1> largest;
        OutputQuads<Outputs, 1> quads;
        add_taps<Outputs, 2, 1>(b, 2 * j, sums);
        add_taps<Outputs, 2, 1>(below, 2 * j, lower);
        const auto larger = [](IntegerVector one, IntegerVector two) { return one > two ? one : two; };
#pragma GCC unroll 8
        for (int o = 0; o < Outputs; ++o) {
            const IntegerVector left = larger(sums[o][0], lower[o][0]), right = larger(sums[o][1], lower[o][1]);
            largest[o][0] = larger(even_words(left, right), odd_words(left, right));
        }
        requantize<Outputs, 1>(b, largest, quads);
        for (int q = 0; q < (Outputs + 3) / 4; ++q) store_words(y.row(b.first / 4 + q, i) + j, quads[q][0]);
    }
}

/// A row for both column phases of a transposed convolution with stride 2, whose pixels alternate.
template <int Outputs, int Vectors>
void transposed_block_row(const Block& left, const Block& right, const QuadMap& y, int i) {
    for_pieces<Vectors>((y.width + 1) / 2, [&]<int Count>(int j) {
        Sums<Outputs, Count> sums;
        OutputQuads<Outputs, Count> a, c;
        add_taps<Outputs, Count, 1>(left, j, sums);
        requantize<Outputs, Count>(left, sums, a);
        add_taps<Outputs, Count, 1>(right, j, sums);
        requantize<Outputs, Count>(right, sums, c);
        for (int q = 0; q < (Outputs + 3) / 4; ++q)
            for (int v = 0; v < Count; ++v) {
                std::uint32_t* to = y.row(left.first / 4 + q, i) + 2 * (j + v * vector_width);
                const int left_over = y.width - 2 * (j + v * vector_width);
                if (left_over > 0) store_words(to, zip_low_words(a[q][v], c[q][v]));
                if (left_over > vector_width) store_words(to + vector_width, zip_high_words(a[q][v], c[q][v]));
            }
    });
}

/// Any other stride: pixel by pixel.
template <int Outputs>
void transposed_block_row(const Block* columns, int s, const QuadMap& y, int i) {
    for (int p = 0; p < s; ++p)
        for (int j = 0; s * j + p < y.width; j += vector_width) {
            Sums<Outputs, 1> sums;
            OutputQuads<Outputs, 1> quads;
            add_taps<Outputs, 1, 1>(columns[p], j, sums);
            requantize<Outputs, 1>(columns[p], sums, quads);
            for (int q = 0; q < (Outputs + 3) / 4; ++q)
                for (int v = 0; v < vector_width && s * (j + v) + p < y.width; ++v)
                    y.row(columns[p].first / 4 + q, i)[s * (j + v) + p] = static_cast<std::uint32_t>(quads[q][0][v]);
        }
}

/// How many vectors of pixels a block computes at once: enough sums to hide an instruction's latency, few enough for
/// the registers.
constexpr int block_vectors(int outputs) {
    return vector_registers == 32 ? (outputs <= 4 ? 4 : outputs <= 6 ? 3 : 2) : outputs <= 4 ? 2 : 1;
}

/// `blocks` are the column phases of a transposed convolution, or both rows that are pooled, or one.
template <int Outputs>
void conv_row(const Block* blocks, bool pooled, const QuadMap& y, int i) {
    const Int8Conv& conv = blocks[0].conv;
    constexpr int vectors = block_vectors(Outputs);
    if (pooled)
        pooled_block_row<Outputs>(blocks[0], blocks[1], y, i);
    else if (conv.phases == 2)
        transposed_block_row<Outputs, (vectors < 2 || Outputs == 1 ? vectors : 2)>(blocks[0], blocks[1], y, i);
    else if (conv.phases > 1)
        transposed_block_row<Outputs>(blocks, conv.phases, y, i);
    else if (conv.stride == 1)
        conv_block_row<Outputs, vectors, 1>(blocks[0], y, i);
    else if (conv.stride == 2)
        conv_block_row<Outputs, vectors, 2>(blocks[0], y, i);
    else
        conv_block_row<Outputs, 1, 0>(blocks[0], y, i);
}

}  // namespace int8_detail

/// Whether int8_conv_rows can compute the 2x2 max pooling after the convolution too: where a larger sum gives a larger
/// integer.
inline bool can_pool(const Int8Conv& conv) {
    return conv.phases == 1 && conv.stride == 1 && conv.negative_multiplier.empty() && conv.table.empty();
}

/// Output rows [rows.first, rows.last); if `pooled`, of the pooling after the convolution. x has a border as wide as
/// the kernel's padding.
inline void int8_conv_rows(const Int8Conv& conv, bool pooled, const QuadMap& x, const QuadMap& y, Part rows) {
    using int8_detail::Block, int8_detail::conv_row;
    constexpr int most_taps = 1024, most_blocks = 8;
    const int blocks = pooled ? 2 : conv.phases;
    std::ptrdiff_t taps[most_taps];
    std::size_t starts[most_blocks] = {};
    for (int i = rows.first; i < rows.last; ++i) {
        const int a = i % conv.phases, row = pooled ? 2 * i : i / conv.phases * conv.stride;
        const auto phase = [&](int p) -> const Int8Conv::Phase& {
            return conv.all[static_cast<std::size_t>(a * conv.phases + (pooled ? 0 : p))];
        };
        std::size_t used = 0;
        for (int p = 0; p < blocks; ++p) {
            starts[p] = used;
            for (std::size_t t = 0; t < phase(p).rows.size() && !(pooled && p == 1); ++t)
                taps[used++] = phase(p).rows[t] * x.row_stride + phase(p).columns[t];
        }
        if (pooled) starts[1] = 0;
        for (int first = 0; first < conv.out_channels; first += Int8Conv::block) {
            const int outputs = conv.block_size(first);
            const auto block = [&](int p) {
                p = p < blocks ? p : 0;  // never read then
                const std::size_t words =
                    static_cast<std::size_t>(first * conv.in_quads * words_per_quad) * phase(p).rows.size();
                return Block{conv,           phase(p), x.row(0, row + (pooled ? p : 0)), taps + starts[p],
                             x.plane_stride, first,    phase(p).words.data() + words};
            };
            const Block all[most_blocks] = {block(0), block(1), block(2), block(3),
                                            block(4), block(5), block(6), block(7)};
            (outputs == 1   ? &conv_row<1>
             : outputs == 4 ? &conv_row<4>
             : outputs == 6 ? &conv_row<6>
                            : &conv_row<8>)(all, pooled, y, i);
        }
        if (!conv.table.empty())
            for (int q = 0; q < y.quads(); ++q)
                for (int j = 0; j < y.width; j += vector_width)
                    store_words(y.row(q, i) + j, look_up(load_words(y.row(q, i) + j), conv.table.data()));
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

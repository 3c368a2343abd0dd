// Convolutions of quads, packed: their taps, their weights in the order in which conv.hpp reads them, and how their
// sums become bytes.
#pragma once

#include <vector>

#include "depix/kernels/cpu/int8/map.hpp"
#include "depix/layers/conv.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// A convolution, packed for conv_rows.
struct Int8Conv {
    static constexpr int block = 8;  ///< output channels that are computed together

    /// One phase: the taps as rows and columns from the input pixel (output / s) * stride, and their words:
    /// (blocks of output channels, input quads, taps, channels of the block, words_per_quad).
    struct Phase {
        std::vector<int> rows, columns;
        std::vector<std::int32_t> words, bias;
    };
    int in_quads = 0, out_channels = 0;
    int stride = 1;          ///< of a convolution
    int phases = 1;          ///< s of a transposed convolution
    std::vector<Phase> all;  ///< (phases, phases): of rows, then of columns
    std::vector<std::int32_t> multiplier, negative_multiplier, shift, offset;
    std::uint8_t low = 0;
    std::vector<std::uint8_t> table;  ///< of bytes
    int window_before = -1;           ///< not negative: the input is windows of a grey picture (encode_windows)

    /// How many channels are computed in the block that begins at this one: as many as there are, and as many more
    /// with weights 0 as make a number for which there is a kernel.
    int block_size(int first) const {
        const int rest = out_channels - first;
        return rest == 1 ? 1 : rest <= 4 ? 4 : rest <= 6 ? 6 : block;
    }
};

/// weight(o, c, k, l) is a weight of the convolution, or 0. requantized is as kernels/int8.hpp has it, for sums of
/// weight * (x - x_zero).
template <class Weight>
Int8Conv pack_int8_conv(const ConvGeometry& g, bool transposed, bool windows, int x_zero,
                        const integers::Epilogue& requantized, Weight&& weight) {
    Int8Conv packed;
    const int s = transposed ? g.stride : 1;
    packed.in_quads = windows ? 1 : (g.in_channels + 3) / 4;
    packed.out_channels = g.out_channels;
    packed.stride = transposed ? 1 : g.stride;
    packed.phases = s;
    packed.window_before = windows ? g.width_padding_before : -1;
    for (int o = 0; o < g.out_channels; ++o) {
        const int shift = requantized.shift[o];
        packed.shift.push_back(shift);
        packed.multiplier.push_back(requantized.multiplier[o]);
        if (requantized.negative_multiplier) packed.negative_multiplier.push_back(requantized.negative_multiplier[o]);
        // Half of what is shifted away, to round, and the zero point of the byte.
        packed.offset.push_back((1 << (shift - 1)) + ((requantized.zero_point + 128) << shift));
    }
    for (std::vector<std::int32_t>* each :
         {&packed.multiplier, &packed.negative_multiplier, &packed.offset, &packed.shift})
        if (!each->empty()) each->resize(static_cast<std::size_t>(round_up(g.out_channels, Int8Conv::block)), 1);
    packed.low = static_cast<std::uint8_t>(requantized.low + 128);
    for (int q = 0; requantized.table && q < 256; ++q)
        packed.table.push_back(static_cast<std::uint8_t>(requantized.table[q] + 128));

    for (int a = 0; a < s; ++a)
        for (int b = 0; b < s; ++b) {
            Int8Conv::Phase phase;
            std::vector<int> ks, ls;
            for (int k = 0; k < g.kernel; ++k)
                for (int l = 0; l < (windows ? 1 : g.kernel_width); ++l) {
                    const int row =
                        transposed ? a + g.padding_before - k * g.dilation : k * g.dilation - g.padding_before;
                    const int column = transposed ? b + g.width_padding_before - l * g.dilation
                                       : windows  ? 0
                                                  : l * g.dilation - g.width_padding_before;
                    if (transposed && (floor_divide(row, s) * s != row || floor_divide(column, s) * s != column))
                        continue;
                    phase.rows.push_back(floor_divide(row, s));
                    phase.columns.push_back(floor_divide(column, s));
                    ks.push_back(k);
                    ls.push_back(l);
                }
            // The products are those of x + product_offset, so that their sum is (x_zero + product_offset) * (sum of
            // weights) too large. That holds at the edges too, because the borders hold x_zero.
            phase.bias.resize(static_cast<std::size_t>(round_up(g.out_channels, Int8Conv::block)));
            for (int o = 0; o < g.out_channels; ++o) {
                std::int32_t sum = 0;
                for (int c = 0; c < g.in_channels; ++c)
                    for (std::size_t t = 0; t < ks.size(); ++t)
                        for (int l = 0; l < (windows ? g.kernel_width : 1); ++l)
                            sum += weight(o, c, ks[t], windows ? l : ls[t]);
                phase.bias[static_cast<std::size_t>(o)] = requantized.bias[o] - (x_zero + product_offset) * sum;
            }
            for (int first = 0; first < g.out_channels; first += Int8Conv::block)
                for (int q = 0; q < packed.in_quads; ++q)
                    for (std::size_t t = 0; t < ks.size(); ++t)
                        for (int o = first; o < first + packed.block_size(first); ++o) {
                            std::int8_t quad[4] = {};
                            for (int i = 0; i < 4 && o < g.out_channels; ++i) {
                                if (windows)
                                    quad[i] = i < g.kernel_width ? weight(o, 0, ks[t], i) : std::int8_t{0};
                                else if (4 * q + i < g.in_channels)
                                    quad[i] = weight(o, 4 * q + i, ks[t], ls[t]);
                            }
                            std::int32_t words[4] = {};
                            pack_quad(quad, words);
                            phase.words.insert(phase.words.end(), words, words + words_per_quad);
                        }
            packed.all.push_back(std::move(phase));
        }
    return packed;
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

// Convolutions of integers for firmware. What an output pixel is computed from is gathered once, as a patch, and each
// output channel is a product of its weights with the patch. The bits are those of kernels/reference/int8.hpp.
#pragma once

#include "depix/kernels/int8.hpp"
#include "depix/layers/conv.hpp"
#include "depix/view.hpp"

#if defined(__ARM_FEATURE_MVE) && !defined(__ARM_BIG_ENDIAN)
#include <arm_mve.h>
#define DEPIX_HELIUM 1
#elif defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_SIMD32) && !defined(__ARM_BIG_ENDIAN)
#include <arm_acle.h>
#define DEPIX_SMLAD 1
#endif

namespace depix::integers {

/// The taps along one axis of those output pixels that have the same ones: all pixels of a convolution, and every
/// stride-th one of a transposed convolution (a *phase*).
struct Taps {
    int begin = 0, step = 1;     ///< the first of these output pixels, and from one to the next
    int first = 0, advance = 1;  ///< the input pixel under the first tap of pixel `begin`, and how far it moves on
    int spacing = 1;             ///< input pixels from one tap to the next
    int count = 0;               ///< taps
    int kernel_first = 0, kernel_step = 1;  ///< which taps of the kernel they are
};

constexpr Taps convolution_taps(int kernel, int stride, int dilation, int before) {
    return {0, 1, -before, stride, dilation, kernel, 0, 1};
}

/// Output pixel i has those taps k for which i + before - k * dilation divides by the stride. `phase` is the remainder
/// of i + before.
constexpr Taps transposed_taps(int kernel, int stride, int dilation, int before, int phase) {
    Taps taps;
    taps.begin = (phase - before) % stride;
    if (taps.begin < 0) taps.begin += stride;
    taps.step = stride;
    for (int k = kernel - 1; k >= 0; --k) {
        if (k * dilation % stride != phase) continue;
        if (taps.count > 0) taps.kernel_step = taps.kernel_first - k;
        taps.kernel_first = k;
        ++taps.count;
    }
    taps.spacing = -taps.kernel_step * dilation / stride;
    taps.first = (taps.begin + before - taps.kernel_first * dilation) / stride;
    return taps;
}

/// How many phases each axis has, and the taps of one of them.
constexpr int count_phases(const ConvGeometry& g, bool transposed) { return transposed ? g.stride : 1; }
constexpr Taps row_taps(const ConvGeometry& g, bool transposed, int before, int phase) {
    return transposed ? transposed_taps(g.kernel, g.stride, g.dilation, before, phase)
                      : convolution_taps(g.kernel, g.stride, g.dilation, before);
}
constexpr Taps column_taps(const ConvGeometry& g, bool transposed, int phase) {
    return transposed ? transposed_taps(g.kernel_width, g.stride, g.dilation, g.width_padding_before, phase)
                      : convolution_taps(g.kernel_width, g.stride, g.dilation, g.width_padding_before);
}

/// The numbers of the largest patch.
constexpr int largest_patch(const ConvGeometry& g, bool transposed) {
    int rows = 0, columns = 0;
    for (int phase = 0; phase < count_phases(g, transposed); ++phase) {
        const int row_count = row_taps(g, transposed, 0, phase).count;
        const int column_count = column_taps(g, transposed, phase).count;
        rows = row_count > rows ? row_count : rows;
        columns = column_count > columns ? column_count : columns;
    }
    return g.group_in() * rows * columns;
}

/// Where number i of a patch of `count` stands among a channel's weights. In each four the second and the third are
/// exchanged, because a Cortex-M widens the bytes 0 and 2 of a word at once, and 1 and 3.
constexpr int place_in_fours(int i, int count) {
    const int in_four = i % 4;
    return i - in_four + 4 > count || in_four == 0 || in_four == 3 ? i : i - in_four + 3 - in_four;
}

/// Writes x - x_zero under every tap of one output pixel, or 0 beyond the border: channel after channel, row after row.
inline void gather_patch(View<const std::int8_t> x, int x_zero, const Taps& rows, int row, const Taps& columns,
                         int column, std::int16_t* patch) {
    const int taps = rows.count * columns.count, numbers = x.channels * taps;
#if defined(DEPIX_HELIUM)
    const uint16x8_t lanes = vidupq_n_u16(0, 1);
    const uint16x8_t of_pixels = vmulq_n_u16(lanes, static_cast<std::uint16_t>(x.channel_stride));
    const uint16x8_t of_patch = vmulq_n_u16(lanes, static_cast<std::uint16_t>(taps));
    const bool fits = 7 * x.channel_stride <= 65535;
#endif
    for (int k = 0, i = row, tap = 0; k < rows.count; ++k, i += rows.spacing)
        for (int l = 0, j = column; l < columns.count; ++l, j += columns.spacing, ++tap) {
            // The innermost loop is over channels, which are many where taps are few.
            if (i < 0 || i >= x.height || j < 0 || j >= x.width) {
                for (int at = tap; at < numbers; at += taps) patch[at] = 0;
                continue;
            }
            const std::int8_t* pixel = x.row(0, 0, i) + j;
            std::ptrdiff_t channel = 0;
            int at = tap;
#if defined(DEPIX_HELIUM)
            for (; fits && at + 7 * taps < numbers; at += 8 * taps, channel += 8 * x.channel_stride) {
                const int16x8_t values = vldrbq_gather_offset_s16(pixel + channel, of_pixels);
                vstrhq_scatter_shifted_offset_s16(patch + at, of_patch,
                                                  vsubq_n_s16(values, static_cast<std::int16_t>(x_zero)));
            }
#endif
            for (; at < numbers; at += taps, channel += x.channel_stride)
                patch[at] = static_cast<std::int16_t>(pixel[channel] - x_zero);
        }
}

#if defined(DEPIX_HELIUM)
/// Puts the numbers of a patch in the order of the weights. A vector holds eight of them.
inline void order_patch(std::int16_t* patch, int count) {
    static constexpr std::uint16_t places[8] = {0, 2, 1, 3, 4, 6, 5, 7};
    const uint16x8_t order = vldrhq_u16(places);
    int i = 0;
    for (; i + 8 <= count; i += 8) vst1q_s16(patch + i, vldrhq_gather_shifted_offset_s16(patch + i, order));
    if (i + 4 > count) return;
    const std::int16_t second = patch[i + 1];
    patch[i + 1] = patch[i + 2];
    patch[i + 2] = second;
}

/// y[k] = requantized(sums[k] + bias[first + k], first + k) for the next `count` channels, at most four.
inline void requantize_four(const Epilogue& requantized, int first, int count, const std::int32_t* sums, std::int8_t* y,
                            std::ptrdiff_t channel_stride) {
    const mve_pred16_t some = vctp32q(static_cast<std::uint32_t>(count));
    const int32x4_t sum = vaddq_s32(vldrwq_s32(sums), vldrwq_z_s32(requantized.bias + first, some));
    int32x4_t multiplier = vldrwq_z_s32(requantized.multiplier + first, some);
    if (requantized.negative_multiplier)
        multiplier =
            vpselq_s32(vldrwq_z_s32(requantized.negative_multiplier + first, some), multiplier, vcmpltq_n_s32(sum, 0));
    const int32x4_t shift = vnegq_s32(vldrwq_z_s32(requantized.shift + first, some));
    int32x4_t value = vaddq_n_s32(vrshlq_s32(vmulhq_s32(sum, multiplier), shift), requantized.zero_point);
    value = vminq_s32(vmaxq_s32(value, vdupq_n_s32(requantized.low)), vdupq_n_s32(highest));
    if (requantized.table)
        value = vldrbq_gather_offset_z_s32(requantized.table, vreinterpretq_u32_s32(vaddq_n_s32(value, 128)), some);
    const uint32x4_t channels = vmulq_n_u32(vidupq_n_u32(0, 1), static_cast<std::uint32_t>(channel_stride));
    vstrbq_scatter_offset_p_s32(y, channels, value, some);
}
#endif

#if defined(DEPIX_SMLAD)
/// The word at an address of any alignment, which these processors read at once.
inline std::uint32_t word_at(const void* address) {
    std::uint32_t word;
    __builtin_memcpy(&word, address, sizeof word);
    return word;
}
/// sum += four weights * four numbers of a patch, whose words are `low` and `high`. SMLAD multiplies and adds two
/// pairs.
inline std::int32_t add_four(std::int32_t sum, std::uint32_t weights, std::uint32_t low, std::uint32_t high) {
    const int16x2_t first = __sxtb16(static_cast<int8x4_t>(weights));
    const int16x2_t last = __sxtb16(static_cast<int8x4_t>(weights >> 8));
    return __smlad(last, static_cast<int16x2_t>(high), __smlad(first, static_cast<int16x2_t>(low), sum));
}
#endif

/// sum_a += a * patch, sum_b += b * patch
inline void add_products(const std::int8_t* a, const std::int8_t* b, const std::int16_t* patch, int count,
                         std::int32_t& sum_a, std::int32_t& sum_b) {
#if defined(DEPIX_HELIUM)
    std::int32_t first = sum_a, second = sum_b;  // in registers
    for (; count >= 8; count -= 8, a += 8, b += 8, patch += 8) {
        const int16x8_t numbers = vldrhq_s16(patch);
        first = vmladavaq_s16(first, numbers, vldrbq_s16(a));
        second = vmladavaq_s16(second, numbers, vldrbq_s16(b));
    }
    const mve_pred16_t rest = vctp16q(static_cast<std::uint32_t>(count));
    const int16x8_t numbers = vldrhq_z_s16(patch, rest);
    sum_a = vmladavaq_p_s16(first, numbers, vldrbq_z_s16(a, rest), rest);
    sum_b = vmladavaq_p_s16(second, numbers, vldrbq_z_s16(b, rest), rest);
    return;
#elif defined(DEPIX_SMLAD)
    std::int32_t first = sum_a, second = sum_b;  // in registers
    for (; count >= 4; count -= 4, a += 4, b += 4, patch += 4) {
        const std::uint32_t low = word_at(patch), high = word_at(patch + 2);
        first = add_four(first, word_at(a), low, high);
        second = add_four(second, word_at(b), low, high);
    }
    sum_a = first;
    sum_b = second;
#else
    for (; count >= 4; count -= 4, a += 4, b += 4, patch += 4) {
        sum_a += a[0] * patch[0] + a[2] * patch[1] + a[1] * patch[2] + a[3] * patch[3];
        sum_b += b[0] * patch[0] + b[2] * patch[1] + b[1] * patch[2] + b[3] * patch[3];
    }
#endif
    for (int i = 0; i < count; ++i) {
        sum_a += a[i] * patch[i];
        sum_b += b[i] * patch[i];
    }
}

/// int8_conv, or transposed int8_conv_transpose, of one picture. `before` is the padding above, which takes g's place.
/// The weights are (row phase, column phase, Out, numbers of the patch), each patch in the order of place_in_fours.
/// `patch` has room for largest_patch numbers.
inline void conv_by_patches(const ConvGeometry& g, bool transposed, int before, View<const std::int8_t> x, int x_zero,
                            const std::int8_t* weight, const Epilogue& requantized, View<std::int8_t> y,
                            std::int16_t* patch) {
    const int phases = count_phases(g, transposed), inputs = g.group_in(), outputs = g.group_out();
    for (int p = 0; p < phases; ++p)
        for (int q = 0; q < phases; ++q) {
            const Taps rows = row_taps(g, transposed, before, p), columns = column_taps(g, transposed, q);
            const int count = inputs * rows.count * columns.count;
            for (int i = rows.begin, row = rows.first; i < y.height; i += rows.step, row += rows.advance)
                for (int j = columns.begin, column = columns.first; j < y.width;
                     j += columns.step, column += columns.advance)
                    for (int first = 0, input = 0; first < g.out_channels; first += outputs, input += inputs) {
                        gather_patch(x.slice(input, inputs), x_zero, rows, row, columns, column, patch);
#if defined(DEPIX_HELIUM)
                        order_patch(patch, count);
                        for (int o = first, left = outputs; left > 0; o += 4, left -= 4) {
                            std::int32_t sums[4] = {};  // without the bias
                            const std::int8_t* of_channels = weight + o * count;
                            add_products(of_channels, of_channels + (left > 1 ? count : 0), patch, count, sums[0],
                                         sums[1]);
                            if (left > 2)
                                add_products(of_channels + 2 * count, of_channels + (left > 3 ? 3 : 2) * count, patch,
                                             count, sums[2], sums[3]);
                            requantize_four(requantized, o, left < 4 ? left : 4, sums, &y(0, o, i, j),
                                            y.channel_stride);
                        }
#else
                        for (int o = first; o < first + outputs; o += 2) {
                            // Of an odd number of channels the last one is computed with itself.
                            const int next = o + 1 < first + outputs ? o + 1 : o;
                            std::int32_t sum = requantized.bias[o], next_sum = requantized.bias[next];
                            add_products(weight + o * count, weight + next * count, patch, count, sum, next_sum);
                            y(0, o, i, j) = requantized(sum, o);
                            y(0, next, i, j) = requantized(next_sum, next);
                        }
#endif
                    }
            weight += g.out_channels * count;
        }
}

}  // namespace depix::integers

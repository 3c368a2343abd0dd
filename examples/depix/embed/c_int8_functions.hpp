// The steps of integers as C99, for write_c.cpp: their arithmetic is that of depix's textbook (kernels/int8.hpp and
// kernels/reference/int8.hpp).
#pragma once

#include <array>
#include <string_view>

#include "c_functions.hpp"

namespace tool {

// clang-format off
inline constexpr std::string_view c_int8_convolution = R"(struct int8_convolution {
    int h, w, out, oh, ow;  /* x is (C, h, w), y (out, oh, ow) */
    int inputs, outputs;    /* channels of a group */
    int kh, kw, stride, dilation, top, left, transposed;
    int x_zero, y_zero, low;
    const int8_t *weight;                                            /* (out, kh, kw, inputs) */
    const int32_t *bias, *multiplier, *negative_multiplier, *shift;  /* (out); the third may be 0 */
    const int8_t *table;                                             /* of an activation, 256 entries, or 0 */
};
)";

inline constexpr std::array<CFunction, 10> c_int8_functions{{
{"int8_conv", R"(/* Right shifts of negative numbers must keep the sign, as in all usual compilers. */
typedef char int8_shifts_keep_the_sign[(-1 >> 1) == -1 ? 1 : -1];

/* max(y_zero + round(sum * multiplier / 2^(32 + shift)), low), kept in -128..127, and its entry in the table. */
static int8_t int8_requantize(const struct int8_convolution *g, int32_t sum, int o) {
    const int32_t factor = sum < 0 && g->negative_multiplier ? g->negative_multiplier[o] : g->multiplier[o];
    const int32_t product = (int32_t)((int64_t)sum * factor >> 32);
    int y = g->y_zero + ((product + ((int32_t)1 << (g->shift[o] - 1))) >> g->shift[o]);
    y = y < g->low ? g->low : y > 127 ? 127 : y;
    return g->table ? g->table[y + 128] : (int8_t)y;
}

/* The input pixel under a tap of output pixel i, along one axis of `size` pixels; -1: there is none. */
static int int8_pixel(const struct int8_convolution *g, int i, int tap, int before, int size) {
    int at = g->transposed ? i + before - tap * g->dilation : i * g->stride + tap * g->dilation - before;
    if (at < 0 || (g->transposed && at % g->stride != 0)) return -1;
    if (g->transposed) at /= g->stride;
    return at < size ? at : -1;
}

/* What an output pixel is computed from is gathered once for all channels of a group. */
static void int8_conv(const struct int8_convolution *g, const int8_t *x, int8_t *y) {
    static int16_t patch[int8_patch_size];
    static int taps[int8_patch_taps];
    const int area = g->h * g->w;
    for (int i = 0; i < g->oh; ++i)
        for (int j = 0; j < g->ow; ++j)
            for (int first = 0; first < g->out; first += g->outputs) {
                const int8_t *group = x + first / g->outputs * g->inputs * area;
                int count = 0;
                for (int k = 0; k < g->kh; ++k) {
                    const int row = int8_pixel(g, i, k, g->top, g->h);
                    for (int l = 0; row >= 0 && l < g->kw; ++l) {
                        const int column = int8_pixel(g, j, l, g->left, g->w);
                        if (column < 0) continue;
                        for (int c = 0; c < g->inputs; ++c)
                            patch[count * g->inputs + c] = (int16_t)(group[c * area + row * g->w + column] - g->x_zero);
                        taps[count++] = k * g->kw + l;
                    }
                }
                for (int o = first; o < first + g->outputs; ++o) {
                    int32_t sum = g->bias[o];
                    for (int t = 0; t < count; ++t) {
                        const int8_t *weight = g->weight + (o * g->kh * g->kw + taps[t]) * g->inputs;
                        for (int c = 0; c < g->inputs; ++c) sum += weight[c] * patch[t * g->inputs + c];
                    }
                    y[(o * g->oh + i) * g->ow + j] = int8_requantize(g, sum, o);
                }
            }
}
)"},
{"int8_max_pool", R"(static void int8_max_pool(const int8_t *x, int h, int w, int8_t *y, int channels, int oh, int ow, int window, int stride) {
    for (int c = 0; c < channels; ++c)
        for (int i = 0; i < oh; ++i)
            for (int j = 0; j < ow; ++j) {
                const int8_t *first = x + (c * h + i * stride) * w + j * stride;
                int8_t largest = *first;
                for (int k = 0; k < window; ++k)
                    for (int l = 0; l < window; ++l)
                        if (first[k * w + l] > largest) largest = first[k * w + l];
                y[(c * oh + i) * ow + j] = largest;
            }
}
)"},
{"int8_add", R"(/* a + b for maps of different scales, in 32 bits. */
static void int8_add(const int8_t *a, const int8_t *b, int8_t *y, int count, int a_zero, int b_zero, int32_t a_factor,
                     int32_t b_factor, int shift, int zero, int low) {
    for (int i = 0; i < count; ++i) {
        const int32_t sum = (a[i] - a_zero) * a_factor + (b[i] - b_zero) * b_factor + ((int32_t)1 << (shift - 1));
        const int value = zero + (sum >> shift);
        y[i] = (int8_t)(value < low ? low : value > 127 ? 127 : value);
    }
}
)"},
{"int8_concatenate", R"(static void int8_concatenate(const int8_t *a, int a_count, const int8_t *b, int b_count, int8_t *y) {
    for (int i = 0; i < a_count; ++i) y[i] = a[i];
    for (int i = 0; i < b_count; ++i) y[a_count + i] = b[i];
}
)"},
{"int8_pixel_shuffle", R"(/* x is (channels * r * r, h, w), y (channels, h * r, w * r). */
static void int8_pixel_shuffle(const int8_t *x, int h, int w, int8_t *y, int channels, int r) {
    for (int c = 0; c < channels; ++c)
        for (int i = 0; i < h * r; ++i)
            for (int j = 0; j < w * r; ++j)
                y[(c * h * r + i) * w * r + j] = x[((c * r * r + i % r * r + j % r) * h + i / r) * w + j / r];
}
)"},
{"int8_upsample", R"(static void int8_upsample(const int8_t *x, int h, int w, int8_t *y, int channels, int r) {
    for (int c = 0; c < channels; ++c)
        for (int i = 0; i < h * r; ++i)
            for (int j = 0; j < w * r; ++j) y[(c * h * r + i) * w * r + j] = x[(c * h + i / r) * w + j / r];
}
)"},
{"int8_table", R"(static void int8_table(const int8_t *x, const int8_t *table, int8_t *y, int count) {
    for (int i = 0; i < count; ++i) y[i] = table[x[i] + 128];
}
)"},
{"int8_copy", R"(static void int8_copy(const int8_t *x, int8_t *y, int count) {
    for (int i = 0; i < count; ++i) y[i] = x[i];
}
)"},
{"int8_encode", R"(/* round(x / scale) + zero, kept in -128..127; NaN becomes -128. The product is exact in double. */
static void int8_encode(const float *x, float inverse_scale, int zero, int8_t *y, int count) {
    for (int i = 0; i < count; ++i) {
        const double value = (double)x[i] * (double)inverse_scale + ((double)zero + 128.5);
        const double positive = value > 0 ? value : 0;
        y[i] = (int8_t)((int)(positive < 255 ? positive : 255) - 128);
    }
}
)"},
{"int8_decode", R"(static void int8_decode(const int8_t *x, float scale, int zero, float *y, int count) {
    for (int i = 0; i < count; ++i) y[i] = scale * (float)(x[i] - zero);
}
)"},
}};
// clang-format on

}  // namespace tool

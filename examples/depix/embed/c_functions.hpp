// The layers as C99, for write_c.cpp: loops in the order of depix's textbook (kernels/reference/).
#pragma once

#include <array>
#include <string_view>

namespace tool {

struct CFunction {
    std::string_view name, text;
};

// clang-format off
inline constexpr std::array<CFunction, 14> c_functions{{
{"conv", R"(/* x is (C, h, w), weight (out, inputs, kh, kw), bias (out) or 0, y (out, oh, ow); groups of `outputs` channels. */
static void conv(const float *x, int h, int w, const float *weight, const float *bias, float *y, int out, int oh, int ow,
                 int inputs, int outputs, int kh, int kw, int stride, int dilation, int top, int left) {
    for (int o = 0; o < out; ++o)
        for (int i = 0; i < oh; ++i)
            for (int j = 0; j < ow; ++j) {
                float sum = bias ? bias[o] : 0.0f;
                const int first = o / outputs * inputs;
                for (int c = 0; c < inputs; ++c)
                    for (int k = 0; k < kh; ++k)
                        for (int l = 0; l < kw; ++l) {
                            const int row = i * stride + k * dilation - top, column = j * stride + l * dilation - left;
                            if (row < 0 || row >= h || column < 0 || column >= w) continue;
                            sum += weight[((o * inputs + c) * kh + k) * kw + l] * x[((first + c) * h + row) * w + column];
                        }
                y[(o * oh + i) * ow + j] = sum;
            }
}
)"},
{"conv_transpose", R"(/* x is (C, h, w), weight (C, outputs, kh, kw), bias (out) or 0, y (out, oh, ow); groups of `inputs` channels. */
static void conv_transpose(const float *x, int h, int w, const float *weight, const float *bias, float *y, int out, int oh,
                           int ow, int inputs, int outputs, int kh, int kw, int stride, int dilation, int top, int left) {
    for (int o = 0; o < out; ++o) {
        for (int i = 0; i < oh * ow; ++i) y[o * oh * ow + i] = bias ? bias[o] : 0.0f;
        const int first = o / outputs * inputs;
        for (int c = first; c < first + inputs; ++c)
            for (int i = 0; i < h; ++i)
                for (int j = 0; j < w; ++j)
                    for (int k = 0; k < kh; ++k)
                        for (int l = 0; l < kw; ++l) {
                            const int row = i * stride + k * dilation - top, column = j * stride + l * dilation - left;
                            if (row < 0 || row >= oh || column < 0 || column >= ow) continue;
                            y[(o * oh + row) * ow + column] +=
                                weight[((c * outputs + o % outputs) * kh + k) * kw + l] * x[(c * h + i) * w + j];
                        }
    }
}
)"},
{"batch_norm", R"(/* scale is weight / sqrt(variance + epsilon). x and y are (channels, area). */
static void batch_norm(const float *x, const float *mean, const float *scale, const float *shift, float *y, int channels,
                       int area) {
    for (int c = 0; c < channels; ++c)
        for (int i = c * area; i < (c + 1) * area; ++i) y[i] = (x[i] - mean[c]) * scale[c] + shift[c];
}
)"},
{"rectify", R"(static void rectify(const float *x, float slope, float *y, int count) {
    for (int i = 0; i < count; ++i) y[i] = x[i] > 0.0f ? x[i] : slope * x[i];
}
)"},
{"rectify_channels", R"(static void rectify_channels(const float *x, const float *slopes, int slope_count, float *y, int channels, int area) {
    for (int c = 0; c < channels; ++c)
        for (int i = c * area; i < (c + 1) * area; ++i) y[i] = x[i] > 0.0f ? x[i] : slopes[slope_count == 1 ? 0 : c] * x[i];
}
)"},
{"sigmoid", R"(#ifdef DEPIX_OWN_EXP /* no expf of the C library, with a relative error below 9e-8 */
#include <stdint.h>
#include <string.h>
static float exponential(float x) {
    const float rounder = 12582912.0f;
    float shifted, n, r, y = 1.9875691500e-4f;
    uint32_t bits, power;
    if (x != x) return x;
    x = x > 88.0f ? 88.0f : x < -87.0f ? -87.0f : x;
    shifted = x * 1.44269504088896341f + rounder;
    n = shifted - rounder;
    r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    y = y * r + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = y * r * r + r + 1.0f;
    memcpy(&bits, &y, sizeof bits);
    memcpy(&power, &shifted, sizeof power);
    bits += power << 23;
    memcpy(&y, &bits, sizeof y);
    return y;
}
#else
#define exponential expf
#endif
static void sigmoid(const float *x, float *y, int count) {
    for (int i = 0; i < count; ++i) y[i] = 1.0f / (1.0f + exponential(-x[i]));
}
)"},
{"hyperbolic_tangent", R"(static void hyperbolic_tangent(const float *x, float *y, int count) {
    for (int i = 0; i < count; ++i) y[i] = tanhf(x[i]);
}
)"},
{"max_pool", R"(static void max_pool(const float *x, int h, int w, float *y, int channels, int oh, int ow, int window, int stride) {
    for (int c = 0; c < channels; ++c)
        for (int i = 0; i < oh; ++i)
            for (int j = 0; j < ow; ++j) {
                const float *first = x + (c * h + i * stride) * w + j * stride;
                float largest = *first;
                for (int k = 0; k < window; ++k)
                    for (int l = 0; l < window; ++l) {
                        const float value = first[k * w + l];
                        if (value > largest || value != value) largest = value;
                    }
                y[(c * oh + i) * ow + j] = largest;
            }
}
)"},
{"average_pool", R"(static void average_pool(const float *x, int h, int w, float *y, int channels, int oh, int ow, int window, int stride) {
    for (int c = 0; c < channels; ++c)
        for (int i = 0; i < oh; ++i)
            for (int j = 0; j < ow; ++j) {
                const float *first = x + (c * h + i * stride) * w + j * stride;
                float sum = 0.0f;
                for (int k = 0; k < window; ++k)
                    for (int l = 0; l < window; ++l) sum += first[k * w + l];
                y[(c * oh + i) * ow + j] = sum / (float)(window * window);
            }
}
)"},
{"pixel_shuffle", R"(/* x is (channels * r * r, h, w), y (channels, h * r, w * r). */
static void pixel_shuffle(const float *x, int h, int w, float *y, int channels, int r) {
    for (int c = 0; c < channels; ++c)
        for (int i = 0; i < h * r; ++i)
            for (int j = 0; j < w * r; ++j)
                y[(c * h * r + i) * w * r + j] = x[((c * r * r + i % r * r + j % r) * h + i / r) * w + j / r];
}
)"},
{"upsample", R"(static void upsample(const float *x, int h, int w, float *y, int channels, int r) {
    for (int c = 0; c < channels; ++c)
        for (int i = 0; i < h * r; ++i)
            for (int j = 0; j < w * r; ++j) y[(c * h * r + i) * w * r + j] = x[(c * h + i / r) * w + j / r];
}
)"},
{"add", R"(static void add(const float *a, const float *b, float *y, int count) {
    for (int i = 0; i < count; ++i) y[i] = a[i] + b[i];
}
)"},
{"concatenate", R"(static void concatenate(const float *a, int a_count, const float *b, int b_count, float *y) {
    for (int i = 0; i < a_count; ++i) y[i] = a[i];
    for (int i = 0; i < b_count; ++i) y[a_count + i] = b[i];
}
)"},
{"copy", R"(static void copy(const float *x, float *y, int count) {
    for (int i = 0; i < count; ++i) y[i] = x[i];
}
)"},
}};
// clang-format on

}  // namespace tool

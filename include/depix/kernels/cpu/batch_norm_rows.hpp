// What batch norm does with rows in training, once it knows the statistics: alone, or with the rectifier and the 2x2
// max pooling that are fused after it. Intermediate results are not kept; the backward pass computes them again.
#pragma once

#include "depix/kernels/cpu/rectify.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Both passes normalise by the same expression, so that they agree on which values a rectifier lets through.
struct BatchNormChannel {
    Vector mean, inverse, scale, bias;

    /// parameters: weight and bias (2, channels), or nullptr; saved: the batch's mean and 1 / deviation (2, channels).
    BatchNormChannel(const float* parameters, const float* saved, int channels, int c)
        : mean(broadcast(saved[c])),
          inverse(broadcast(saved[channels + c])),
          scale(broadcast(parameters ? parameters[c] * saved[channels + c] : saved[channels + c])),
          bias(broadcast(parameters ? parameters[channels + c] : 0.f)) {}

    DEPIX_INLINE Vector normalise(Vector x) const { return (x - mean) * inverse; }
    /// The layer's output.
    DEPIX_INLINE Vector output(Vector x) const {
        Vector y = bias;
        multiply_add(y, x - mean, scale);
        return y;
    }
};

/// The gradient of the loss with respect to a batch norm's input. The mean terms are sums over the channel's pixels,
/// and depend on every one of them.
struct BatchNormGradient {
    const BatchNormChannel& channel;
    Vector mean_gradient, mean_product;

    /// dy is the gradient of the layer's output where the input is x.
    DEPIX_INLINE Vector operator()(Vector x, Vector dy) const {
        return channel.scale * (dy - mean_gradient - channel.normalise(x) * mean_product);
    }
};

/// Neighbouring 2x2 windows, one in each lane: [row][column] of each.
struct Windows {
    Vector pixel[2][2];
};

/// The windows of two rows, from column 2 * j on.
DEPIX_INLINE Windows load_windows(const float* above, const float* below, int j) {
    const Vector a = load(above + 2 * j), b = load(above + 2 * j + vector_width);
    const Vector c = load(below + 2 * j), d = load(below + 2 * j + vector_width);
    return {{{even_lanes(a, b), odd_lanes(a, b)}, {even_lanes(c, d), odd_lanes(c, d)}}};
}

DEPIX_INLINE Windows normalise_windows(const BatchNormChannel& channel, const Windows& x) {
    return {{{channel.output(x.pixel[0][0]), channel.output(x.pixel[0][1])},
             {channel.output(x.pixel[1][0]), channel.output(x.pixel[1][1])}}};
}

/// The largest of each window after the rectifier, which does not change which pixel is the largest.
DEPIX_INLINE Vector pool_windows(const Windows& y, kernels::Rectifier rectifier) {
    const Vector above = maximum(y.pixel[0][0], y.pixel[0][1]), below = maximum(y.pixel[1][0], y.pixel[1][1]);
    return rectify(maximum(above, below), rectifier);
}

/// Computes the gradients of y from those of the pooled values. Each goes to the first of its window's four pixels, in
/// reading order, that equals the largest after the rectifier, and is passed back through the rectifier there.
DEPIX_INLINE Windows unpool_windows(const Windows& y, Vector dy, kernels::Rectifier rectifier) {
    const Vector zero{};
    const Vector largest = pool_windows(y, rectifier);
    Windows gradients;
    Vector rest = dy;  // gradients that no pixel has received yet
#pragma GCC unroll 2
    for (int k = 0; k < 2; ++k)
#pragma GCC unroll 2
        for (int l = 0; l < 2; ++l) {
            const IntegerVector here = rectify(y.pixel[k][l], rectifier) == largest;
            gradients.pixel[k][l] = rectify_gradient(here ? rest : zero, y.pixel[k][l], rectifier);
            rest = here ? zero : rest;
        }
    return gradients;
}

/// Computes row i of the output.
DEPIX_INLINE void batch_norm_row(const BatchNormChannel& channel, const kernels::Forward<float>& a, int n, int c,
                                 int i) {
    const kernels::Rectifier rectifier = a.rectifier;
    const float* x = a.input.row(n, c, i);
    float* y = a.output.row(n, c, i);
    for_vectors(a.output.width, [&](int j, int count) {
        store_tail(y + j, rectify(channel.output(load(x + j)), rectifier), count, true);
    });
}
DEPIX_INLINE void batch_norm_row_pooled(const BatchNormChannel& channel, const kernels::Forward<float>& a, int n, int c,
                                        int i) {
    const kernels::Rectifier rectifier = a.rectifier;
    const float *above = a.input.row(n, c, 2 * i), *below = a.input.row(n, c, 2 * i + 1);
    float* y = a.output.row(n, c, i);
    for_vectors(a.output.width, [&](int j, int count) {
        store_tail(y + j, pool_windows(normalise_windows(channel, load_windows(above, below, j)), rectifier), count,
                   true);
    });
}

/// Adds up row i of the output's gradient, and its products with the normalised input.
DEPIX_INLINE void add_gradients(const BatchNormChannel& channel, const kernels::Backward<float>& a, int n, int c, int i,
                                Vector& sum, Vector& product) {
    const kernels::Rectifier rectifier = a.rectifier;
    const float *x = a.input.row(n, c, i), *dy = a.output_gradient.row(n, c, i);
    for_vectors(a.output_gradient.width, [&](int j, int count) {
        const Vector pixels = load(x + j);
        const Vector gradients = keep_counted(rectify_gradient(load(dy + j), channel.output(pixels), rectifier), count);
        sum += gradients;
        product += gradients * channel.normalise(pixels);
    });
}
/// The same with pooling. Only one pixel of a window has a gradient: the first of the largest.
DEPIX_INLINE void add_gradients_pooled(const BatchNormChannel& channel, const kernels::Backward<float>& a, int n, int c,
                                       int i, Vector& sum, Vector& product) {
    const kernels::Rectifier rectifier = a.rectifier;
    const float *above = a.input.row(n, c, 2 * i), *below = a.input.row(n, c, 2 * i + 1);
    const float* dy = a.output_gradient.row(n, c, i);
    for_vectors(a.output_gradient.width, [&](int j, int count) {
        const Windows x = load_windows(above, below, j), y = normalise_windows(channel, x);
        Vector pixel = x.pixel[0][0], largest = y.pixel[0][0];
        const auto meet = [&](Vector other, Vector value) {
            const IntegerVector larger = value > largest;
            pixel = larger ? other : pixel;
            largest = larger ? value : largest;
        };
        meet(x.pixel[0][1], y.pixel[0][1]);
        meet(x.pixel[1][0], y.pixel[1][0]);
        meet(x.pixel[1][1], y.pixel[1][1]);
        const Vector gradients = keep_counted(rectify_gradient(load(dy + j), largest, rectifier), count);
        sum += gradients;
        product += gradients * channel.normalise(pixel);
    });
}

DEPIX_INLINE void store_gradients(float* to, Vector v, int count, bool accumulate) {
    store_tail(to, accumulate ? load(to) + v : v, count, true);
}

/// Computes row i of the input's gradient.
DEPIX_INLINE void batch_norm_gradients(const BatchNormGradient& gradient, const kernels::Backward<float>& a, int n,
                                       int c, int i) {
    const kernels::Rectifier rectifier = a.rectifier;
    const bool accumulate = a.accumulate;
    const float *x = a.input.row(n, c, i), *dy = a.output_gradient.row(n, c, i);
    float* dx = a.input_gradient.row(n, c, i);
    for_vectors(a.input.width, [&](int j, int count) {
        const Vector pixels = load(x + j);
        const Vector gradients = rectify_gradient(load(dy + j), gradient.channel.output(pixels), rectifier);
        store_gradients(dx + j, gradient(pixels, gradients), count, accumulate);
    });
}
/// Computes the two rows that row i of windows covers, or an odd last row, which no window covers. The gradient of an
/// odd last row consists of the mean terms only, and so does that of an odd last column.
DEPIX_INLINE void batch_norm_gradients_pooled(const BatchNormGradient& gradient, const kernels::Backward<float>& a,
                                              int n, int c, int i) {
    const kernels::Rectifier rectifier = a.rectifier;
    const bool accumulate = a.accumulate;
    const int width = a.input.width, pooled_width = a.output_gradient.width;
    const float* above = a.input.row(n, c, 2 * i);
    float* dx_above = a.input_gradient.row(n, c, 2 * i);
    if (i == a.output_gradient.height) {
        for_vectors(width, [&](int j, int count) {
            store_gradients(dx_above + j, gradient(load(above + j), Vector{}), count, accumulate);
        });
        return;
    }
    const float *below = a.input.row(n, c, 2 * i + 1), *dy = a.output_gradient.row(n, c, i);
    float* dx_below = a.input_gradient.row(n, c, 2 * i + 1);
    for_vectors((width + 1) / 2, [&](int j, int) {
        const Vector pooled = load(dy + j);
        const Windows x = load_windows(above, below, j);
        const Windows gradients =
            unpool_windows(normalise_windows(gradient.channel, x),
                           j + vector_width <= pooled_width ? pooled : keep_first(pooled, pooled_width - j), rectifier);
#pragma GCC unroll 2
        for (int k = 0; k < 2; ++k) {
            const Vector even = gradient(x.pixel[k][0], gradients.pixel[k][0]);
            const Vector odd = gradient(x.pixel[k][1], gradients.pixel[k][1]);
            float* dx = (k == 0 ? dx_above : dx_below) + 2 * j;
            const int count = width - 2 * j;
            store_gradients(dx, zip_low(even, odd), count, accumulate);
            if (count > vector_width)
                store_gradients(dx + vector_width, zip_high(even, odd), count - vector_width, accumulate);
        }
    });
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

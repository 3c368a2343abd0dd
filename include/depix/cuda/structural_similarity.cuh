// SSIM on the device. train/structural_similarity.hpp has the formula.
#pragma once

#include <cstddef>

#include "depix/cuda/loss.cuh"
#include "depix/train/structural_similarity.hpp"

namespace depix::cuda {

/// The Gaussian along one axis.
struct SimilarityWindow {
    float weight[SSIM::window];
};
inline SimilarityWindow similarity_window() {
    SimilarityWindow window;
    const auto weights = SSIM::weights();
    for (int i = 0; i < SSIM::window; ++i) window.weight[i] = static_cast<float>(weights[static_cast<std::size_t>(i)]);
    return window;
}

/// For each place (i, j) of the window: sum += 1 - S, and maps, three of (N, C, H - 10, W - 10), get S's derivatives.
template <class S>
struct CompareWindows {
    View<const S> y;
    View<const float> t;
    View<float> by_mean, by_square, by_product;
    SimilarityWindow window;
    float c1, c2;

    __device__ void operator()(int n, int c, int i, int j, float (&sum)[1]) const {
        float mean_y = 0, mean_t = 0, yy = 0, tt = 0, yt = 0;
        for (int k = 0; k < SSIM::window; ++k)
            for (int l = 0; l < SSIM::window; ++l) {
                const float weight = window.weight[k] * window.weight[l];
                const float a = to_float(y(n, c, i + k, j + l)), b = t(n, c, i + k, j + l);
                mean_y += weight * a;
                mean_t += weight * b;
                yy += weight * a * a;
                tt += weight * b * b;
                yt += weight * a * b;
            }
        const auto terms = depix::detail::similarity_terms(mean_y, mean_t, yy, tt, yt, c1, c2);
        sum[0] += 1.f - terms.similarity;
        by_mean(n, c, i, j) = terms.by_mean;
        by_square(n, c, i, j) = terms.by_square;
        by_product(n, c, i, j) = terms.by_product;
    }
};

/// dy += factor * scale times the gradient of the sum of S.
template <class S>
struct SpreadWindows {
    View<const S> y;
    View<const float> t;
    View<const float> by_mean, by_square, by_product;
    View<S> dy;
    SimilarityWindow window;
    float factor;
    const StepState* state;

    __device__ void operator()(int n, int c, int i, int j) const {
        float mean = 0, square = 0, product = 0;
        for (int k = 0; k < SSIM::window; ++k)
            for (int l = 0; l < SSIM::window; ++l) {
                const int row = i - k, column = j - l;  // of a window that contains the pixel
                if (row < 0 || column < 0 || row >= by_mean.height || column >= by_mean.width) continue;
                const float weight = window.weight[k] * window.weight[l];
                mean += weight * by_mean(n, c, row, column);
                square += weight * by_square(n, c, row, column);
                product += weight * by_product(n, c, row, column);
            }
        const float gradient = mean + 2.f * to_float(y(n, c, i, j)) * square + t(n, c, i, j) * product;
        put(dy(n, c, i, j), factor * state->scale * gradient, true);
    }
};

/// Throws ShapeError for pictures smaller than the window.
inline void prepare_loss(SSIM&, int /*batch*/, Shape shape) { SSIM::check_size(shape); }
/// Floats of scratch that SSIM needs for pictures of this shape.
inline std::size_t loss_scratch(const SSIM&, int batch, Shape shape) {
    return loss_scratch(batch, shape) + 3 * static_cast<std::size_t>(batch) * shape.size();
}

/// Adds weight times the loss to *a.loss, and a.weight * weight times its gradient to a.dy.
template <class S>
void add_loss(cudaStream_t stream, SSIM& loss, const LossCall<S>& a, double weight = 1) {
    const Shape places{a.y.channels, a.y.height - SSIM::window + 1, a.y.width - SSIM::window + 1};
    const double count = static_cast<double>(a.y.batch) * static_cast<double>(places.size());
    auto* const channel_losses = reinterpret_cast<double*>(a.scratch);
    float* const maps = a.scratch + loss_scratch(a.y.batch, a.y.shape());
    const auto map = [&](std::size_t which) {
        return View<float>(maps + which * static_cast<std::size_t>(a.y.batch) * places.size(), a.y.batch, places);
    };
    const SimilarityWindow window = similarity_window();
    reduce_channels<1>(stream, map(0),
                       CompareWindows<S>{a.y, a.t, map(0), map(1), map(2), window, static_cast<float>(loss.c1()),
                                         static_cast<float>(loss.c2())},
                       KeepChannelLoss{channel_losses}, a.scratch + 2 * a.y.channels);
    launch(stream, add_up_loss<SSIM>, dim3(1), dim3(1), 0, static_cast<const double*>(channel_losses), a.y.channels,
           count, weight, true, a.loss, a.state);
    elementwise(stream, a.dy,
                SpreadWindows<S>{a.y, a.t, map(0), map(1), map(2), a.dy, window,
                                 static_cast<float>(-a.weight * weight / count), a.state});
}

}  // namespace depix::cuda

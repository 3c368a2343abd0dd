// Metrics against scikit-image, on pictures that both can compute exactly.
#include "depix/metrics/fidelity.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "depix/data/array.hpp"

using namespace depix;

namespace {

/// ((3 x^2 + 3 y^2 + x y (c + 1) + 40 c) mod 256) / 255
Image clean_image(Shape shape) {
    Image image(shape);
    for (int c = 0; c < shape.channels; ++c) {
        for (int y = 0; y < shape.height; ++y) {
            for (int x = 0; x < shape.width; ++x) {
                const int value = (3 * x * x + 3 * y * y + x * y * (c + 1) + 40 * c) % 256;
                image(c, y, x) = static_cast<float>(value) / 255.0f;
            }
        }
    }
    return image;
}

/// 0.75 clean + ((7 x + 5 y + 3 c) mod 32) / 255
Image restored_image(Shape shape) {
    Image image = clean_image(shape);
    for (int c = 0; c < shape.channels; ++c) {
        for (int y = 0; y < shape.height; ++y) {
            for (int x = 0; x < shape.width; ++x) {
                image(c, y, x) = image(c, y, x) * 0.75f + static_cast<float>((7 * x + 5 * y + 3 * c) % 32) / 255.0f;
            }
        }
    }
    return image;
}

struct Expected {
    Shape shape;
    double mse, mae, psnr, ssim;
};

// Debian 12's scikit-image 0.19.3, python3-skimage, with the two pictures above as float64 arrays of (c, h, w):
//     mean_squared_error(clean, restored), np.abs(clean - restored).mean()
//     peak_signal_noise_ratio(clean, restored, data_range=1)
//     structural_similarity(clean, restored, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
//                           data_range=1, channel_axis=0)
constexpr Expected expected[] = {
    {{3, 24, 40}, 0.010593447251, 0.084209560696, 19.7496269160, 0.9405129751},
    {{1, 11, 13}, 0.008575272802, 0.071225835929, 20.6675205499, 0.9386015130},
    {{3, 64, 33}, 0.010660561038, 0.084321463851, 19.7221993890, 0.9406562299},
};

// A fused multiply-add rounds the restored picture differently, by 6e-8, while the differences are 0.07.
doctest::Approx near(double value) { return doctest::Approx(value).epsilon(1e-6); }

}  // namespace

TEST_CASE("metrics: equal scikit-image's") {
    for (const Expected& e : expected) {
        CAPTURE(to_string(e.shape));
        const Image clean = clean_image(e.shape), restored = restored_image(e.shape);
        CHECK(mean_squared_error(restored, clean) == near(e.mse));
        CHECK(mean_absolute_error(restored, clean) == near(e.mae));
        CHECK(root_mean_squared_error(restored, clean) == near(std::sqrt(e.mse)));
        CHECK(peak_signal_to_noise_ratio(restored, clean) == near(e.psnr));
        CHECK(structural_similarity(restored, clean) == near(e.ssim));
        const Scores scores = compare(restored, clean);
        CHECK(scores.mean_squared_error == mean_squared_error(clean, restored));
        CHECK(scores.mean_absolute_error == mean_absolute_error(clean, restored));
        CHECK(scores.root_mean_squared_error == root_mean_squared_error(clean, restored));
        CHECK(scores.peak_signal_to_noise_ratio == peak_signal_to_noise_ratio(clean, restored));
        CHECK(scores.structural_similarity == structural_similarity(restored, clean));
    }
}

TEST_CASE("metrics: on luma, full range and MATLAB's") {
    // The same metrics of 0.299 R + 0.587 G + 0.114 B, and of skimage.color.rgb2ycbcr(rgb)[..., 0] / 255.
    struct {
        Shape shape;
        Luma kind;
        double psnr, ssim;
    } const rows[] = {
        {{3, 24, 40}, Luma::Full, 21.50833021, 0.93372184},
        {{3, 24, 40}, Luma::Studio, 22.83025152, 0.93627063},
        {{3, 64, 33}, Luma::Full, 21.39441840, 0.93478405},
        {{3, 64, 33}, Luma::Studio, 22.71633971, 0.93732830},
    };
    for (const auto& [shape, kind, psnr, ssim] : rows) {
        const Image clean = luma(clean_image(shape), kind), restored = luma(restored_image(shape), kind);
        CHECK(clean.shape == Shape{1, shape.height, shape.width});
        CHECK(peak_signal_to_noise_ratio(restored, clean) == near(psnr));
        CHECK(structural_similarity(restored, clean) == near(ssim));
    }
    CHECK(luma(Image({3, 1, 1}, 1.0f)).pixels[0] == doctest::Approx(1.0));
    CHECK(luma(Image({1, 1, 1}, 0.5f)).pixels[0] == doctest::Approx(0.5));
    CHECK(luma(Image({1, 1, 1}, 0.0f), Luma::Studio).pixels[0] == doctest::Approx(16.0 / 255));
    CHECK(luma(Image({4, 1, 1}, 1.0f), Luma::Studio).pixels[0] == doctest::Approx(235.0 / 255));
    CHECK_THROWS_AS(luma(Image({2, 1, 1})), ShapeError);
}

TEST_CASE("metrics: equal pictures, and what a constant error costs") {
    const Image a({3, 16, 16}, 0.5f), b({3, 16, 16}, 0.25f);
    CHECK(peak_signal_to_noise_ratio(a, a) == std::numeric_limits<double>::infinity());
    CHECK(structural_similarity(a, a) == doctest::Approx(1.0));
    CHECK(mean_squared_error(a, b) == doctest::Approx(0.0625));
    CHECK(mean_absolute_error(a, b) == doctest::Approx(0.25));
    CHECK(peak_signal_to_noise_ratio(a, b) == doctest::Approx(12.0412).epsilon(1e-6));
}

TEST_CASE("metrics: a batch counts as a whole; views, tensors and xtensors all do") {
    const Shape shape{3, 24, 40};
    const Image clean = clean_image(shape), restored = restored_image(shape);
    xt::xtensor<float, 4> a = xt::zeros<float>({2, 3, 24, 40}), b = a;
    xt::view(a, 1) = as_array(clean);
    xt::view(b, 1) = as_array(restored);
    CHECK(mean_squared_error(b, a) == doctest::Approx(mean_squared_error(restored, clean) / 2));
    CHECK(structural_similarity(b, a) == doctest::Approx((1 + structural_similarity(restored, clean)) / 2));
    CHECK(mean_squared_error(as_view(b).images(1, 1), clean) == mean_squared_error(restored, clean));
}

TEST_CASE("metrics: shapes must fit") {
    CHECK_THROWS_WITH_AS(mean_squared_error(Image({3, 4, 5}), Image({3, 4, 6})),
                         "mean_squared_error: compares 1x3x4x5 with 1x3x4x6", ShapeError);
    CHECK_THROWS_AS(structural_similarity(Image({1, 10, 30}), Image({1, 10, 30})), ShapeError);
    CHECK_THROWS_AS(mean_absolute_error(Image(), Image()), ShapeError);
}

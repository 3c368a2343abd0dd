// Page stains: stains, ink that shows through from the other side, and folds.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "depix/data/damage.hpp"
#include "depix/data/pages/page_fields.hpp"
#include "depix/error.hpp"
#include "depix/image/binarize.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// Stains: out = in (1 - darkness stain). Blotches with ragged or soft edges and, where a liquid dried, a darker rim;
/// rings of cups; and straight-edged parts that another sheet protected from light, or did not protect.
struct Stains {
    int min_count = 1;
    int max_count = 4;         ///< Included, as all below.
    double min_radius = 0.04;  ///< As a fraction of the picture's longer side.
    double max_radius = 0.6;
    double min_darkness = 0.04;
    double max_darkness = 0.5;
    double rings = 0.12;   ///< The share of rings among the stains.
    double sheets = 0.12;  ///< The share of straight-edged ones.

    void operator()(Image& page, Random& random) const {
        detail::check_grey(page, "Stains");
        detail::check_range("Stains", "the count", min_count, max_count, 0, 1000);
        detail::check_range("Stains", "the radius", min_radius, max_radius, 0.001, 10);
        detail::check_range("Stains", "the darkness", min_darkness, max_darkness, 0, 1);
        detail::check_share("Stains", "the share of rings", rings);
        detail::check_share("Stains", "the share of sheets", sheets);
        for (int count = random.integer(min_count, max_count); count > 0; --count) {
            const double kind = random.uniform(), part = random.uniform();
            const double darkness = min_darkness + (max_darkness - min_darkness) * part * part;  // mostly faint
            Image stain = kind < rings            ? ring(page.shape, random)
                          : kind < rings + sheets ? sheet(page.shape, random)
                                                  : blotch(page.shape, random);
            for (std::size_t i = 0; i < page.pixels.size(); ++i) {
                const float dark = static_cast<float>(darkness) * stain.pixels[i];
                page.pixels[i] *= 1 - std::clamp(dark, 0.0f, 0.9f);
            }
        }
    }

  private:
    double radius(Shape shape, Random& random) const {
        // The logarithm of the radius is uniform, so that small stains are more frequent.
        const double part = min_radius * std::pow(max_radius / min_radius, random.uniform());
        return part * (std::max)(shape.height, shape.width);
    }

    Image blotch(Shape shape, Random& random) const {
        const double extent = radius(shape, random);
        const double y0 = random.uniform(0, shape.height), x0 = random.uniform(0, shape.width);
        const double flatness = random.uniform(0.5, 2);
        const auto ragged = static_cast<float>(random.uniform(0.1, 0.7));
        const auto soft =
            static_cast<float>(random.uniform() < 0.4 ? random.uniform(0.4, 1) : random.uniform(0.03, 0.3));
        const auto rim = static_cast<float>(random.uniform() < 0.5 ? 0 : random.uniform(0.2, 1.2));
        const auto mottle = static_cast<float>(random.uniform(0, 0.5));
        Image noise = detail::cloud_noise(shape.height, shape.width, (std::max)(extent * 0.7, 4.0), 5, random);
        const Image inner = detail::cloud_noise(shape.height, shape.width, (std::max)(extent * 0.4, 3.0), 4, random);
        for (int y = 0; y < shape.height; ++y) {
            for (int x = 0; x < shape.width; ++x) {
                const double down = (y - y0) * flatness, right = (x - x0) / flatness;
                const double distance = std::sqrt(down * down + right * right) / extent;
                // Above 0 inside; the rim is a twentieth of the radius wide.
                const float depth = static_cast<float>(1 - distance) + ragged * noise(0, y, x);
                const float edge = (depth - 0.03f) / 0.05f;
                const float tide = depth > 0 && rim > 0 ? rim * std::exp(-edge * edge) : 0;
                noise(0, y, x) = detail::smooth_step(0, soft, depth) * (1 + mottle * inner(0, y, x)) + tide;
            }
        }
        return noise;
    }

    Image ring(Shape shape, Random& random) const {
        const double extent = radius(shape, random), width = extent * random.uniform(0.03, 0.15) + 0.5;
        const double y0 = random.uniform(0, shape.height), x0 = random.uniform(0, shape.width);
        Image noise = detail::cloud_noise(shape.height, shape.width, (std::max)(extent * 0.6, 4.0), 3, random);
        for (int y = 0; y < shape.height; ++y) {
            for (int x = 0; x < shape.width; ++x) {
                const double off = (std::sqrt((y - y0) * (y - y0) + (x - x0) * (x - x0)) - extent) / width;
                const float presence = std::clamp(0.6f + 0.4f * noise(0, y, x), 0.0f, 1.0f);
                noise(0, y, x) = presence * static_cast<float>(std::exp(-off * off));
            }
        }
        return noise;
    }

    Image sheet(Shape shape, Random& random) const {
        const double angle = 0.05 * random.normal(), cosine = std::cos(angle), sine = std::sin(angle);
        const double y0 = random.uniform(0, shape.height), x0 = random.uniform(0, shape.width);
        const bool above = random.uniform() < 0.5, left = random.uniform() < 0.5, corner = random.uniform() < 0.5;
        const auto soft = static_cast<float>(random.uniform(0.5, 8));
        const auto mottle = static_cast<float>(random.uniform(0, 0.3));
        Image noise =
            detail::cloud_noise(shape.height, shape.width, 0.2 * (std::max)(shape.height, shape.width) + 4, 4, random);
        for (int y = 0; y < shape.height; ++y) {
            for (int x = 0; x < shape.width; ++x) {
                const auto down = static_cast<float>(cosine * (y - y0) - sine * (x - x0));
                const auto across = static_cast<float>(cosine * (x - x0) + sine * (y - y0));
                float inside = detail::smooth_step(-soft, soft, above ? down : -down);
                if (corner) inside *= detail::smooth_step(-soft, soft, left ? across : -across);
                noise(0, y, x) = inside * (1 + mottle * noise(0, y, x));
            }
        }
        return noise;
    }
};

/// The other side's ink, seen through the paper, mirrored, blurred and pale: out = in (1 - strength ink). The other
/// side has this side's text, moved and turned a little, or a page that `other` draws.
struct BleedThrough {
    double min_strength = 0.08;
    double max_strength = 0.65;  ///< Included, as all below; as a fraction of this side's darkest ink, 0 to 1.
    double min_sigma = 0.5;      ///< Standard deviation of the blur, pixels.
    double max_sigma = 2.5;
    double across = 0.1;  ///< The share of pages whose other side's lines run up and down.
    /// Draws a clean page of 1 x height x width; empty: this side is used.
    std::function<Image(int height, int width, Random& random)> other{};

    void operator()(Image& page, Random& random) const {
        detail::check_grey(page, "BleedThrough");
        detail::check_range("BleedThrough", "the strength", min_strength, max_strength, 0, 1);
        detail::check_range("BleedThrough", "sigma", min_sigma, max_sigma, 0, 20);
        detail::check_share("BleedThrough", "the share that runs across", across);
        const auto [channels, height, width] = page.shape;
        const auto strength = static_cast<float>(random.uniform(min_strength, max_strength));
        const double sigma = random.uniform(min_sigma, max_sigma);
        Image ink = other ? other(height, width, random) : page;
        if (ink.shape != page.shape) {
            std::string text("BleedThrough: the other side is ");
            throw ShapeError(text.append(to_string(ink.shape)).append(", the page ").append(to_string(page.shape)));
        }
        for (float& value : ink.pixels) value = 1 - value;
        ink = seen_through(ink, other ? 0 : 1, random);
        detail::gaussian_blur(ink, sigma);
        // Some parts show through more than others.
        const auto varied = static_cast<float>(random.uniform(0, 0.5));
        const Image uneven = detail::cloud_noise(height, width, random.uniform(30, 200), 3, random);
        for (std::size_t i = 0; i < page.pixels.size(); ++i) {
            const float through = std::clamp(1 + varied * (uneven.pixels[i] - 0.5f), 0.0f, 1.2f);
            page.pixels[i] *= std::clamp(1 - strength * through * ink.pixels[i], 0.0f, 1.0f);
        }
    }

  private:
    /// The ink mirrored, turned by a few degrees or by a quarter turn, and moved by up to `moved` of its sides. What
    /// leaves the page on one side enters it on the other.
    Image seen_through(const Image& ink, double moved, Random& random) const {
        const auto [channels, height, width] = ink.shape;
        const double quarter = random.uniform() < across ? (random.uniform() < 0.5 ? 1 : -1) * 1.5707963267948966 : 0;
        const double angle = quarter + 0.025 * random.normal(), cosine = std::cos(angle), sine = std::sin(angle);
        const double down = moved * random.uniform() * height, right = moved * random.uniform() * width;
        Image result(ink.shape);
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                const double v = y - height / 2.0, u = width / 2.0 - x;
                const double from_y = cosine * v - sine * u + height / 2.0 + down;
                const double from_x = cosine * u + sine * v + width / 2.0 + right;
                result(0, y, x) = detail::sample(ink, from_y - height * std::floor(from_y / height),
                                                 from_x - width * std::floor(from_x / width), 0);
            }
        }
        return result;
    }
};

/// Folds and scratches: lines across the page, mostly vertical or horizontal, dark or light (where the ink has worn off
/// too), some with a soft shadow on one side.
struct Folds {
    int min_count = 1;
    int max_count = 3;  ///< Included, as all below.
    double min_strength = 0.05;
    double max_strength = 0.4;
    double min_width = 0.5;  ///< The standard deviation of the line's profile, pixels.
    double max_width = 2.5;

    void operator()(Image& page, Random& random) const {
        detail::check_grey(page, "Folds");
        detail::check_range("Folds", "the count", min_count, max_count, 0, 1000);
        detail::check_range("Folds", "the strength", min_strength, max_strength, 0, 1);
        detail::check_range("Folds", "the width", min_width, max_width, 0.1, 100);
        const auto [channels, height, width] = page.shape;
        for (int count = random.integer(min_count, max_count); count > 0; --count) {
            const double y0 = random.uniform(0, height), x0 = random.uniform(0, width);
            const double quarters = random.uniform() < 0.8 ? random.integer(0, 3) : random.uniform(0, 4);
            const double angle = 1.5707963267948966 * quarters + 0.03 * random.normal();
            const double strength = random.uniform(min_strength, max_strength);
            const double core = random.uniform(min_width, max_width);
            const bool light = random.uniform() < 0.4;
            const double shadow = random.uniform() < 0.5 ? random.uniform(0, 0.2) : 0;
            const double reach = random.uniform(4, 40);
            const auto wave = static_cast<float>(random.uniform(0, 2));
            const Image bend = detail::cloud_noise(height, width, random.uniform(15, 80), 3, random);
            const double sine = std::sin(angle), cosine = std::cos(angle);
            for (int y = 0; y < height; ++y) {
                for (int x = 0; x < width; ++x) {
                    const float noise = bend(0, y, x);
                    const double off = (y - y0) * cosine - (x - x0) * sine + static_cast<double>(wave * noise);
                    const double presence = std::clamp(0.7 + 0.4 * static_cast<double>(noise), 0.0, 1.0);
                    const double line = strength * presence * std::exp(-off * off / (2 * core * core));
                    double value = static_cast<double>(page(0, y, x));
                    value = light ? value + line * (1 - value) : value * (1 - line);
                    if (off > 0) value *= 1 - shadow * std::exp(-off / reach);
                    page(0, y, x) = detail::clamped(value);
                }
            }
        }
    }
};

}  // namespace depix

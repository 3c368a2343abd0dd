// Paper: its tone, grain and light, and the ink that fades on it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/data/pages/page_fields.hpp"
#include "depix/image/binarize.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

// Damages of a clean grey page: 0 ink, 1 paper. Each strength is drawn anew for every page. Combine them in the order
// in which they happen to a page: ink, other side, paper, stains, light, lens (see degrade_page.hpp).
namespace depix {

/// Ink that is pale to a varying degree: out = 1 - density (1 - in); the density is smooth and at least a tenth.
struct FadedInk {
    double min_density = 0.5;
    double max_density = 1;   ///< Included; both are for the page as a whole, 0 to 1.
    double variation = 0.25;  ///< The largest standard deviation of the density, as a fraction of the page's.
    double hollow = 0.35;     ///< The largest amount by which the middle of bold strokes is paler than their edges.
    double breaks = 0.08;     ///< The largest share of the ink's area that is almost gone.

    void operator()(Image& page, Random& random) const {
        detail::check_grey(page, "FadedInk");
        detail::check_range("FadedInk", "the density", min_density, max_density, 0, 1);
        detail::check_share("FadedInk", "the variation", variation);
        detail::check_share("FadedInk", "the hollow part", hollow);
        detail::check_share("FadedInk", "the share of breaks", breaks);
        const auto [channels, height, width] = page.shape;
        const auto density = static_cast<float>(random.uniform(min_density, max_density));
        const auto varied = static_cast<float>(random.uniform(0, variation));
        const auto hollowed = static_cast<float>(random.uniform() < 0.5 ? 0 : random.uniform(0, hollow));
        const double broken = random.uniform() < 0.6 ? 0 : random.uniform(0, breaks);
        const Image uneven = detail::cloud_noise(height, width, random.uniform(10, 90), 3, random);
        Image middle = page;
        detail::gaussian_blur(middle, random.uniform(1.5, 4));
        const Image holes = detail::cloud_noise(height, width, random.uniform(3, 12), 2, random);
        std::vector<float> sorted = holes.pixels;
        const auto kept = static_cast<std::ptrdiff_t>((1 - broken) * static_cast<double>(sorted.size() - 1));
        std::nth_element(sorted.begin(), sorted.begin() + kept, sorted.end());
        const float cut = broken > 0 ? sorted[static_cast<std::size_t>(kept)] : 1e9f;
        for (std::size_t i = 0; i < page.pixels.size(); ++i) {
            float here = density * (1 + varied * uneven.pixels[i]);
            here *= 1 - hollowed * detail::smooth_step(0.4f, 1.0f, 1 - middle.pixels[i]);
            here *= 1 - 0.8f * detail::smooth_step(cut - 0.2f, cut + 0.4f, holes.pixels[i]);
            page.pixels[i] = 1 - std::clamp(here, 0.1f, 1.0f) * (1 - page.pixels[i]);
        }
    }
};

/// Paper: out = in tone (1 + clouds + grain + weave), less specks; the page as a whole has one tone.
struct PaperTexture {
    double min_tone = 0.7;
    double max_tone = 0.98;  ///< Included.
    double clouds = 0.05;    ///< The largest variation of the tone (standard deviation) from part to part.
    double grain = 0.025;    ///< The same from pixel to pixel, blurred a little.
    double weave = 0.015;    ///< The same for the lines of a paper mould or of cloth.
    int max_specks = 60;     ///< Dark dots and short fibres per 256x256 pixels.

    void operator()(Image& page, Random& random) const {
        detail::check_grey(page, "PaperTexture");
        detail::check_range("PaperTexture", "the tone", min_tone, max_tone, 0, 1);
        detail::check_share("PaperTexture", "the strength of clouds", clouds);
        detail::check_share("PaperTexture", "the strength of the grain", grain);
        detail::check_share("PaperTexture", "the strength of the weave", weave);
        detail::check_range("PaperTexture", "the number of specks", 0, max_specks, 0, 100000);
        const auto [channels, height, width] = page.shape;
        const double tone = random.uniform(min_tone, max_tone);
        Image paper = detail::cloud_noise(height, width, random.uniform(20, 200), 4, random);
        const auto cloudy = static_cast<float>(random.uniform(0, clouds));
        for (float& value : paper.pixels) value *= cloudy;
        add_grain(paper, random);
        if (random.uniform() < 0.3) add_weave(paper, random);
        const Image dots = specks(page.shape, random);
        for (std::size_t i = 0; i < page.pixels.size(); ++i) {
            const float factor = static_cast<float>(tone) * (1 + paper.pixels[i]) * (1 - dots.pixels[i]);
            page.pixels[i] = std::clamp(page.pixels[i] * factor, 0.0f, 1.0f);
        }
    }

  private:
    void add_grain(Image& paper, Random& random) const {
        const double chance = random.uniform(), strength = grain * chance * chance, sigma = random.uniform(0.3, 1.5);
        Image noise(paper.shape);
        // Blurring white noise divides its standard deviation by about 2 sqrt(pi) sigma, where that is above 1.
        const auto scale = static_cast<float>(strength * (std::max)(3.54 * sigma, 1.0));
        for (float& value : noise.pixels) value = scale * detail::white_noise(random);
        detail::gaussian_blur(noise, sigma);
        for (std::size_t i = 0; i < paper.pixels.size(); ++i) paper.pixels[i] += noise.pixels[i];
    }

    /// Adds wavy lines along the rows or columns, with a period of 3 to 12 pixels and a varying strength.
    void add_weave(Image& paper, Random& random) const {
        const auto strength = static_cast<float>(random.uniform(0, weave));
        const double period = random.uniform(3, 12), turn = 0.03 * random.normal();
        const bool along = random.uniform() < 0.7;
        const Image presence = detail::smooth_noise(paper.shape.height, paper.shape.width, 60, random);
        for (int y = 0; y < paper.shape.height; ++y) {
            for (int x = 0; x < paper.shape.width; ++x) {
                const double place = along ? y + turn * x : x + turn * y;
                const double bent = place + static_cast<double>(presence(0, y, x));
                paper(0, y, x) += strength * (1 + 0.5f * presence(0, y, x)) *
                                  static_cast<float>(std::sin(6.283185307179586 * bent / period));
            }
        }
    }

    Image specks(Shape shape, Random& random) const {
        Image dots(shape);
        const double area = static_cast<double>(shape.area()) / (256 * 256);
        const double chance = random.uniform();
        const int count = static_cast<int>(std::lround(area * max_specks * chance * chance * chance));
        for (int i = 0; i < count; ++i) {
            const double x = random.uniform(0, shape.width), y = random.uniform(0, shape.height);
            const double length = random.uniform() < 0.8 ? 0.5 : random.uniform(1, 8);
            const double angle = random.uniform(0, 6.283185307179586), radius = random.uniform(-0.2, 1.2);
            detail::add_stroke(dots, x, y, x + length * std::cos(angle), y + length * std::sin(angle), radius);
        }
        const auto strength = static_cast<float>(random.uniform(0.1, 0.6));
        for (float& value : dots.pixels) value *= strength;
        return dots;
    }
};

/// Light that falls off to one side, away from a point, and towards a book's inner edge: out = in light, light <= 1.
struct UnevenLight {
    double min_strength = 0;
    double max_strength = 0.25;  ///< Included; how much darker the darkest part is, as a fraction.
    double gutter = 0.15;        ///< The share of pages with the shadow of a book's inner edge.

    void operator()(Image& page, Random& random) const {
        detail::check_grey(page, "UnevenLight");
        detail::check_range("UnevenLight", "the strength", min_strength, max_strength, 0, 1);
        detail::check_share("UnevenLight", "the share with an inner edge", gutter);
        const auto [channels, height, width] = page.shape;
        const double side = random.uniform(), strength = random.uniform(min_strength, max_strength);
        const double angle = random.uniform(0, 6.283185307179586);
        const double centre_y = random.uniform(-0.3, 1.3), centre_x = random.uniform(-0.3, 1.3);
        const bool edge = random.uniform() < gutter;
        const int which = random.integer(0, 3);
        const double reach = random.uniform(0.05, 0.3), depth = random.uniform(0.2, 0.7);
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                const double v = (y + 0.5) / height, u = (x + 0.5) / width;
                // Both are 0 to 1 within the page.
                const double slope = 0.5 + ((v - 0.5) * std::sin(angle) + (u - 0.5) * std::cos(angle)) / 1.4143;
                const double away = ((v - centre_y) * (v - centre_y) + (u - centre_x) * (u - centre_x)) / 3.38;
                double light = 1 - strength * (side * slope + (1 - side) * away);
                if (edge) {
                    const double distance = which == 0 ? v : which == 1 ? 1 - v : which == 2 ? u : 1 - u;
                    light *= 1 - depth * std::exp(-distance / reach);
                }
                page(0, y, x) = detail::clamped(static_cast<double>(page(0, y, x)) * light);
            }
        }
    }
};

}  // namespace depix

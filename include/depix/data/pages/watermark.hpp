// Watermark: words stamped across a page.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/data/pages/page_fields.hpp"
#include "depix/data/pages/page_script.hpp"
#include "depix/data/pages/page_words.hpp"
#include "depix/data/text/font.hpp"
#include "depix/error.hpp"
#include "depix/image/binarize.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// One or several words, each with its own font, size, angle and grey. With its coverage m, opacity a and grey g,
///
///     over the ink    out = in (1 - a m) + g a m
///     under it        out = in (1 - a m (1 - g))
///
/// Some have a frame; some are repeated all over the page. DE-GAN's third task is to remove them (M. A. Souibgui and Y.
/// Kessentini, "DE-GAN: A Conditional Generative Adversarial Network for Document Enhancement", IEEE TPAMI 2022).
struct Watermark {
    std::vector<Font> fonts{};  ///< All equally likely; see page_fonts().
    int min_count = 1;
    int max_count = 3;       ///< Included, as all below.
    double min_size = 0.08;  ///< Pixels per em as a fraction of the picture's height; clamped to 8..300 pixels.
    double max_size = 0.4;
    double min_opacity = 0.2;
    double max_opacity = 0.8;
    double min_grey = 0.3;  ///< 0 black, 1 white; darker ones look like ink.
    double max_grey = 0.85;
    double under = 0.5;      ///< The share of words under the ink.
    double framed = 0.15;    ///< The share of words in a frame.
    double repeated = 0.12;  ///< The share of words that are repeated.
    /// The words; one watermark in three takes a word of drawn pages instead.
    std::vector<std::u32string> words{U"CONFIDENTIAL", U"COPY",     U"DRAFT",    U"SAMPLE",
                                      U"VOID",         U"Original", U"SECRET",   U"Approved",
                                      U"DO NOT COPY",  U"Urgent",   U"Specimen", U"www.example.org"};

    void operator()(Image& page, Random& random) const {
        check(page);
        for (int count = random.integer(min_count, max_count); count > 0; --count) stamp(page, random);
    }

  private:
    void stamp(Image& page, Random& random) const {
        const auto [channels, height, width] = page.shape;
        const Image word = drawn(height, random);
        double angle = 0.05 * random.normal();
        if (random.uniform() < 0.7) angle += random.uniform(-1.2, 1.2);
        const double y0 = random.uniform(0.1, 0.9) * height, x0 = random.uniform(0.1, 0.9) * width;
        const auto opacity = static_cast<float>(random.uniform(min_opacity, max_opacity));
        const auto grey = static_cast<float>(random.uniform(min_grey, max_grey));
        const bool below = random.uniform() < under, repeats = random.uniform() < repeated;
        const double step_y = word.shape.height * random.uniform(1.2, 3), step_x = word.shape.width * 1.2;
        const double cosine = std::cos(angle), sine = std::sin(angle);
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                double v = cosine * (y - y0) + sine * (x - x0) + word.shape.height / 2.0;
                double u = cosine * (x - x0) - sine * (y - y0) + word.shape.width / 2.0;
                if (repeats) {
                    const double row = std::floor(v / step_y);
                    v -= step_y * row;
                    u += 0.4 * step_x * row;  // the next row's words are between those of this one
                    u -= step_x * std::floor(u / step_x);
                }
                const float covered = opacity * detail::sample(word, v, u, 0);
                float& value = page(0, y, x);
                value = below ? value * (1 - covered * (1 - grey)) : value * (1 - covered) + grey * covered;
            }
        }
    }

    /// Draws a word on a plane of its size.
    Image drawn(int height, Random& random) const {
        const Font& font = detail::pick(fonts, random);
        const double size = std::clamp(random.uniform(min_size, max_size) * height, 8.0, 300.0);
        const double spacing = random.uniform() < 0.6 ? 0 : random.uniform(0, 0.2);
        std::u32string text;
        if (random.uniform() < 1 / 3.0) {
            PageWords source(random);
            text = source.next(random);
        } else {
            text = detail::pick(words, random);
        }
        const int pixels = static_cast<int>(std::lround(size)), edge = pixels / 3 + 2;
        detail::PrintedScript script(font, pixels, spacing);
        const int width = static_cast<int>(std::ceil(script.width(text))) + 2 * edge;
        Image word({1, static_cast<int>(std::lround(1.3 * pixels)) + 2 * edge, width});
        script.write(word, text, edge, edge + pixels, random);
        if (random.uniform() < framed) {
            const double radius = (std::max)(0.04 * pixels, 0.5), inset = radius + 1;
            const double right = width - 1 - inset, bottom = word.shape.height - 1 - inset;
            detail::add_stroke(word, inset, inset, right, inset, radius);
            detail::add_stroke(word, inset, bottom, right, bottom, radius);
            detail::add_stroke(word, inset, inset, inset, bottom, radius);
            detail::add_stroke(word, right, inset, right, bottom, radius);
        }
        return word;
    }

    void check(const Image& page) const {
        detail::check_grey(page, "Watermark");
        if (fonts.empty()) throw Error("Watermark: no font given; page_fonts() finds some");
        if (words.empty()) throw Error("Watermark: no word given");
        detail::check_range("Watermark", "the count", min_count, max_count, 0, 1000);
        detail::check_range("Watermark", "the size", min_size, max_size, 0, 2);
        detail::check_range("Watermark", "the opacity", min_opacity, max_opacity, 0, 1);
        detail::check_range("Watermark", "the grey", min_grey, max_grey, 0, 1);
        detail::check_share("Watermark", "the share under the ink", under);
        detail::check_share("Watermark", "the share with a frame", framed);
        detail::check_share("Watermark", "the share that is repeated", repeated);
    }
};

}  // namespace depix

// Clean pages: printed and handwritten pages that the library draws itself, with words that are free to use.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/data/pages/handwriting.hpp"
#include "depix/data/pages/page_fields.hpp"
#include "depix/data/pages/page_script.hpp"
#include "depix/data/pages/page_words.hpp"
#include "depix/data/text/font.hpp"
#include "depix/error.hpp"
#include "depix/image/binarize.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// What drawn pages look like. Shares and chances are between 0 and 1.
struct DrawnPageOptions {
    int height = 256;
    int width = 256;
    int smallest_size = 14;     ///< Of the text, pixels per em; all sizes are equally likely. Headings are larger.
    int largest_size = 48;      ///< Included.
    double handwritten = 0.5;   ///< Share of handwritten pages; text is up to 1.7 times as large there, as in reality.
    double min_margin = -0.4;   ///< As a fraction of the width, on each side, and of the height, above. Below 0 the
    double max_margin = 0.12;   ///< text is cut off by the edge, as in a part of a larger page.
    double min_spacing = 0.95;  ///< The distance from one baseline to the next, ems.
    double max_spacing = 1.8;
    double columns = 0.1;      ///< The share of pages in two columns.
    double headings = 0.12;    ///< The chance that a heading comes next.
    double tables = 0.07;      ///< The chance of a table of numbers.
    double rules = 0.08;       ///< The chance of a ruled line across.
    double gaps = 0.16;        ///< The chance of a gap of a few lines; otherwise a paragraph comes next.
    double rotation = 1.2;     ///< The standard deviation of the page's angle, degrees.
    double warp = 0.03;        ///< The standard deviation of how far the paper's waves move the ink, ems.
    double stroke_change = 1;  ///< How much ink spreads, shrinks and frays at its edges; 0: as drawn.
    bool binary = false;       ///< Black and white, for ground truth: see binarize().
    double threshold = 0.5;    ///< Of binary pages: what is darker becomes ink. 0.75 includes what ink covers by a
                               ///< quarter, as in ground truth that people draw around strokes with soft edges.
};

namespace detail {

/// Fills a plane of ink with text, line by line.
class PageLayout {
  public:
    PageLayout(Shape paper, const std::vector<Font>& fonts, const DrawnPageOptions& options, Random& random)
        : ink_(paper), options_(options), random_(random), words_(random) {
        double size = random.integer(options.smallest_size, options.largest_size), spread = 1;
        if (random.uniform() < options.handwritten) {
            size *= random.uniform(1, 1.7);
            spread = random.uniform(0.9, 1.3);
            body_ = std::make_unique<WrittenScript>(size, random);
            heading_ = std::make_unique<WrittenScript>(size * random.uniform(1.1, 1.6), random);
        } else {
            const int pixels = static_cast<int>(size);
            const int larger = static_cast<int>(std::lround(size * random.uniform(1.2, 2.4)));
            const double spacing = random.uniform() < 0.8 ? 0 : random.uniform(-0.02, 0.06);
            const Font &font = pick(fonts, random), &heading_font = pick(fonts, random);
            body_ = std::make_unique<PrintedScript>(font, pixels, spacing);
            heading_ = std::make_unique<PrintedScript>(heading_font, larger, 0.02);
        }
        pitch_ = spread * size * random.uniform(options.min_spacing, options.max_spacing);
        justified_ = random.uniform() < 0.5;
    }

    Image fill() {
        const double left = margin(ink_.shape.width), right = ink_.shape.width - margin(ink_.shape.width);
        const double top = margin(ink_.shape.height);
        if (random_.uniform() < options_.columns) {
            const double middle = random_.uniform(0.25, 0.75) * ink_.shape.width, gutter = 0.6 * body_->size();
            column(left, middle - gutter, top);
            column(middle + gutter, right, top);
            if (random_.uniform() < 0.4) {
                add_stroke(ink_, middle, (std::max)(top, 0.0), middle, ink_.shape.height, rule());
            }
        } else {
            column(left, right, top);
        }
        return std::move(ink_);
    }

    double size() const { return body_->size(); }
    double pen() const { return body_->pen(); }

  private:
    double rule() const { return (std::max)(body_->pen(), 0.9); }  // the radius of ruled lines
    double margin(int side) { return side * random_.uniform(options_.min_margin, options_.max_margin); }

    void column(double left, double right, double top) {
        if (right - left < 2 * body_->size()) return;
        double baseline = top + body_->size();
        while (baseline < ink_.shape.height + body_->size()) {
            double chance = random_.uniform();
            const auto is = [&chance](double share) { return (chance -= share) < 0; };
            if (is(options_.headings)) {
                baseline += 0.4 * heading_->size();
                line(*heading_, random_.integer(1, 3), left, right, baseline, Align::Centre);
                baseline += 1.2 * pitch_;
            } else if (is(options_.tables)) {
                baseline = table(left, right, baseline);
            } else if (is(options_.rules)) {
                const double inset = random_.uniform(0, 0.4) * (right - left), y = baseline - 0.4 * pitch_;
                add_stroke(ink_, left + inset, y, right - inset, y, rule() * random_.uniform(0.9, 1.8));
                baseline += 0.5 * pitch_;
            } else if (is(options_.gaps)) {
                baseline += pitch_ * random_.integer(1, 4);
            } else {
                baseline = paragraph(left, right, baseline);
            }
        }
    }

    double paragraph(double left, double right, double baseline) {
        double indent = random_.uniform() < 0.5 ? 1.5 * body_->size() : 0;  // of the first line
        for (int lines = random_.integer(1, 7); lines > 0; --lines, baseline += pitch_) {
            const bool last = lines == 1;
            const int most = last ? random_.integer(1, 8) : 1000;
            line(*body_, most, left + indent, right, baseline, justified_ && !last ? Align::Both : Align::Left);
            indent = 0;
            if (random_.uniform() < 0.03) {
                const double from = random_.uniform(left, right), to = random_.uniform(from, right);
                const double y = baseline + 0.18 * body_->size();
                add_stroke(ink_, from, y, to, y + 0.02 * (to - from) * random_.normal(), rule());
            }
        }
        return baseline + (random_.uniform() < 0.5 ? 0.5 * pitch_ : 0);
    }

    enum class Align { Left, Centre, Both };

    /// Writes as many words as there is room for, at most `most`.
    void line(PageScript& script, int most, double left, double right, double baseline, Align align) {
        std::vector<std::u32string> words;
        double length = 0;
        while (static_cast<int>(words.size()) < most) {
            std::u32string word = words_.next(random_);
            const double width = script.width(word) + (words.empty() ? 0 : script.space());
            if (length + width > right - left) break;
            length += width;
            words.push_back(std::move(word));
        }
        const double room = right - left - length;
        double x = align == Align::Centre ? left + room / 2 : left, gap = script.space();
        if (align == Align::Both && words.size() > 1) gap += room / static_cast<double>(words.size() - 1);
        const double rise = baseline + 0.02 * script.size() * random_.normal();
        for (const std::u32string& word : words) {
            put(script, word, x, rise);
            x += script.width(word) + gap;
        }
    }

    double table(double left, double right, double baseline) {
        const int rows = random_.integer(2, 6), columns = random_.integer(2, 4);
        const double cell = (right - left) / columns, top = baseline - 0.8 * pitch_;
        const bool across = random_.uniform() < 0.5, down = random_.uniform() < 0.5;
        const double pen = rule() * random_.uniform(0.9, 1.4);
        for (int row = 0; row <= rows; ++row, baseline += pitch_) {
            const double rule = baseline - 0.8 * pitch_;
            if (across) add_stroke(ink_, left, rule, right, rule, pen);
            for (int i = 0; row < rows && i < columns; ++i) {
                const std::u32string text = i == 0 ? words_.next(random_) : PageWords::number(random_);
                const double width = body_->width(text), inset = 0.4 * body_->size();
                if (width + inset > cell) continue;
                put(*body_, text, left + i * cell + (i == 0 ? inset : cell - width - inset), baseline);
            }
        }
        const double bottom = baseline - 1.8 * pitch_;
        for (int i = 0; down && i <= columns; ++i) add_stroke(ink_, left + i * cell, top, left + i * cell, bottom, pen);
        return baseline;
    }

    /// Writes a word. Words outside the paper are skipped.
    void put(PageScript& script, const std::u32string& word, double x, double baseline) {
        const double reach = 2 * script.size();
        const bool seen = baseline > -reach && baseline < ink_.shape.height + reach && x < ink_.shape.width + reach &&
                          x + script.width(word) > -reach;
        if (seen) script.write(ink_, word, x, baseline, random_);
    }

    Image ink_;
    const DrawnPageOptions& options_;
    Random& random_;
    PageWords words_;
    std::unique_ptr<PageScript> body_, heading_;
    double pitch_ = 0;
    bool justified_ = false;
};

/// The middle of a plane of ink, turned, slanted, stretched a little and moved by the paper's waves; bilinear.
inline Image warped_middle(const Image& ink, double size, const DrawnPageOptions& options, Random& random) {
    Image result({1, options.height, options.width});
    const double angle = options.rotation * random.normal() * 3.141592653589793 / 180;
    const double slant = 0.06 * random.normal(), stretch = 1 + 0.06 * random.normal();
    const double middle_y = options.height / 2.0, middle_x = options.width / 2.0;
    const double offset_y = (ink.shape.height - options.height) / 2.0;
    const double offset_x = (ink.shape.width - options.width) / 2.0;
    const double cosine = std::cos(angle), sine = std::sin(angle);
    const auto strength = static_cast<float>(options.warp * size);
    // Small waves of a few letters and long ones of a few words, which are stronger.
    const auto waves = [&] {
        Image small = smooth_noise(options.height, options.width, (std::max)(2.5 * size, 8.0), random);
        const Image large = smooth_noise(options.height, options.width, (std::max)(10 * size, 8.0), random);
        for (std::size_t i = 0; i < small.pixels.size(); ++i) {
            small.pixels[i] = strength * (small.pixels[i] + 3 * large.pixels[i]);
        }
        return small;
    };
    const Image down = waves(), across = waves();
    for (int y = 0; y < options.height; ++y) {
        for (int x = 0; x < options.width; ++x) {
            const double v = y - middle_y, u = x - middle_x;
            const double from_y = cosine * v - sine * u, from_x = (cosine * u + sine * v) * stretch + slant * v;
            result(0, y, x) = sample(ink, from_y + middle_y + offset_y + static_cast<double>(down(0, y, x)),
                                     from_x + middle_x + offset_x + static_cast<double>(across(0, y, x)), 0);
        }
    }
    return result;
}

/// Imitates the effect of press, pen and paper on ink. The ink runs a little (a blur) and is then cut off at a level
/// that varies from part to part, so that strokes become bolder or thinner, and from pixel to pixel, so that their
/// edges fray. The thinnest strokes, of the radius `pen`, are preserved.
inline void press(Image& ink, double size, double pen, double change, Random& random) {
    if (change <= 0) return;
    const auto [channels, height, width] = ink.shape;
    gaussian_blur(ink, change * random.uniform(0.1, std::clamp(0.9 * pen, 0.3, 1.2)));
    const auto level = static_cast<float>(0.5 + change * random.uniform(-0.2, 0.05));
    // The softness is limited, so that blank paper stays at 0 and the middle of strokes at 1.
    const float softness = (std::min)({static_cast<float>(random.uniform(0.5, 1)), 2 * level, 2 - 2 * level});
    const auto unevenness = static_cast<float>(change * random.uniform(0, 0.1));
    const auto roughness = static_cast<float>(change * random.uniform(0, 0.2));
    const Image uneven = smooth_noise(height, width, (std::max)(1.5 * size, 8.0), random);
    const Image rough = smooth_noise(height, width, random.uniform(1.3, 4), random);
    for (std::size_t i = 0; i < ink.pixels.size(); ++i) {
        const float value = ink.pixels[i], edge = 4 * value * (1 - value);
        const float cut = level + edge * (unevenness * uneven.pixels[i] + roughness * rough.pixels[i]);
        ink.pixels[i] = std::clamp((value - cut) / softness + 0.5f, 0.0f, 1.0f);
    }
}

inline void check_drawn_page(const std::vector<Font>& fonts, const DrawnPageOptions& options) {
    if (fonts.empty()) throw Error("draw_page: no font given; page_fonts() finds some");
    check_range("draw_page", "the height", options.height, options.height, 1, 20000);
    check_range("draw_page", "the width", options.width, options.width, 1, 20000);
    check_range("draw_page", "the size", options.smallest_size, options.largest_size, 4, 500);
    check_range("draw_page", "the margin", options.min_margin, options.max_margin, -5, 0.45);
    check_range("draw_page", "the spacing", options.min_spacing, options.max_spacing, 0.5, 10);
    const auto check_one = [](const char* what, double value, double most) {
        check_range("draw_page", what, value, value, 0, most);
    };
    check_one("the share of handwritten pages", options.handwritten, 1);
    check_one("the share of pages in columns", options.columns, 1);
    check_one("the chance of headings", options.headings, 1);
    check_one("the chance of tables", options.tables, 1);
    check_one("the chance of rules", options.rules, 1);
    check_one("the chance of gaps", options.gaps, 1);
    check_one("the rotation", options.rotation, 45);
    check_one("the warp", options.warp, 1);
    check_one("the change of strokes", options.stroke_change, 1);
    check_one("the threshold", options.threshold, 1);
}

}  // namespace detail

/// Draws a page, or with margins below 0 a part of one: (1, height, width), grey, 0 ink and 1 paper, edges
/// anti-aliased.
///
///     const std::vector<Font> fonts = page_fonts();
///     Random random(1);
///     Image page = draw_page(random, fonts, {.height = 512, .width = 384});
///
/// The page is printed in one of the fonts, or written in a hand for which there is no font (handwriting.hpp). It has
/// paragraphs, headings, tables, rules, one or two columns, in one of five languages. It depends only on the Random,
/// the fonts and the options. Throws Error for no font and options out of their ranges.
inline Image draw_page(Random& random, const std::vector<Font>& fonts, const DrawnPageOptions& options = {}) {
    detail::check_drawn_page(fonts, options);
    const int border = 16 + (std::max)(options.height, options.width) / 16;  // what the warp may move into the picture
    const Shape paper{1, options.height + 2 * border, options.width + 2 * border};
    detail::PageLayout layout(paper, fonts, options, random);
    Image page = detail::warped_middle(layout.fill(), layout.size(), options, random);
    detail::press(page, layout.size(), layout.pen(), options.stroke_change, random);
    for (float& value : page.pixels) value = 1 - value;
    return options.binary ? binarize(page, options.threshold) : page;
}

}  // namespace depix

// Handwriting: a cursive hand like those written with quills, drawn stroke by stroke, because no font for it is
// available.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "depix/data/pages/handwriting_shapes.hpp"
#include "depix/data/pages/page_fields.hpp"
#include "depix/data/pages/page_script.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

namespace depix::detail {

/// The hand of one writer. Its shapes, slant, width and pen are chosen once; each stroke then varies a little.
class WrittenScript : public PageScript {
  public:
    WrittenScript(double pixels_per_em, Random& random)
        : letters_(running_letters()),
          capitals_(running_capitals()),
          digits_(running_digits()),
          size_(pixels_per_em),
          x_height_(pixels_per_em * random.uniform(0.34, 0.5)),
          slant_(random.uniform(-0.05, 0.9)),
          stretch_(random.uniform(0.8, 1.8)),
          tremble_(random.uniform(0.01, 0.035)),
          nib_((std::max)(x_height_ * random.uniform(0.08, 0.24), 1.8)),
          thinnest_((std::max)(random.uniform(0.2, 0.95), 1.4 / nib_)),
          joined_(random.uniform() < 0.8 ? 1.0 : random.uniform(0.3, 0.9)) {
        const double above = random.uniform(0.7, 1.25), below = random.uniform(0.6, 1.3);
        const double habit = random.uniform(0.02, 0.09);
        const auto personal = [&](auto& shapes) {
            for (PenPath& path : shapes) {
                for (PenPoint& point : path) {
                    point.x += habit * random.normal();
                    point.y += habit * random.normal();
                    if (point.y > 1) point.y = 1 + (point.y - 1) * above;
                    if (point.y < 0) point.y *= below;
                }
            }
        };
        personal(letters_);
        personal(capitals_);
        personal(digits_);
    }

    double width(const std::u32string& word) override {
        double sum = 0;
        for (const char32_t letter : word) sum += advance(letter);
        return sum * stretch_ * x_height_;
    }

    void write(Image& ink, const std::u32string& word, double x, double baseline, Random& random) override {
        PenPath stroke;  // pixels, y downward
        const auto finish = [&] {
            draw(ink, stroke);
            stroke.clear();
        };
        const auto place = [&](PenPoint point) {
            return PenPoint{x + x_height_ * (stretch_ * point.x + slant_ * point.y + tremble_ * random.normal()),
                            baseline - x_height_ * (point.y + tremble_ * random.normal())};
        };
        for (const char32_t letter : word) {
            const PenPath* path = shape(letter);
            if (path == nullptr) {  // a full stop or comma; other marks are drawn like a comma
                finish();
                const PenPoint start = place({0.1, 0.05}), end = place({letter == U'.' ? 0.12 : 0, -0.2});
                add_stroke(ink, start.x, start.y, letter == U'.' ? start.x : end.x, letter == U'.' ? start.y : end.y,
                           nib_ * 0.5);
            } else {
                const bool small = is_small(letter);
                if (!small || random.uniform() > joined_) finish();
                for (const PenPoint& point : *path) stroke.push_back(place(point));
                if (!small) finish();
                if (letter == U'i' || letter == U'j' || letter > U'z') {
                    const PenPoint dot = place({0.45, 1.5 + 0.2 * random.normal()});
                    add_stroke(ink, dot.x, dot.y, dot.x + 0.1 * x_height_ * random.normal(), dot.y, nib_ * 0.45);
                }
                if (letter == U't') {
                    const PenPoint left = place({0.1, 1.1}), right = place({0.75, 1.2});
                    add_stroke(ink, left.x, left.y, right.x, right.y, nib_ * 0.5 * thinnest_);
                }
            }
            x += advance(letter) * stretch_ * x_height_;
        }
        finish();
    }

    double size() const override { return size_; }
    double space() const override { return 0.65 * stretch_ * x_height_; }
    double pen() const override { return 0.5 * nib_ * thinnest_; }

  private:
    static bool is_small(char32_t letter) { return (letter >= U'a' && letter <= U'z') || letter > U'z'; }

    const PenPath* shape(char32_t letter) const {
        if (letter >= U'a' && letter <= U'z') return &letters_[letter - U'a'];
        if (letter >= U'A' && letter <= U'Z') return &capitals_[letter % capitals_.size()];
        if (letter >= U'0' && letter <= U'9') return &digits_[letter % digits_.size()];
        return letter > U'z' ? &letters_[letter % 26] : nullptr;
    }
    /// The distance to the next letter, in x-heights before stretching.
    double advance(char32_t letter) const {
        const PenPath* path = shape(letter);
        return path == nullptr ? 0.3 : path->back().x - (is_small(letter) ? 0.05 : -0.1);
    }

    /// Draws Catmull and Rom's spline through the points. The pen is pressed harder on the way down: its radius is
    /// nib/2 downward and thinnest nib/2 sideways and upward, and it changes with some delay.
    void draw(Image& ink, const PenPath& points) const {
        if (points.size() < 2) return;
        double pressure = 0;
        PenPoint previous = points[0];
        for (std::size_t i = 0; i + 1 < points.size(); ++i) {
            const PenPoint a = points[i == 0 ? 0 : i - 1], b = points[i], c = points[i + 1],
                           d = points[(std::min)(i + 2, points.size() - 1)];
            const double length = std::hypot(c.x - b.x, c.y - b.y);
            const int steps = std::clamp(static_cast<int>(std::lround(length / 1.5)), 1, 200);
            for (int step = 1; step <= steps; ++step) {
                const double t = static_cast<double>(step) / steps;
                const auto spline = [t](double p, double q, double r, double s) {
                    return q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
                };
                const PenPoint next{spline(a.x, b.x, c.x, d.x), spline(a.y, b.y, c.y, d.y)};
                const double moved = std::hypot(next.x - previous.x, next.y - previous.y);
                if (moved <= 0) continue;
                const double downward = (std::max)((next.y - previous.y) / moved, 0.0);
                pressure += (downward - pressure) * (std::min)(1.0, 5 * moved / x_height_);
                const double radius = nib_ / 2 * (thinnest_ + (1 - thinnest_) * pressure);
                add_stroke(ink, previous.x, previous.y, next.x, next.y, radius);
                previous = next;
            }
        }
    }

    std::array<PenPath, 26> letters_;
    std::array<PenPath, 8> capitals_;
    std::array<PenPath, 5> digits_;
    double size_, x_height_, slant_, stretch_, tremble_, nib_, thinnest_, joined_;
};

}  // namespace depix::detail

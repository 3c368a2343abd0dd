// The loss curve: a run's history as an SVG picture.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "depix/finite.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/train/history.hpp"

namespace depix {

struct LossCurveOptions {
    std::string title = "Loss";
    bool logarithmic = true;  ///< Whether the loss axis is logarithmic, so that late progress stays visible.
    int width = 720;          ///< In pixels, like the height.
    int height = 420;
};

namespace detail {

/// One axis, which maps values to pixels and has ticks at round numbers.
struct Axis {
    double low = 0, high = 1;    // values
    double first = 0, last = 1;  // pixels
    bool logarithmic = false;
    std::vector<double> ticks;

    double pixel(double value) const {
        const double part = logarithmic ? (std::log(value) - std::log(low)) / (std::log(high) - std::log(low))
                                        : (value - low) / (high - low);
        return first + part * (last - first);
    }

    /// The ticks are at multiples of 1, 2 or 5 times a power of ten, at least (high - low) / max_ticks apart. The axis
    /// is extended to the outermost ticks.
    static Axis linear(double low, double high, int max_ticks) {
        high = (std::max)(high, low != 0 ? low + 1e-3 * std::abs(low) : 1e-30);  // a narrower range has equal labels
        const double raw = (high - low) / max_ticks;
        const double power = std::pow(10, std::floor(std::log10(raw)));
        double step = 10 * power;
        for (const double factor : {5.0, 2.0, 1.0})
            if (factor * power >= raw * (1 - 1e-9)) step = factor * power;
        Axis axis;
        const double start = std::floor(low / step + 1e-9), end = std::ceil(high / step - 1e-9);
        for (double i = start; i <= end; ++i) axis.ticks.push_back(i * step);
        axis.low = start * step;
        axis.high = end * step;
        return axis;
    }

    /// The ticks are at 1, 2 and 5 times the powers of ten; if those are many, only at the powers; if they are few, at
    /// equal steps. 0 < low <= high.
    static Axis decades(double low, double high) {
        const double count = std::log10(high) - std::log10(low);
        Axis axis;
        if (count < 0.5) {
            axis = linear(low, high, 5);  // its steps are smaller than `low`, so that it begins above 0
        } else {
            const int stride = 1 + static_cast<int>(count / 10);
            const int last = static_cast<int>(std::ceil(std::log10(high)));
            for (int exponent = static_cast<int>(std::floor(std::log10(low))); exponent < last + stride;
                 exponent += stride)
                for (const double factor : {1.0, 2.0, 5.0})
                    if (factor == 1 || count <= 2.5) axis.ticks.push_back(factor * std::pow(10.0, exponent));
            while (axis.ticks[1] <= low) axis.ticks.erase(axis.ticks.begin());
            while (axis.ticks[axis.ticks.size() - 2] >= high) axis.ticks.pop_back();
            axis.low = axis.ticks.front();
            axis.high = axis.ticks.back();
        }
        axis.logarithmic = true;
        return axis;
    }
};

inline std::string escape_xml(std::string_view text) {
    std::string result;
    for (const char c : text) switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;  // XML has no control characters
        }
    return result;
}

/// Writes SVG elements, one per line. Lengths are in pixels, rounded to a tenth.
class SvgWriter {
  public:
    SvgWriter(int width, int height, const std::string& title) {
        const std::string w = std::to_string(width), h = std::to_string(height);
        text_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w +
                "\" height=\"" + h + "\" viewBox=\"0 0 " + w + " " + h +
                "\" role=\"img\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\">\n<title>" +
                escape_xml(title) + "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
    }

    void line(double x1, double y1, double x2, double y2, const std::string& style) {
        text_ += "<line x1=\"" + length(x1) + "\" y1=\"" + length(y1) + "\" x2=\"" + length(x2) + "\" y2=\"" +
                 length(y2) + "\" " + style + "/>\n";
    }
    void text(double x, double y, const std::string& content, const std::string& style) {
        text_ +=
            "<text x=\"" + length(x) + "\" y=\"" + length(y) + "\" " + style + ">" + escape_xml(content) + "</text>\n";
    }
    void circle(double x, double y, double radius, const std::string& style) {
        text_ +=
            "<circle cx=\"" + length(x) + "\" cy=\"" + length(y) + "\" r=\"" + length(radius) + "\" " + style + "/>\n";
    }
    void polyline(const std::vector<std::array<double, 2>>& points, const std::string& style) {
        text_ += "<polyline points=\"";
        for (std::size_t i = 0; i < points.size(); ++i)
            text_.append(i == 0 ? "" : " ").append(length(points[i][0])).append(",").append(length(points[i][1]));
        text_ += "\" fill=\"none\" " + style + "/>\n";
    }
    std::string finish() const { return text_ + "</svg>\n"; }

    static std::string length(double value) { return number_text(std::round(value * 10) / 10, 8); }

  private:
    std::string text_;
};

/// One curve of the picture: (epoch, loss) points and the name in the legend.
struct Curve {
    const char* name;
    const char* color;
    std::vector<std::array<double, 2>> points = {};
};

/// Curves over epochs 1 to `epochs`, with a ring around `best`, an (epoch, loss) point, if there is one. Losses that
/// the axis cannot show are left out.
inline std::string curves_svg(const std::vector<Curve>& curves, double epochs,
                              const std::optional<std::array<double, 2>>& best, const LossCurveOptions& options) {
    const auto visible = [&](double loss) { return is_finite(loss) && (loss > 0 || !options.logarithmic); };
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const Curve& curve : curves)
        for (const auto& [epoch, loss] : curve.points)
            if (visible(loss)) {
                low = (std::min)(low, loss);
                high = (std::max)(high, loss);
            }
    if (low > high) low = 0.1, high = 1;  // nothing to show yet

    const double legend = 50, left = 90, right = options.width - 24, top = 66, bottom = options.height - 56;
    Axis y =
        options.logarithmic ? Axis::decades(low, high) : Axis::linear((std::min)(low, 0.0), (std::max)(high, 0.0), 6);
    y.first = bottom;
    y.last = top;
    Axis x = Axis::linear(0, (std::max)(epochs, 10.0), 10);
    x.low = 1;  // there is no epoch 0
    x.high = (std::max)(epochs, 2.0);
    std::erase_if(x.ticks, [&](double tick) { return tick < x.low || tick > x.high; });
    x.first = left + 12;
    x.last = right - 12;

    SvgWriter svg(options.width, options.height, options.title);
    const std::string ink = "fill=\"#333\"", quiet = "fill=\"#666\"";
    svg.text((left + right) / 2, 26, options.title, ink + " font-size=\"16\" text-anchor=\"middle\"");
    for (const double tick : y.ticks) {
        svg.line(left, y.pixel(tick), right, y.pixel(tick), "stroke=\"#e4e4e4\"");
        svg.text(left - 8, y.pixel(tick) + 4.5, number_text(tick, 6), quiet + " text-anchor=\"end\"");
    }
    for (const double tick : x.ticks) {
        svg.line(x.pixel(tick), bottom, x.pixel(tick), bottom + 5, "stroke=\"#888\"");
        svg.text(x.pixel(tick), bottom + 20, number_text(tick, 6), quiet + " text-anchor=\"middle\"");
    }
    svg.line(left, bottom, right, bottom, "stroke=\"#888\"");
    svg.text((left + right) / 2, options.height - 14.0, "epoch", ink + " text-anchor=\"middle\"");
    const std::string middle = SvgWriter::length((top + bottom) / 2);
    svg.text(20, (top + bottom) / 2, "loss",
             ink + " text-anchor=\"middle\" transform=\"rotate(-90 20 " + middle + ")\"");

    double place = left + 12;
    for (const Curve& curve : curves) {
        const std::string color = std::string("=\"") + curve.color + "\"";
        std::vector<std::array<double, 2>> points;
        for (const auto& [epoch, loss] : curve.points)
            if (visible(loss)) points.push_back({x.pixel(epoch), y.pixel(loss)});
        svg.polyline(points, "stroke" + color + " stroke-width=\"2\" stroke-linejoin=\"round\"");
        if (points.size() <= 60)
            for (const auto& [px, py] : points) svg.circle(px, py, 2.5, "fill" + color);
        // The legend stands above the curves, where none of them can cross it.
        svg.line(place, legend - 4, place + 24, legend - 4, "stroke" + color + " stroke-width=\"2\"");
        svg.text(place + 32, legend, curve.name, ink);
        place += (std::max)(110.0, 50 + 6.0 * static_cast<double>(std::string_view(curve.name).size()));
    }
    if (best) {
        const std::string ring = "fill=\"none\" stroke=\"#333\" stroke-width=\"1.5\"";
        svg.circle(x.pixel((*best)[0]), y.pixel((*best)[1]), 6, ring);
        svg.circle(left + 250, legend - 4, 6, ring);
        svg.text(left + 264, legend, "best: epoch " + number_text((*best)[0], 9) + ", " + number_text((*best)[1], 4),
                 ink);
    }
    return svg.finish();
}

/// The column of a history as a curve.
template <class Record>
Curve curve_of(const std::vector<Record>& history, double Record::*column, const char* name, const char* color) {
    Curve curve{name, color};
    for (const Record& record : history) curve.points.push_back({static_cast<double>(record.epoch), record.*column});
    return curve;
}

}  // namespace detail

/// The history's training and validation loss over the epochs, as SVG 1.1: axes with round ticks, a legend, and a ring
/// around the lowest validation loss. Losses that the axis cannot show (values that are not finite, and on a
/// logarithmic axis values not above 0) are left out.
inline std::string loss_curve_svg(const History& history, const LossCurveOptions& options = {}) {
    std::optional<std::array<double, 2>> best;
    for (const EpochRecord& record : history) {
        const double loss = record.validation_loss;
        const bool visible = is_finite(loss) && (loss > 0 || !options.logarithmic);
        if (visible && (!best || loss < (*best)[1])) best = {static_cast<double>(record.epoch), loss};
    }
    return detail::curves_svg({detail::curve_of(history, &EpochRecord::training_loss, "training", "#2a6fbb"),
                               detail::curve_of(history, &EpochRecord::validation_loss, "validation", "#d9662b")},
                              history.empty() ? 1 : history.back().epoch, best, options);
}

/// Writes `loss_curve_svg`, whole or not at all. Throws FileError.
inline void write_loss_curve(const std::string& path, const History& history, const LossCurveOptions& options = {}) {
    write_file(path, loss_curve_svg(history, options));
}

}  // namespace depix

// Charts of the lessons, as SVG. Nothing here is part of a lesson.
#pragma once

#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

/// A chart on a white card. Everything that is drawn is given in the units of its axes.
class Chart {
  public:
    using Points = std::vector<std::array<double, 2>>;
    struct Axis {
        double low, high;
        std::vector<double> ticks;
        std::string name;
        std::string (*text)(double) = number;  ///< What is written at a tick.
    };

    Chart(const std::string& title, Axis across, Axis up, double width = 560, double height = 340)
        : across_(std::move(across)), up_(std::move(up)), width_(width), height_(height) {
        write(24, 28, title, "#24292f", "font-size='15' font-weight='bold'");
        write((left() + right()) / 2, height - 12, across_.name, "#24292f", "text-anchor='middle'");
        write(24, 52, up_.name, "#24292f");
        for (const double tick : across_.ticks) {
            stroke({{tick, up_.low}, {tick, up_.high}}, "#eaeef2", 1);
            write(x(tick), bottom() + 18, across_.text(tick), "#57606a", "text-anchor='middle'");
        }
        for (const double tick : up_.ticks) {
            stroke({{across_.low, tick}, {across_.high, tick}}, "#eaeef2", 1);
            write(left() - 8, y(tick) + 4, up_.text(tick), "#57606a", "text-anchor='end'");
        }
    }

    void stroke(const Points& points, const std::string& colour, double thickness = 2, const std::string& more = "") {
        svg_ += "<polyline fill='none' stroke='" + colour + "' stroke-width='" + number(thickness) + "' " + more +
                " points='";
        for (const auto& [px, py] : points) svg_ += pixels(x(px)) + "," + pixels(y(py)) + " ";
        svg_ += "'/>\n";
    }
    void dots(const Points& points, const std::string& colour, double radius = 3) {
        for (const auto& [px, py] : points)
            svg_ += "<circle cx='" + pixels(x(px)) + "' cy='" + pixels(y(py)) + "' r='" + number(radius) + "' fill='" +
                    colour + "'/>\n";
    }
    /// A bar from 0 to `length` along the axis across, centred on `place` of the other.
    void bar(double place, double length, const std::string& colour) {
        svg_ += "<rect x='" + pixels(left()) + "' y='" + pixels(y(place) - 11) + "' width='" +
                pixels(x(length) - left()) + "' height='22' fill='" + colour + "'/>\n";
    }
    /// Text beside a point; `dx` and `dy` are pixels, to the right and down.
    void label(double px, double py, const std::string& text, const std::string& colour, double dx = 8, double dy = 4) {
        write(x(px) + dx, y(py) + dy, text, colour);
    }
    void save(const std::string& path) const {
        const std::string size = number(width_) + " " + number(height_);
        std::ofstream(path) << "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 " << size << "' width='"
                            << number(width_) << "' height='" << number(height_)
                            << "' font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\" font-size='12'>\n"
                            << "<rect x='.5' y='.5' width='" << number(width_ - 1) << "' height='"
                            << number(height_ - 1) << "' rx='8' fill='#fff' stroke='#d0d7de'/>\n"
                            << svg_ << "</svg>\n";
    }

    static std::string number(double value) {
        std::array<char, 32> text;
        std::snprintf(text.data(), text.size(), "%.3g", value);
        return text.data();
    }

  private:
    static std::string pixels(double value) {
        std::array<char, 32> text;
        std::snprintf(text.data(), text.size(), "%.1f", value);
        return text.data();
    }
    void write(double px, double py, const std::string& text, const std::string& colour, const std::string& more = "") {
        svg_ += "<text x='" + pixels(px) + "' y='" + pixels(py) + "' fill='" + colour + "' " + more + ">" + text +
                "</text>\n";
    }
    double left() const { return 60; }
    double right() const { return width_ - 24; }
    double bottom() const { return height_ - 48; }
    double x(double value) const {
        return left() + (value - across_.low) / (across_.high - across_.low) * (right() - left());
    }
    double y(double value) const { return bottom() - (value - up_.low) / (up_.high - up_.low) * (bottom() - 66); }

    Axis across_, up_;
    double width_, height_;
    std::string svg_;
};

// Small grey pictures side by side, as SVG. Nothing here is part of a lesson.
#pragma once

#include <depix/tensor.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

/// A table of pictures, of which each column has a name. Values from 0 (black) to 1 (white) are drawn in 16 steps.
class PictureTable {
  public:
    /// `side` is the width of a column, to which a picture is enlarged.
    explicit PictureTable(std::vector<std::string> columns, double side = 84)
        : columns_(std::move(columns)), side_(side) {}

    void add_row(const std::vector<depix::Image>& pictures) {
        for (std::size_t i = 0; i < pictures.size(); ++i) draw(pictures[i], left(i), 34 + rows_ * (side_ + gap));
        ++rows_;
    }
    void save(const std::string& path) const {
        const std::string width = std::to_string(left(columns_.size()) + gap);
        const std::string height = std::to_string(34 + rows_ * (side_ + gap) + gap);
        std::ofstream file(path);
        file << "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 " << width << " " << height << "' width='"
             << width << "' height='" << height << "' font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\""
             << " font-size='12' fill='#24292f'>\n<rect width='100%' height='100%' rx='8' fill='#d0d7de'/>\n";
        for (std::size_t i = 0; i < columns_.size(); ++i)
            file << "<text x='" << left(i) << "' y='24'>" << columns_[i] << "</text>\n";
        file << svg_ << "</svg>\n";
    }

  private:
    static constexpr double gap = 10;
    double left(std::size_t column) const { return 2 * gap + static_cast<double>(column) * (side_ + gap); }

    // A path for each grey, with a rectangle for every run of equal pixels in a row.
    void draw(const depix::Image& picture, double x, double y) {
        const auto [channels, height, width] = picture.shape;
        std::array<std::string, 16> paths;
        const auto level = [&](int row, int column) {
            const float value = (std::clamp)(picture(0, row, column), 0.0f, 1.0f);
            return static_cast<std::size_t>(std::lround(15 * value));
        };
        for (int row = 0; row < height; ++row)
            for (int first = 0, last; first < width; first = last) {
                for (last = first + 1; last < width && level(row, last) == level(row, first);) ++last;
                const std::string run = std::to_string(last - first);
                paths[level(row, first)] +=
                    "M" + std::to_string(first) + " " + std::to_string(row) + "h" + run + "v1h-" + run + "z";
            }
        svg_ += "<g shape-rendering='crispEdges' transform='translate(" + std::to_string(x) + " " + std::to_string(y) +
                ") scale(" + std::to_string(side_ / width) + ")'>\n";
        for (std::size_t i = 0; i < 16; ++i) {
            const char digit = "0123456789abcdef"[i];
            if (!paths[i].empty())
                svg_ += std::string("<path fill='#") + digit + digit + digit + "' d='" + paths[i] + "'/>\n";
        }
        svg_ += "</g>\n";
    }

    std::vector<std::string> columns_;
    double side_;
    int rows_ = 0;
    std::string svg_;
};

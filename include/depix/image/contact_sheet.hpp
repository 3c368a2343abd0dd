// Contact sheets: many pictures on one sheet, to look at.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/image/resize.hpp"
#include "depix/io/image.hpp"
#include "depix/tensor.hpp"

namespace depix {

struct ContactSheetOptions {
    int gap = 4;           ///< Between pictures and around them, in pixels.
    float background = 1;  ///< Grey, from 0 (black) to 1 (white).
    int largest_side = 0;  ///< Pictures with a longer side are shrunk to it (bicubic), in proportion; 0: no limit.
};

/// Places pictures side by side in rows. Columns are aligned, so the sheet is a table of pictures. Each is in the upper
/// left corner of its cell; a row is as high as its highest picture, and a column is as wide as its widest picture.
///
///     write_image("sheet.png", contact_sheet({{damaged, restored, clean}, {...}}));
///
/// Rows may have different lengths. The sheet is grey if all pictures are, otherwise RGB. Throws ShapeError if there is
/// no picture, and for a picture without pixels or with other than 1 or 3 channels; Error for a negative gap or
/// largest_side.
inline Image contact_sheet(const std::vector<std::vector<Image>>& rows, const ContactSheetOptions& options = {}) {
    const int gap = options.gap, largest = options.largest_side;
    if (gap < 0 || largest < 0) {
        throw Error("contact_sheet: a gap of " + std::to_string(gap) + ", a largest_side of " +
                    std::to_string(largest));
    }
    const auto fitted = [largest](const Image& image) {
        const auto [channels, height, width] = image.shape;
        const int side = (std::max)(height, width);
        if (largest == 0 || side <= largest) return image;
        const double factor = static_cast<double>(largest) / side;
        const auto shrunk = [factor](int old) { return (std::max)(1, static_cast<int>(std::lround(factor * old))); };
        return quantized(resize(image, shrunk(height), shrunk(width)));
    };
    int channels = 0;
    std::vector<int> heights, widths;
    std::vector<std::vector<Image>> cells;
    for (const std::vector<Image>& row : rows) {
        heights.push_back(0);
        cells.emplace_back();
        if (row.size() > widths.size()) widths.resize(row.size());
        for (const Image& image : row) {
            const Shape& own = image.shape;
            if ((own.channels != 1 && own.channels != 3) || own.height < 1 || own.width < 1) {
                throw ShapeError("contact_sheet: a picture of " + to_string(own) + "; they have 1 or 3 channels");
            }
            int& width = widths[cells.back().size()];
            const Shape cell = cells.back().emplace_back(fitted(image)).shape;
            channels = (std::max)(channels, cell.channels);
            heights.back() = (std::max)(heights.back(), cell.height);
            width = (std::max)(width, cell.width);
        }
    }
    if (channels == 0) throw ShapeError("contact_sheet: no picture given");

    const auto extent = [gap](const std::vector<int>& sizes) {
        int sum = gap;
        for (const int size : sizes) sum += size + gap;
        return sum;
    };
    Image sheet({channels, extent(heights), extent(widths)}, options.background);
    int top = gap;
    for (std::size_t row = 0; row < cells.size(); top += heights[row++] + gap) {
        int left = gap;
        for (std::size_t column = 0; column < cells[row].size(); left += widths[column++] + gap) {
            const Image image = convert_channels(std::move(cells[row][column]), channels);
            for (int channel = 0; channel < channels; ++channel) {
                for (int y = 0; y < image.shape.height; ++y) {
                    std::copy_n(&image(channel, y, 0), image.shape.width, &sheet(channel, top + y, left));
                }
            }
        }
    }
    return sheet;
}

}  // namespace depix

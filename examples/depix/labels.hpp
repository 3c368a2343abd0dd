// Labels: lines of text as pictures, for contact sheets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "depix/data/text/font.hpp"
#include "depix/tensor.hpp"

namespace tool {

/// Writes in black on white. Without a font there are no labels.
class Labels {
  public:
    /// `font` is a path or a name; empty: the first of four common fonts that is installed; "none": no font. Throws
    /// depix::FileError for a font that was asked for and cannot be read.
    explicit Labels(const std::string& font);

    bool present() const { return font_.has_value(); }

    /// A grey picture of this width with one line under the other. What is too long is cut off. Only ASCII is written.
    depix::Image lines(const std::vector<std::string>& text, int width, float pixels_per_em = 12) const;

    /// The height of a line.
    static int line_height(float pixels_per_em) { return static_cast<int>(pixels_per_em * 1.3f) + 1; }

  private:
    std::optional<depix::Font> font_;
};

}  // namespace tool

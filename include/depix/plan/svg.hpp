// SvgCanvas: the shapes of which a network's drawing consists, as SVG.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

namespace depix::detail {

/// Collects SVG elements. Numbers have at most one digit after the point, whatever the program's locale is.
class SvgCanvas {
  public:
    static std::string number(double value) {
        const long tenths = std::lround(value * 10), size = std::labs(tenths);
        std::string text = (tenths < 0 ? "-" : "") + std::to_string(size / 10);
        if (size % 10 != 0) text.append(".").append(std::to_string(size % 10));
        return text;
    }
    static std::string with_commas(std::size_t value) {
        std::string text = std::to_string(value);
        for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
        return text;
    }
    // How wide a text is, about. A character of several bytes counts once.
    static double width_of(std::string_view text, double size) {
        const auto begins = [](char letter) { return (static_cast<unsigned char>(letter) & 0xc0) != 0x80; };
        return 0.52 * size * static_cast<double>(std::ranges::count_if(text, begins));
    }

    /// Text with its baseline at y. The attributes are those of SVG.
    void text(double x, double y, std::string_view attributes, std::string_view what) {
        svg_.append("<text").append(position("x", x) + position("y", y));
        svg_.append(attributes.empty() ? "" : " ").append(attributes).append(">");
        for (const char letter : what)
            letter == '&'   ? svg_.append("&amp;")
            : letter == '<' ? svg_.append("&lt;")
            : letter == '>' ? svg_.append("&gt;")
                            : svg_.append(1, letter);
        svg_ += "</text>\n";
    }
    void rectangle(double x, double y, double width, double height, std::string_view attributes) {
        svg_.append("<rect").append(position("x", x) + position("y", y) + position("width", width));
        svg_.append(position("height", height)).append(" ").append(attributes).append("/>\n");
    }
    void circle(double x, double y, double radius, std::string_view attributes) {
        svg_.append("<circle").append(position("cx", x) + position("cy", y) + position("r", radius));
        svg_.append(" ").append(attributes).append("/>\n");
    }
    void path(std::string_view points, std::string_view colour) {
        svg_.append("<path class=\"f\" stroke=\"").append(colour).append("\" d=\"").append(points).append("\"/>\n");
    }
    /// The head of an arrow that ends at (x, y) and comes from the left (1, 0), from above (0, 1) or from below (0,
    /// -1).
    void head(double x, double y, int across, int down, std::string_view colour) {
        const auto point = [&](double back, double aside) {
            return number(x - back * across + aside * down) + " " + number(y - back * down + aside * across);
        };
        svg_.append("<path fill=\"").append(colour).append("\" d=\"M").append(point(0, 0)).append("L");
        svg_.append(point(6, -3)).append("L").append(point(6, 3)).append("z\"/>\n");
    }

    /// A file with everything so far on a white card, so that it can be read on a dark page too.
    std::string file(double width, double height) const {
        const std::string size = number(width) + " " + number(height);
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + "\"" + position("width", width) +
               position("height", height) +
               " font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\" font-size=\"10\" fill=\"#24292f\">\n"
               "<style>.c{fill:#57606a;text-anchor:middle}.e{fill:#57606a;text-anchor:end}.k{font-size:9px}"
               ".f{fill:none;stroke-width:1.3}</style>\n"
               "<rect x=\".5\" y=\".5\"" +
               position("width", width - 1) + position("height", height - 1) +
               " rx=\"8\" fill=\"#fff\" stroke=\"#d0d7de\"/>\n" + svg_ + "</svg>\n";
    }

  private:
    static std::string position(const char* name, double value) {
        return std::string(" ").append(name).append("=\"").append(number(value)).append("\"");
    }

    std::string svg_;
};

}  // namespace depix::detail

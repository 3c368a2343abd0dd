#include "labels.hpp"

#include <algorithm>
#include <cstddef>

namespace {

void write_line(depix::Image& paper, const depix::Font& font, const std::string& text, int top, float pixels_per_em) {
    int pen = 0;  // 1/64 pixel
    for (const char character : text) {
        const depix::Glyph glyph = font.glyph(static_cast<unsigned char>(character), pixels_per_em);
        const int left = (pen + 32) / 64 + glyph.left, first = top + font.ascent(pixels_per_em) + glyph.top;
        for (int y = 0; y < glyph.height; ++y)
            for (int x = 0; x < glyph.width; ++x) {
                const int row = first + y, column = left + x;
                if (row < 0 || column < 0 || row >= paper.shape.height || column >= paper.shape.width) continue;
                const auto at = static_cast<std::size_t>(y * glyph.width + x);
                paper(0, row, column) -= std::min(paper(0, row, column), static_cast<float>(glyph.coverage[at]) / 255);
            }
        pen += glyph.advance;
    }
}

}  // namespace

tool::Labels::Labels(const std::string& font) {
    if (font == "none") return;
    if (!font.empty()) {
        font_.emplace(depix::find_font(font));
        return;
    }
    for (const char* name : {"Roboto-Regular.ttf", "DejaVuSans.ttf", "LiberationSans-Regular.ttf", "FreeSans.ttf"}) {
        try {
            font_.emplace(depix::find_font(name));
            return;
        } catch (const depix::FileError&) {  // missing or damaged: the next one
        }
    }
}

depix::Image tool::Labels::lines(const std::vector<std::string>& text, int width, float pixels_per_em) const {
    const int height = line_height(pixels_per_em);
    depix::Image paper({1, std::max(1, static_cast<int>(text.size()) * height), width}, 1.0f);
    for (std::size_t i = 0; font_ && i < text.size(); ++i)
        write_line(paper, *font_, text[i], static_cast<int>(i) * height, pixels_per_em);
    return paper;
}

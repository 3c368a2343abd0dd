#include "choose.hpp"

#include <cstdio>

namespace {

// A number with one digit after the point.
std::string text_of(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", number);
    return text;
}

tool::Choice enlargement(const tool::Findings& found) {
    if (found.is_page) return {"enlarge_pages", "it is a page of text, to be enlarged"};
    return {"enlarge_photos", "it is a photograph, to be enlarged"};
}

}  // namespace

// README.md says on which pictures the limits were set, and how often the choice is right.
tool::Choice tool::choose(const Findings& found, double scale) {
    constexpr double noisy = 6, speckled = 0.002, uneven = 0.03, dirty = 0.05;
    constexpr int fine_quality = 90;  // above, dejpeg gains nothing
    if (scale > 1) return enlargement(found);
    if (found.block > 1 && found.is_on_paper)
        return {"text_restorer", "it is text in squares of " + std::to_string(found.block) + " pixels"};
    if (found.block > 1)
        return {"", "it consists of squares of " + std::to_string(found.block) +
                        " pixels, and there is no model for pixelated photographs"};
    if (found.is_page) {
        if (found.paper_variation > uneven || found.between > dirty)
            return {"page_cleaner", "it is a page of text whose paper is not clean"};
        return {"", "it is a clean page of text"};
    }
    if (found.specks > speckled)
        return {"denoise", text_of(100 * found.specks) + " % of its pixels are black or white specks"};
    if (found.noise > noisy)
        return {"denoise", "its noise has a standard deviation of about " + text_of(found.noise) + " of 255"};
    if (found.jpeg_quality > 0 && found.jpeg_quality <= fine_quality)
        return {"dejpeg", "it is a JPEG file of quality " + std::to_string(found.jpeg_quality)};
    return {"", found.jpeg_quality > 0
                    ? "it is a JPEG file of quality " + std::to_string(found.jpeg_quality) + ", and no noise was found"
                    : std::string("no noise was found")};
}

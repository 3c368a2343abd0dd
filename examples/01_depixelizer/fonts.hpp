// Which text is drawn: fonts by file name or by a name to look for, and ways to resize by name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "depix/data/text/text_images.hpp"

namespace example {

inline std::vector<depix::Font> load_fonts(const std::vector<std::string>& names) {
    std::vector<depix::Font> fonts;
    for (const std::string& name : names)
        fonts.emplace_back(std::filesystem::exists(name) ? std::filesystem::path(name) : depix::find_font(name));
    return fonts;
}

/// The ways to resize that --resize names.
inline std::vector<depix::PixelateResize> resizes(const std::string& name) {
    using enum depix::PixelateResize;
    if (name == "nearest") return {Nearest};
    if (name == "bilinear") return {Bilinear};
    if (name == "both") return {Nearest, Bilinear};
    throw depix::Error("--resize takes nearest, bilinear or both, not " + name);
}

// clang-format off
/// The fonts that the text restorer is trained on: fourteen families, all in Debian. (Oxygen, Gentium and Quicksand are
/// held out for evaluation.) Roboto, which the common benchmark uses, is listed four times and drawn as often.
inline std::vector<std::string> text_restorer_fonts() {
    return {"Roboto-Regular", "Roboto-Regular", "Roboto-Regular", "Roboto-Regular",
            "DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "LiberationSans-Regular", "LiberationSans-Bold",
            "LiberationSerif-Regular", "OpenSans-Regular", "Lato-Regular", "Carlito-Regular", "Caladea-Regular",
            "NotoSans-Regular", "NotoSerif-Regular", "FreeSans", "Hack-Regular"};
}
// clang-format on

/// Text of 12 to 24 pixels. Half of the texts have spaces between the letters, as the depixelizer's have; the other
/// half have none, as in ordinary writing. The pictures are lower than the depixelizer's, so that training spends less
/// time on white.
inline depix::TextOptions text_restorer_recipe() {
    return {.shape = {3, 48, 256},
            .pixels_per_em = 12,
            .max_pixels_per_em = 24,
            .min_characters = 8,
            .max_characters = 24,
            .separated = 0.5,
            .largest_x = 100};
}

}  // namespace example

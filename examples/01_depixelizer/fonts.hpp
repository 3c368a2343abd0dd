// Fonts by file name or by a name to look for.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "depix/data/text_images.hpp"

namespace example {

inline std::vector<depix::Font> load_fonts(const std::vector<std::string>& names) {
    std::vector<depix::Font> fonts;
    for (const std::string& name : names)
        fonts.emplace_back(std::filesystem::exists(name) ? std::filesystem::path(name) : depix::find_font(name));
    return fonts;
}

}  // namespace example

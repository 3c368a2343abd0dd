// Printed pages whose text is known, to be read again after they have been restored.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "page_folder.hpp"
#include "recipes.hpp"

namespace example {

struct TextPage {
    PagePair page;
    std::string text;  ///< What is printed on it, a line of the page in each line.
};

/// Printed pages of 768x1024 pixels with known text: common English words in fonts of Debian's fonts-liberation. The
/// letters of page i have 16 + 2 (i mod 10) pixels per em. They are blurred as other drawn pages are.
std::vector<TextPage> draw_text_pages(std::size_t count, Blur blur, std::uint64_t seed);

}  // namespace example

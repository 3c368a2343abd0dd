// The page's files that are compiled in: those of examples/10_page, and the samples.
#pragma once

#include <span>
#include <string_view>

namespace tool {

struct PageFile {
    std::string_view name;  ///< "page.css"
    std::string_view content;
};

std::span<const PageFile> page_files();

}  // namespace tool

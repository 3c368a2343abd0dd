// The page's files that are compiled in: those of examples/10_page, and the samples.
#pragma once

#include <span>

#include "../compiled_in.hpp"

namespace tool {

/// With paths such as "page.css".
std::span<const CompiledInFile> page_files();

}  // namespace tool

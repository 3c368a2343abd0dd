// The headers of depix that are compiled in, as text: what a network needs that is compiled when it is needed. So the
// tool needs nothing but a compiler for it.
#pragma once

#include <span>
#include <string_view>

namespace tool {

struct Header {
    std::string_view path;  ///< "depix/layers/conv.hpp"
    std::string_view text;
};

std::span<const Header> compiled_in_headers();

}  // namespace tool

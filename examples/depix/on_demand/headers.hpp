// The headers of depix that are compiled in, as text: what a network needs that is compiled when it is needed. So the
// tool needs nothing but a compiler for it.
#pragma once

#include <span>

#include "../compiled_in.hpp"

namespace tool {

/// With paths such as "depix/layers/conv.hpp".
std::span<const CompiledInFile> compiled_in_headers();

}  // namespace tool

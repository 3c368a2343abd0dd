// CMakeLists.txt lists the headers in headers.inc, in the build folder, with a line
// DEPIX_HEADER(number, "path in depix", "path") for each.
#include "headers.hpp"

#if defined(__ELF__)

#define DEPIX_HEADER(number, name, path) DEPIX_COMPILE_IN(depix_header_##number, path)
#include "headers.inc"
#undef DEPIX_HEADER

std::span<const tool::CompiledInFile> tool::compiled_in_headers() {
#define DEPIX_HEADER(number, name, path) {name, DEPIX_COMPILED_IN(depix_header_##number)},
    static const CompiledInFile all[] = {
#include "headers.inc"
    };
#undef DEPIX_HEADER
    return all;
}

#else

std::span<const tool::CompiledInFile> tool::compiled_in_headers() { return {}; }

#endif

// The assembler copies the files into the program. CMakeLists.txt lists them in headers.inc, in the build folder, with
// a line DEPIX_HEADER(number, "path in depix", "path") for each.
#include "headers.hpp"

#if defined(__ELF__)

// clang-format off
#define DEPIX_HEADER(number, name, path)                   \
    asm(".pushsection .rodata\n"                           \
        ".global depix_header_" #number "\n"               \
        "depix_header_" #number ":\n"                      \
        ".incbin " #path "\n"                              \
        ".global depix_header_" #number "_end\n"           \
        "depix_header_" #number "_end:\n"                  \
        ".popsection\n");                                  \
    extern "C" const char depix_header_##number[];         \
    extern "C" const char depix_header_##number##_end[];
// clang-format on
#include "headers.inc"
#undef DEPIX_HEADER

std::span<const tool::Header> tool::compiled_in_headers() {
#define DEPIX_HEADER(number, name, path) {name, std::string_view(depix_header_##number, depix_header_##number##_end)},
    static const Header all[] = {
#include "headers.inc"
    };
#undef DEPIX_HEADER
    return all;
}

#else

std::span<const tool::Header> tool::compiled_in_headers() { return {}; }

#endif

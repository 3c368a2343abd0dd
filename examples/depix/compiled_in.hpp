// Text files that the assembler copies into the program. CMake lists them in a file that is included twice, with one
// line for each: once the line's macro is COMPILE_IN, and once it makes a CompiledInFile.
#pragma once

#include <string_view>

namespace tool {

struct CompiledInFile {
    std::string_view path;  ///< under which it is asked for
    std::string_view text;
};

}  // namespace tool

// clang-format off
/// Copies the file to `symbol`, up to `symbol`_end.
#define DEPIX_COMPILE_IN(symbol, path)           \
    asm(".pushsection .rodata\n"                 \
        ".global " #symbol "\n"                  \
        #symbol ":\n"                            \
        ".incbin " #path "\n"                    \
        ".global " #symbol "_end\n"              \
        #symbol "_end:\n"                        \
        ".popsection\n");                        \
    extern "C" const char symbol[];              \
    extern "C" const char symbol##_end[];
#define DEPIX_COMPILED_IN(symbol) std::string_view(symbol, symbol##_end)
// clang-format on

// The assembler copies whole files into the program. CMakeLists.txt lists them in weights.inc, in the build folder,
// with a line DEPIX_WEIGHTS(name, "path") for each.
#include "weights.hpp"

#include <cstdint>

// Where constants are, and where the compiler goes on, in the files of Linux and of Windows.
#if defined(__ELF__)
#define DEPIX_CONSTANTS ".pushsection .rodata\n"
#define DEPIX_CONSTANTS_END ".popsection\n"
#else
#define DEPIX_CONSTANTS ".section .rdata,\"dr\"\n"
#define DEPIX_CONSTANTS_END ".text\n"
#endif

// clang-format off
#define DEPIX_WEIGHTS(name, path)                          \
    asm(DEPIX_CONSTANTS                                    \
        ".balign 64\n"                                     \
        ".global depix_weights_" #name "\n"                \
        "depix_weights_" #name ":\n"                       \
        ".incbin " #path "\n"                              \
        "1:\n"                                             \
        ".balign 8\n"                                      \
        ".global depix_weights_" #name "_bytes\n"          \
        "depix_weights_" #name "_bytes:\n"                 \
        ".quad 1b - depix_weights_" #name "\n"             \
        DEPIX_CONSTANTS_END);                              \
    extern "C" const std::byte depix_weights_##name[];     \
    extern "C" const std::uint64_t depix_weights_##name##_bytes;
// clang-format on
#include "weights.inc"
#undef DEPIX_WEIGHTS

std::span<const std::byte> tool::compiled_in_weights(std::string_view name) {
#define DEPIX_WEIGHTS(file, path) \
    if (name == #file) return {depix_weights_##file, static_cast<std::size_t>(depix_weights_##file##_bytes)};
#include "weights.inc"
#undef DEPIX_WEIGHTS
    return {};
}

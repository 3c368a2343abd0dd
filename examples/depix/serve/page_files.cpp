// The assembler copies the files into the program. CMakeLists.txt lists them in page.inc, in the build folder, with a
// line DEPIX_PAGE_FILE(number, "name", "path") for each.
#include "page_files.hpp"

// clang-format off
#define DEPIX_PAGE_FILE(number, name, path)                \
    asm(".pushsection .rodata\n"                           \
        ".global depix_page_file_" #number "\n"            \
        "depix_page_file_" #number ":\n"                   \
        ".incbin " #path "\n"                              \
        ".global depix_page_file_" #number "_end\n"        \
        "depix_page_file_" #number "_end:\n"               \
        ".popsection\n");                                  \
    extern "C" const char depix_page_file_##number[];      \
    extern "C" const char depix_page_file_##number##_end[];
// clang-format on
#include "page.inc"
#undef DEPIX_PAGE_FILE

std::span<const tool::PageFile> tool::page_files() {
#define DEPIX_PAGE_FILE(number, name, path) \
    {name, std::string_view(depix_page_file_##number, depix_page_file_##number##_end)},
    static const PageFile all[] = {
#include "page.inc"
    };
#undef DEPIX_PAGE_FILE
    return all;
}

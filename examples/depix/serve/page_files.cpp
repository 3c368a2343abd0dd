// CMakeLists.txt lists the files in page.inc, in the build folder, with a line DEPIX_PAGE_FILE(number, "name", "path")
// for each.
#include "page_files.hpp"

#define DEPIX_PAGE_FILE(number, name, path) DEPIX_COMPILE_IN(depix_page_file_##number, path)
#include "page.inc"
#undef DEPIX_PAGE_FILE

std::span<const tool::CompiledInFile> tool::page_files() {
#define DEPIX_PAGE_FILE(number, name, path) {name, DEPIX_COMPILED_IN(depix_page_file_##number)},
    static const CompiledInFile all[] = {
#include "page.inc"
    };
#undef DEPIX_PAGE_FILE
    return all;
}

// libtiff on files in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <tiffio.h>

#include "../formats.hpp"
#include "shared_library.hpp"

// The functions of libtiff that are used.
// clang-format off
#define DEPIX_TIFF_FUNCTIONS(F)                                                                                       \
    F(TIFFClientOpenExt) F(TIFFClose) F(TIFFCurrentDirOffset) F(TIFFCurrentDirectory) F(TIFFDefaultStripSize) F(TIFFFieldDataType) \
    F(TIFFFieldWithTag) F(TIFFGetField) F(TIFFGetFieldDefaulted) F(TIFFIsTiled) F(TIFFOpenOptionsAlloc) \
    F(TIFFOpenOptionsFree) F(TIFFOpenOptionsSetErrorHandlerExtR) F(TIFFOpenOptionsSetMaxSingleMemAlloc) \
    F(TIFFOpenOptionsSetWarningHandlerExtR) F(TIFFRGBAImageOK) F(TIFFReadDirectory) F(TIFFReadRGBAImageOriented) \
    F(TIFFReadScanline) F(TIFFScanlineSize) F(TIFFSetDirectory) F(TIFFSetField) F(TIFFWriteDirectory) \
    F(TIFFWriteScanline)
// clang-format on

namespace tool::tiff {

DEPIX_TOOL_LIBRARY(library, DEPIX_TOOL_WITH_TIFF, DEPIX_TIFF_FUNCTIONS)

/// A file that libtiff reads or writes; its address must not change.
struct Memory {
    FileBytes content = {};                  // what is read
    std::vector<std::byte>* file = nullptr;  // what is written, and then read too
    std::size_t at = 0;
    std::string error = {};  // libtiff's first

    std::size_t size() const { return file != nullptr ? file->size() : content.size(); }
    const std::byte* data() const { return file != nullptr ? file->data() : content.data(); }
};

struct Close {
    void operator()(TIFF* file) const { TIFFClose(file); }
    void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
};
using File = std::unique_ptr<TIFF, Close>;

/// Null if it fails; memory.error says why. `largest_block` limits what libtiff allocates at once.
File open_memory(Memory& memory, const char* mode, std::size_t largest_block);

/// The value of a tag, or its default, or `otherwise`.
template <class T>
T tag(TIFF* file, std::uint32_t number, T otherwise = {}) {
    T value{};
    return TIFFGetFieldDefaulted(file, number, &value) == 1 ? value : otherwise;
}

/// The bytes of one of a tag's values, which differ between versions of libtiff for some tags.
inline std::size_t value_bytes(TIFF* file, std::uint32_t number) {
    const TIFFField* const field = TIFFFieldWithTag(file, number);
    return field != nullptr && TIFFFieldDataType(field) == TIFF_LONG ? 4 : 1;
}

/// Reads the picture of one page; see Format.
depix::ImageFile read_page(FileBytes file, int page, const depix::ImageLimits& limits, const std::string& name);
int count_pages(FileBytes file, const std::string& name);

}  // namespace tool::tiff

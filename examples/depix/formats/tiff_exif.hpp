// EXIF of TIFF files. In JPEG and PNG it is a TIFF structure of its own; in TIFF it is a part of the file's structure.
#pragma once

#include <cstddef>
#include <vector>

#include "../formats.hpp"

namespace tool::tiff {

struct FoundExif {
    std::vector<std::byte> exif;  ///< As in JPEG; empty if there is none.
    std::size_t damaged = 0;      ///< How many entries were left out because they lie outside of the file.
};

/// The EXIF of the picture whose directory begins at `directory`. A camera's or scanner's name, the date, the author
/// and the like are part of it; the size, the resolution and how the pixels are stored are not.
FoundExif exif_of(FileBytes file, std::size_t directory);

/// Adds EXIF to the last picture of a TIFF file, which is whole and has none.
void add_exif(std::vector<std::byte>& file, const std::vector<std::byte>& exif);

}  // namespace tool::tiff

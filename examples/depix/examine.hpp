// Looks at a picture: which damage does it have?
#pragma once

#include <cstddef>
#include <span>

#include "depix/tensor.hpp"

namespace tool {

/// What can be told of a picture without a network.
struct Findings {
    double noise = 0;            // standard deviation, of 255; of the noisiest channel
    double specks = 0;           // the share of pixels that are black or white and far from the median around them
    int block = 1;               // the side of the squares of one colour that a pixelated picture consists of; 1: none
    bool is_on_paper = false;    // what is not dark and thin is bright and even
    bool is_page = false;        // thin dark strokes on bright paper
    double paper_variation = 0;  // of a page: by how much its darkest paper is darker than its brightest, 0 to 1
    double between = 0;          // of a page: the share of pixels that are neither ink nor paper
    int jpeg_quality = 0;        // of the file, 1 to 100; 0: no JPEG
};

/// All but the quality. The picture has 1 or 3 channels, 0..1. Of large pictures only a part of the pixels is used.
Findings examine(const depix::Image& image);

/// The quality of a JPEG file, as libjpeg counts it: from its quantization table of luma, compared with the table of
/// the standard. Other programs' tables are not multiples of that one, so for these it is the nearest quality. 0 if the
/// file is no JPEG file or has no such table.
int jpeg_quality(std::span<const std::byte> file);

}  // namespace tool

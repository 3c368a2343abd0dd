// How long a picture will take, and how much memory.
#pragma once

#include <cstddef>

#include "image.hpp"
#include "models.hpp"

namespace tool {

struct Estimate {
    Cut cut;
    double seconds = 0;     // to restore the picture, without reading and writing it
    std::size_t bytes = 0;  // the most memory that the program has
    double measured = 0;    // seconds that were measured for it
};

/// Measures a small picture of noise, in at most some seconds, and assumes that time grows as the multiplications of
/// all tiles, with what they see around them. Memory is what the tiles' workspaces take, eight times the weights (in
/// the file, in the model, and in the kernels' order, which for Winograd's convolution takes four times as much), and
/// the picture, before and after, as numbers and as bytes.
Estimate estimate(const ChosenModel& model, int height, int width, int threads);

}  // namespace tool

// One program, two instruction sets: what two_isa_restore.cpp does, once compiled for each.
#pragma once

#include <vector>

#include "depix/depix.hpp"

/// What the Cpu backend makes of a picture, and a training step's gradients with the picture as its own target.
struct Made {
    depix::Image restored;
    std::vector<float> gradients;
};

// Models and pictures are the same types everywhere, and may go from one part of the program to another.
Made make_with_sse2(const depix::Model<depix::Depixelizer>& model, const depix::Image& image);
Made make_with_avx2(const depix::Model<depix::Depixelizer>& model, const depix::Image& image);

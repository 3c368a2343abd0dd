// One program with two instruction sets: two_isa_restore.cpp is compiled once for each.
#pragma once

#include <vector>

#include "depix/depix.hpp"

/// A picture restored by the Cpu backend, and the gradients of a training step in which the picture is its own target.
struct Made {
    depix::Image restored;
    std::vector<float> gradients;
};

// Models and pictures have the same types everywhere, so one part of the program may pass them to another.
Made make_with_sse2(const depix::Model<depix::Depixelizer>& model, const depix::Image& image);
Made make_with_avx2(const depix::Model<depix::Depixelizer>& model, const depix::Image& image);

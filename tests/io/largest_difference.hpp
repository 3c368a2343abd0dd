// The largest difference between two pictures of one shape.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "depix/tensor.hpp"

inline float largest_difference(const depix::Image& a, const depix::Image& b) {
    REQUIRE(a.shape == b.shape);
    float largest = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
    return largest;
}

// The networks that can be drawn: every architecture, and others as they were published.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "depix/shape.hpp"

namespace tool {

struct Drawing {
    std::string name;  // of the architecture, if it is one
    std::string title;
    int channels = 3;
    int size_multiple = 1;
    /// Throws depix::ShapeError if the network cannot take a picture of this shape.
    std::string (*svg)(depix::Shape, std::string_view title) = nullptr;
};

const std::vector<Drawing>& drawings();

}  // namespace tool

// The automatic choice: which model is for this picture?
#pragma once

#include <string>

#include "examine.hpp"

namespace tool {

struct Choice {
    std::string model;  // empty: there is nothing to do, or no model does it
    std::string why;    // a sentence without its full stop, which names what was found
};

/// `scale` is how much larger the picture shall be; 0 or 1: not at all. Throws UsageError if no model enlarges so much.
Choice choose(const Findings& found, double scale);

}  // namespace tool

// Measures how legible a picture is with tesseract, a program that reads text from pictures.
#pragma once

#include <string>
#include <vector>

#include "depix/tensor.hpp"

namespace example {

/// The text that tesseract reads in each picture, one line for each. One run of the program reads them all, which is
/// ten times as fast as one run for each. Throws depix::Error if there is no tesseract.
std::vector<std::string> read_text(const std::vector<depix::Image>& images);

}  // namespace example

// Error: the exceptions that depix throws. They are for the host only; the core and firmware headers throw nothing.
#pragma once

#include <stdexcept>
#include <string>

#include "depix/shape.hpp"

namespace depix {

/// The base class of all exceptions of depix. The message names the file, the tensor and both shapes where they apply.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// A file that is missing, unreadable, malformed, too large, or cannot be written.
class FileError : public Error {
  public:
    FileError(const std::string& path, const std::string& what) : Error(path + ": " + what) {}
};

/// A picture, batch or tensor of the wrong shape.
class ShapeError : public Error {
  public:
    using Error::Error;
};

/// A loss that is not a number or not finite.
class DivergenceError : public Error {
  public:
    using Error::Error;
};

/// A GPU that is missing, has too little memory left, or failed.
class DeviceError : public Error {
  public:
    using Error::Error;
};

/// "3x64x256", as the error messages write a shape.
inline std::string to_string(const Shape& shape) {
    return std::to_string(shape.channels) + "x" + std::to_string(shape.height) + "x" + std::to_string(shape.width);
}

}  // namespace depix

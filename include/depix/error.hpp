// Error: the exceptions that depix throws. They are for the host only; the core and firmware headers throw nothing.
//
// With -fno-exceptions, inference, restoring and loading weights still compile. An error that would be thrown goes to
// DEPIX_FAIL(message) instead, which a program may define before it includes depix; `message` is a const char*. It must
// not return: it may end the program, restart the device, or longjmp. Without it the message is printed and the program
// aborted.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <exception>
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

namespace detail {

/// Throws the error, or calls DEPIX_FAIL where the compiler has no exceptions.
template <class E>
[[noreturn]] void fail(const E& error) {
#if defined(__cpp_exceptions)
    throw error;
#else
#ifdef DEPIX_FAIL
    DEPIX_FAIL(error.what());
#else
    std::fprintf(stderr, "%s\n", error.what());
#endif
    std::abort();
#endif
}

/// Calls action() and returns the exception that left it, or null. Threads hand exceptions over in this way.
template <class Action>
std::exception_ptr exception_of(Action&& action) {
#if defined(__cpp_exceptions)
    try {
        action();
    } catch (...) {
        return std::current_exception();
    }
#else
    action();
#endif
    return nullptr;
}

}  // namespace detail

/// "3x64x256", as the error messages write a shape.
inline std::string to_string(const Shape& shape) {
    return std::to_string(shape.channels) + "x" + std::to_string(shape.height) + "x" + std::to_string(shape.width);
}

}  // namespace depix

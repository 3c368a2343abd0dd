// Compiles a source file into a shared object, once: the result stays in a folder of the user's cache.
#pragma once

#include <filesystem>
#include <string>

namespace tool {

/// The shared object of a source file that may include the headers of headers.hpp. It is compiled for this processor by
/// the compiler that the variable CXX names, or else by g++, clang++ or c++. `what` stands in messages.
///
/// It lies in $XDG_CACHE_HOME/depix, or ~/.cache/depix, under a name made of the source, the headers, the compiler's
/// command and all macros that the compiler defines, which state its version and the processor's instructions. What is
/// there already is not compiled again. If two processes need one, the second waits for the first. A result gets its
/// name when it is complete, so that a process that is killed leaves none.
///
/// Throws depix::Error: there is no compiler, it lacks OpenMP's or the standard library's headers, it failed (then with
/// the beginning of what it said), or the folder cannot be used.
std::filesystem::path compile_module(const std::string& source, const std::string& what);

}  // namespace tool

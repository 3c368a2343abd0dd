// What the fuzzers share. A fuzzer hands bytes of libFuzzer's to one of depix's readers. The readers may refuse them
// with a depix::Error, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "depix/error.hpp"

namespace depix_fuzz {

/// The size of an input, where the reader would take any: larger ones find nothing new, and are slow.
inline constexpr std::size_t maximum_pixels = 1 << 16;

/// Stops the fuzzer where what was read is wrong.
inline void require(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "not so: %s\n", what);
    std::abort();
}

/// Calls read(bytes), which may throw depix::Error.
template <class Read>
int refuse_or(const std::uint8_t* data, std::size_t size, Read&& read) {
    try {
        read(std::as_bytes(std::span(data, size)));
    } catch (const depix::Error&) {  // refused
    }
    return 0;
}

}  // namespace depix_fuzz

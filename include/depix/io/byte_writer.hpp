// Appends text, and numbers as PNG and JPEG store them, to the bytes of a file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace depix::detail {

/// `bytes` must lie outside `file`.
inline void append_bytes(std::vector<std::byte>& file, std::span<const std::byte> bytes) {
    // insert() is not used, because g++ 12 at -O3 falsely warns that it overflows a new vector.
    const std::size_t end = file.size();
    file.resize(end + bytes.size());
    std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(end));
}

inline void append_text(std::vector<std::byte>& file, std::string_view text) {
    append_bytes(file, std::as_bytes(std::span(text)));
}

/// The lower `size` bytes (1 to 4) of a number, the highest byte first.
inline void append_big_endian(std::vector<std::byte>& file, std::uint32_t value, int size) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
        file.push_back(static_cast<std::byte>(value >> shift & 0xFF));
}

}  // namespace depix::detail

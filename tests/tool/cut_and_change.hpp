// Files that are cut off or changed anywhere: decoded or refused, never a crash.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "../io/error_message.hpp"
#include "depix/error.hpp"
#include "depix/io/image_file.hpp"

/// Whether read(file), which returns an ImageFile, succeeds. It may throw depix::FileError, which names the file, and
/// nothing else.
template <class Read>
bool is_read(const std::vector<std::byte>& file, const std::string& name, const Read& read) {
    try {
        const depix::ImageFile image = read(file);
        CHECK(image.color.shape.size() > 0);
        return true;
    } catch (const depix::FileError& error) {
        CHECK(contains(error.what(), name + ": "));
        return false;
    }
}

/// Reads the file cut off before every byte, and with every bit changed. Files without more than `spare` of their last
/// bytes must be refused.
template <class Read>
void cut_and_change(const std::vector<std::byte>& whole, std::size_t spare, const std::string& name, const Read& read) {
    for (std::size_t i = 0; i < whole.size(); ++i) {
        const bool decoded = is_read({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i)}, name, read);
        CHECK((!decoded || i + spare >= whole.size()));
        for (int bit = 0; bit < 8; ++bit) {
            std::vector<std::byte> changed = whole;
            changed[i] ^= std::byte{1} << bit;
            is_read(changed, name, read);
        }
    }
}

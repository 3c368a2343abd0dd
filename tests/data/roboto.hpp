// The font of the tests: Debian's fonts-roboto-unhinted. Without it the tests that draw are skipped with a message.
#pragma once

#include <doctest/doctest.h>

#include <optional>

#include "depix/data/text/font.hpp"

inline const std::optional<depix::Font>& roboto() {
    static const std::optional<depix::Font> font = []() -> std::optional<depix::Font> {
        try {
            return depix::Font(depix::find_font("Roboto-Regular.ttf"));
        } catch (const depix::FileError&) {
            return std::nullopt;
        }
    }();
    return font;
}

#define DEPIX_NEEDS_ROBOTO()                                        \
    if (!roboto()) {                                                \
        MESSAGE("skipped: install Debian's fonts-roboto-unhinted"); \
        return;                                                     \
    }                                                               \
    static_assert(true)

// The picture that the firmware restores: drawn in characters, pixelated by the compiler.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "network.hpp"

// "d e p i x" in Roboto, 16 px, as TextImages (depix/data/text/text_images.hpp) draws it, in ten greys from ' ' to '@'.
// clang-format off
inline constexpr char drawing[picture_shape.height][picture_shape.width + 1] = {
    "                                                                ",
    "                                                                ",
    "                                                                ",
    "                                                                ",
    "                                                                ",
    "                                                                ",
    "                                                                ",
    "                                                                ",
    "           =@                                                   ",
    "           =@                               %-                  ",
    "           =@                               +:                  ",
    "        .: =@                                                   ",
    "       =%@#*@       .*%%=      %-=%%=       #-      #%  .%*     ",
    "      -@+.+@@      .%#-*@-     @@#-#@-      @=      :@= +@.     ",
    "      **   =@      +%   **     @+   #*      @=       +%:@=      ",
    "      %=   =@      ##---+%     @=   +%      @=        %@#       ",
    "     .@-   =@      @@%%%%%.    @=   -@.     @=        =@=       ",
    "      %+   =@      #*          @=   +%      @=       .%%%       ",
    "      +#   +@      =%    .     @+   %+      @=       *%.%+      ",
    "      :@%=*@@      .@%=-##     @@%=%@:      @=      :@- =@:     ",
    "       .*%--#       .=%%+.     @=-#*-       @=      %#   %#     ",
    "                               @=                               ",
    "                               @=                               ",
    "                               @=                               ",
    "                                                                ",
    "                                                                ",
    "                                                                ",
    "                                                                ",
    "                                                                ",
    "                                                                ",
    "                                                                ",
    "                                                                ",
};
// clang-format on

/// One byte a pixel: 0 black, 255 white.
using Picture = std::array<std::uint8_t, picture_shape.size()>;

constexpr Picture read_drawing() {
    constexpr char greys[] = "@%#*+=-:. ";
    Picture picture{};
    std::size_t i = 0;
    for (const auto& line : drawing)
        for (int x = 0; x < picture_shape.width; ++x) {
            int level = 0;
            while (greys[level] != line[x]) ++level;
            picture[i++] = static_cast<std::uint8_t>(level * 255 / 9);
        }
    return picture;
}

/// Every window of Window x Window pixels becomes its mean, as depix::pixelate does where the window divides the sides.
template <int Window>
constexpr Picture pixelate(const Picture& clean) {
    static_assert(picture_shape.height % Window == 0 && picture_shape.width % Window == 0);
    const auto at = [](int y, int x) { return static_cast<std::size_t>(y * picture_shape.width + x); };
    Picture result{};
    for (int y = 0; y < picture_shape.height; ++y)
        for (int x = 0; x < picture_shape.width; ++x) {
            int sum = 0;
            for (int k = 0; k < Window; ++k)
                for (int l = 0; l < Window; ++l) sum += clean[at(y / Window * Window + k, x / Window * Window + l)];
            result[at(y, x)] = static_cast<std::uint8_t>((sum + Window * Window / 2) / (Window * Window));
        }
    return result;
}

inline constexpr Picture clean_picture = read_drawing();
inline constexpr Picture pixelated_picture = pixelate<4>(clean_picture);

/// Bytes to 0..1, exactly as read_image() does.
inline void unpack(const Picture& picture, float* values) {
    for (std::size_t i = 0; i < picture.size(); ++i) values[i] = static_cast<float>(picture[i]) / 255.0f;
}

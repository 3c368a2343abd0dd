// The picture that the firmware restores: drawn in characters, pixelated by the compiler.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "network.hpp"

// "d e p i x" in Roboto, 16 px, as TextImages (depix/data/text/text_images.hpp) draws it, in ten greys from ' ' to '@'.
// clang-format off
inline constexpr char drawing[image_shape.height][image_shape.width + 1] = {
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

/// One byte a pixel: 0 is black, 255 is white.
using Image = std::array<std::uint8_t, image_shape.size()>;

constexpr Image read_drawing() {
    constexpr char greys[] = "@%#*+=-:. ";
    Image image{};
    std::size_t i = 0;
    for (const auto& line : drawing)
        for (int x = 0; x < image_shape.width; ++x) {
            int level = 0;
            while (greys[level] != line[x]) ++level;
            image[i++] = static_cast<std::uint8_t>(level * 255 / 9);
        }
    return image;
}

/// Every window of Window x Window pixels becomes its mean, as depix::pixelate does where the window divides the sides.
template <int Window>
constexpr Image pixelate(const Image& clean) {
    static_assert(image_shape.height % Window == 0 && image_shape.width % Window == 0);
    const auto at = [](int y, int x) { return static_cast<std::size_t>(y * image_shape.width + x); };
    Image result{};
    for (int y = 0; y < image_shape.height; ++y)
        for (int x = 0; x < image_shape.width; ++x) {
            int sum = 0;
            for (int k = 0; k < Window; ++k)
                for (int l = 0; l < Window; ++l) sum += clean[at(y / Window * Window + k, x / Window * Window + l)];
            result[at(y, x)] = static_cast<std::uint8_t>(sum / (Window * Window));
        }
    return result;
}

inline constexpr Image clean_image = read_drawing();
inline constexpr Image pixelated_image = pixelate<4>(clean_image);

/// Converts bytes to 0..1, exactly as read_image() does.
inline void unpack(const Image& image, float* values) {
    for (std::size_t i = 0; i < image.size(); ++i) values[i] = static_cast<float>(image[i]) / 255.0f;
}

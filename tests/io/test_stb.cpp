// A program may use stb itself, before depix's headers and after them, with the implementation or without.
#include <doctest/doctest.h>

// The user's stb before depix's headers: a picture reader with the implementation; the others as declarations only.
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#include <stb/stb_image.h>
#include <stb/stb_image_write.h>

#include "depix/io/image.hpp"
#include "depix/io/stb_truetype.hpp"

// The user's stb after depix's headers.
#define STB_TRUETYPE_IMPLEMENTATION
#define STBTT_STATIC
#include <stb/stb_truetype.h>

#if !defined(STB_IMAGE_STATIC) || !defined(STBI_ONLY_BMP) || defined(STBI_NO_LINEAR)
#error "depix changed the user's settings of stb"
#endif
static_assert(__cplusplus >= 202002L, "depix puts back what it took away");

using namespace depix;

TEST_CASE("stb: the user's own and depix's are two") {
    const std::vector<std::byte> file = write_png(Image({3, 2, 2}, 1.0f));
    CHECK(decode_image(file).shape == Shape{3, 2, 2});

    // The user's reader reads nothing but BMP, and does not know depix's limit.
    const auto* bytes = reinterpret_cast<const unsigned char*>(file.data());
    const int size = static_cast<int>(file.size());
    int width = 0, height = 0, channels = 0;
    CHECK(::stbi_load_from_memory(bytes, size, &width, &height, &channels, 0) == nullptr);
    const std::vector<std::byte> bitmap = encode_image(Image({3, 2, 5}, 1.0f), ImageFormat::BMP);
    unsigned char* pixels = ::stbi_load_from_memory(reinterpret_cast<const unsigned char*>(bitmap.data()),
                                                    static_cast<int>(bitmap.size()), &width, &height, &channels, 0);
    REQUIRE(pixels != nullptr);
    CHECK(width == 5);
    CHECK(height == 2);
    ::stbi_image_free(pixels);

    const unsigned char no_font[64] = {};
    ::stbtt_fontinfo theirs{};
    stb::stbtt_fontinfo ours{};
    CHECK(::stbtt_InitFont(&theirs, no_font, 0) == 0);
    CHECK(stb::stbtt_InitFont(&ours, no_font, 0) == 0);
}

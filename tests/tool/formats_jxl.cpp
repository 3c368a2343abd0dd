// What the tool reads of JPEG XL (examples/depix/formats). libjxl also makes the files.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <jxl/encode.h>

#include "../../examples/depix/formats.hpp"
#include "../io/error_message.hpp"
#include "../io/largest_difference.hpp"
#include "../io/metadata_for_tests.hpp"
#include "cut_and_change.hpp"

using namespace depix;
using namespace metadata_for_tests;

namespace {

ImageFile read(const Bytes& file, const ImageLimits& limits = {}) {
    return tool::find_format("jxl")->read(file, 0, limits, "a.jxl");
}

Image pattern(Shape shape, int levels) {
    Image image(shape);
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
        image.pixels[i] =
            static_cast<float>(i * i * 79 % static_cast<std::size_t>(levels)) / static_cast<float>(levels);
    return image;
}

struct Options {
    bool lossless = true;
    int bits = 8;
    JxlOrientation orientation = JXL_ORIENT_IDENTITY;
    JxlTransferFunction curve = JXL_TRANSFER_FUNCTION_SRGB;
    bool compress_boxes = false;
    int frames = 0;  // 0: no animation
};

/// 8 bits: values are i / 255, 16 bits: i / 65535.
Bytes encode(const ImageFile& image, const Options& options = {}) {
    JxlEncoder* const encoder = JxlEncoderCreate(nullptr);
    JxlBasicInfo info;
    JxlEncoderInitBasicInfo(&info);
    const auto [channels, height, width] = image.color.shape;
    const bool has_alpha = !image.alpha.pixels.empty();
    info.xsize = static_cast<std::uint32_t>(width);
    info.ysize = static_cast<std::uint32_t>(height);
    info.bits_per_sample = static_cast<std::uint32_t>(options.bits);
    info.num_color_channels = static_cast<std::uint32_t>(channels);
    info.uses_original_profile = options.lossless ? JXL_TRUE : JXL_FALSE;
    info.orientation = options.orientation;
    if (has_alpha) {
        info.num_extra_channels = 1;
        info.alpha_bits = info.bits_per_sample;
    }
    if (options.frames > 0) {
        info.have_animation = JXL_TRUE;
        info.animation.tps_numerator = info.animation.tps_denominator = 1;
    }
    REQUIRE(JxlEncoderSetBasicInfo(encoder, &info) == JXL_ENC_SUCCESS);
    JxlColorEncoding color{};
    JxlColorEncodingSetToSRGB(&color, channels == 1 ? JXL_TRUE : JXL_FALSE);
    color.transfer_function = options.curve;
    REQUIRE(JxlEncoderSetColorEncoding(encoder, &color) == JXL_ENC_SUCCESS);
    JxlEncoderUseBoxes(encoder);
    const auto add_box = [&](const char* name, const Bytes& content) {
        if (!content.empty())
            REQUIRE(JxlEncoderAddBox(encoder, name, reinterpret_cast<const std::uint8_t*>(content.data()),
                                     content.size(), options.compress_boxes ? JXL_TRUE : JXL_FALSE) == JXL_ENC_SUCCESS);
    };
    Bytes exif = image.exif;
    if (!exif.empty()) exif.insert(exif.begin(), 4, std::byte{0});
    add_box("Exif", exif);
    add_box("xml ", image.xmp);
    JxlEncoderCloseBoxes(encoder);

    const auto samples = static_cast<std::uint32_t>(channels + (has_alpha ? 1 : 0));
    const float white = options.bits > 8 ? 65535.0f : 255.0f;
    std::vector<std::uint16_t> values;
    for (std::size_t i = 0; i < image.color.shape.area(); ++i) {
        for (int c = 0; c < channels; ++c)
            values.push_back(static_cast<std::uint16_t>(
                std::lround(image.color.pixels[static_cast<std::size_t>(c) * image.color.shape.area() + i] * white)));
        if (has_alpha) values.push_back(static_cast<std::uint16_t>(std::lround(image.alpha.pixels[i] * white)));
    }
    const std::vector<std::uint8_t> bytes(values.begin(), values.end());
    const JxlPixelFormat format{samples, options.bits > 8 ? JXL_TYPE_UINT16 : JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
    JxlEncoderFrameSettings* const settings = JxlEncoderFrameSettingsCreate(encoder, nullptr);
    JxlEncoderSetFrameLossless(settings, options.lossless ? JXL_TRUE : JXL_FALSE);
    for (int frame = 0; frame < std::max(options.frames, 1); ++frame) {
        if (options.frames > 0) {
            JxlFrameHeader header;
            JxlEncoderInitFrameHeader(&header);
            header.duration = 1;
            JxlEncoderSetFrameHeader(settings, &header);
        }
        const bool wide = options.bits > 8;
        REQUIRE(JxlEncoderAddImageFrame(settings, &format,
                                        wide ? static_cast<const void*>(values.data()) : bytes.data(),
                                        wide ? 2 * values.size() : bytes.size()) == JXL_ENC_SUCCESS);
    }
    JxlEncoderCloseInput(encoder);
    Bytes file(1 << 20);
    auto* next = reinterpret_cast<std::uint8_t*>(file.data());
    std::size_t room = file.size();
    REQUIRE(JxlEncoderProcessOutput(encoder, &next, &room) == JXL_ENC_SUCCESS);
    file.resize(file.size() - room);
    JxlEncoderDestroy(encoder);
    return file;
}

}  // namespace

TEST_CASE("JPEG XL: colour, grey and alpha, of 8 and 16 bits, exactly") {
    for (const int channels : {1, 3})
        for (const bool has_alpha : {false, true})
            for (const int bits : {8, 16}) {
                ImageFile image;
                image.color = pattern({channels, 5, 7}, bits == 8 ? 255 : 65535);
                if (has_alpha) image.alpha = pattern({1, 5, 7}, bits == 8 ? 255 : 65535);
                const Bytes file = encode(image, {.bits = bits});
                CHECK(tool::is_jxl(file));
                const ImageFile back = read(file);
                CHECK(back.bits == bits);
                CHECK(back.color.shape == image.color.shape);
                CHECK(largest_difference(back.color, image.color) < 1e-6f);
                CHECK(back.alpha.pixels.size() == image.alpha.pixels.size());
                if (has_alpha) CHECK(largest_difference(back.alpha, image.alpha) < 1e-6f);
                CHECK(back.icc_profile.empty());  // sRGB
                CHECK(back.warnings.empty());
            }
}

TEST_CASE("JPEG XL: lossy, turned, and of another gamma") {
    ImageFile image;
    image.color = Image({3, 40, 64});
    for (int c = 0; c < 3; ++c)
        for (int y = 0; y < 40; ++y)
            for (int x = 0; x < 64; ++x)
                image.color(c, y, x) = 0.5f + 0.4f * std::sin(static_cast<float>(x + 2 * y + 9 * c) / 9.0f);
    const ImageFile lossy = read(encode(image, {.lossless = false}));
    CHECK(largest_difference(lossy.color, image.color) < 0.2f);
    CHECK(lossy.icc_profile.empty());
    // libjxl takes the stored picture and says how to turn it. EXIF says so too, and must not turn it once more.
    image.exif = camera_exif(true);
    const ImageFile turned = read(encode(image, {.orientation = JXL_ORIENT_ROTATE_90_CW}));
    CHECK(turned.color.shape == Shape{3, 64, 40});
    CHECK(exif_number(turned.exif, 0x0112) == 1);
    const ImageFile linear = read(encode(image, {.curve = JXL_TRANSFER_FUNCTION_LINEAR}));
    CHECK(linear.color.shape == image.color.shape);
    CHECK(detail::icc_profile_fits(linear.icc_profile, 3));
}

TEST_CASE("JPEG XL: metadata, also compressed") {
    ImageFile image;
    image.color = pattern({3, 6, 8}, 255);
    image.exif = camera_exif(true, 1);
    image.xmp = xmp_packet();
    for (const bool compressed : {false, true}) {
        const ImageFile back = read(encode(image, {.compress_boxes = compressed}));
        CHECK(contains_text(back.exif, "A maker"));
        CHECK(contains_text(back.xmp, "A person"));
        CHECK(back.density.across > 0);
        CHECK(back.warnings.empty());
    }
}

TEST_CASE("JPEG XL: limits, what is not read, and what is not written") {
    ImageFile image;
    image.color = pattern({3, 6, 8}, 255);
    const Bytes file = encode(image);
    CHECK(contains(message([&] { read(file, {.maximum_pixels = 47}); }), "a.jxl: a picture of 8x6 pixels"));
    CHECK(contains(message([&] { read(file, {.maximum_bytes = 20}); }), "the limit is 20"));
    CHECK(contains(message([&] { read(encode(image, {.frames = 2})); }), "an animated JPEG XL file"));
    CHECK_FALSE(static_cast<bool>(tool::find_format("jxl")->append));
    CHECK_FALSE(contains(tool::written_formats(), "jxl"));
}

TEST_CASE("JPEG XL: cut or changed anywhere: decoded or refused, never a crash") {
    ImageFile image;
    image.color = pattern({3, 5, 6}, 255);
    image.alpha = pattern({1, 5, 6}, 255);
    image.exif = camera_exif(true);
    for (const bool lossless : {false, true})
        cut_and_change(encode(image, {.lossless = lossless}), 0, "a.jxl",
                       [](const Bytes& file) { return read(file, {.maximum_pixels = 100'000}); });
}

// JPEG with arithmetic coding, which the tool reads by libjpeg (examples/depix/formats). libjpeg also makes the files.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <jpeglib.h>

#include "../../examples/depix/formats.hpp"
#include "../io/error_message.hpp"
#include "../io/largest_difference.hpp"
#include "../io/metadata_for_tests.hpp"
#include "cut_and_change.hpp"

using namespace depix;
using namespace metadata_for_tests;

namespace {

ImageFile read(const Bytes& file, const ImageLimits& limits = {}) {
    return tool::find_format("jpg")->read(file, 0, limits, "a.jpg");
}

Image waves(Shape shape) {
    Image image(shape);
    for (int c = 0; c < shape.channels; ++c)
        for (int y = 0; y < shape.height; ++y)
            for (int x = 0; x < shape.width; ++x)
                image(c, y, x) = 0.5f + 0.4f * std::sin(static_cast<float>(3 * x + 2 * y + 9 * c) / 19.0f);
    return image;
}

Bytes encode(const Image& image, bool arithmetic, bool progressive) {
    jpeg_compress_struct state{};
    jpeg_error_mgr errors{};
    state.err = jpeg_std_error(&errors);
    jpeg_create_compress(&state);
    unsigned char* memory = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&state, &memory, &size);
    state.image_width = static_cast<JDIMENSION>(image.shape.width);
    state.image_height = static_cast<JDIMENSION>(image.shape.height);
    state.input_components = image.shape.channels;
    state.in_color_space = image.shape.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&state);
    jpeg_set_quality(&state, 100, TRUE);
    state.arith_code = arithmetic ? TRUE : FALSE;
    if (progressive) jpeg_simple_progression(&state);
    for (int i = 0; i < state.num_components; ++i)
        state.comp_info[i].h_samp_factor = state.comp_info[i].v_samp_factor = 1;
    jpeg_start_compress(&state, TRUE);
    std::vector<unsigned char> samples = detail::interleaved_bytes(image);
    while (state.next_scanline < state.image_height) {
        JSAMPROW row = samples.data() + state.next_scanline * static_cast<std::size_t>(image.shape.width) *
                                            static_cast<std::size_t>(image.shape.channels);
        jpeg_write_scanlines(&state, &row, 1);
    }
    jpeg_finish_compress(&state);
    Bytes file;
    append_bytes(file, {reinterpret_cast<const std::byte*>(memory), size});
    std::free(memory);
    jpeg_destroy_compress(&state);
    return file;
}

}  // namespace

TEST_CASE("JPEG with arithmetic coding is read like its other coding") {
    for (const int channels : {1, 3})
        for (const bool progressive : {false, true}) {
            const Image image = waves({channels, 21, 34});
            const Bytes arithmetic = encode(image, true, progressive), huffman = encode(image, false, progressive);
            CHECK(tool::has_arithmetic_coding(arithmetic));
            CHECK_FALSE(tool::has_arithmetic_coding(huffman));
            CHECK(contains(message([&] { decode_image_file(arithmetic); }), "arithmetic"));  // the library alone
            const ImageFile read_back = read(arithmetic);
            CHECK(read_back.color.shape == image.shape);
            CHECK(largest_difference(read_back.color, image) < 4.0f / 255);
            CHECK(largest_difference(read_back.color, read(huffman).color) < 3.0f / 255);
        }
}

TEST_CASE("JPEG with arithmetic coding: limits, metadata, damage") {
    const Bytes whole = encode(waves({3, 9, 11}), true, true);
    CHECK(contains(message([&] { read(whole, {.maximum_pixels = 98}); }), "a.jpg: a picture of 11x9 pixels"));
    CHECK(contains(message([&] { read(whole, {.maximum_bytes = 98}); }), "the limit is 98"));
    const ImageFile turned = read(with_segment(whole, 0xE1, detail::exif_name, camera_exif(true)));
    CHECK(turned.color.shape == Shape{3, 11, 9});
    CHECK(contains_text(turned.exif, "A maker"));
    for (const bool progressive : {false, true}) {
        // Without its end marker, of two bytes, it is still whole.
        cut_and_change(encode(waves({3, 9, 11}), true, progressive), 2, "a.jpg",
                       [](const Bytes& file) { return read(file, {.maximum_pixels = 100'000}); });
    }
}

// EXIF, XMP, IPTC and PNG's colour chunks go from file to file; what is damaged is left out, with a warning.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "depix/io/image_file.hpp"
#include "metadata_for_tests.hpp"

using namespace depix;
using namespace metadata_for_tests;

namespace {

ImageFile picture(int channels = 3, int height = 6, int width = 8) {
    ImageFile image;
    image.color = Image({channels, height, width}, 0.5f);
    return image;
}

Bytes jpeg() { return encode_image(Image({3, 6, 8}, 0.5f), ImageFormat::JPEG); }
Bytes png() { return write_png(Image({3, 6, 8}, 0.5f)); }
ImageFile with_exif(const Bytes& exif) { return decode_image_file(with_chunk(png(), "eXIf", exif)); }
ImageFile again(const ImageFile& image, ImageFormat format) {
    return decode_image_file(encode_image_file(image, format));
}

bool warns(const ImageFile& image, std::string_view text) {
    return std::any_of(image.warnings.begin(), image.warnings.end(),
                       [&](const std::string& warning) { return warning.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("image metadata: EXIF becomes upright, loses its thumbnail and keeps the rest, from JPEG and PNG to both") {
    for (const bool little : {false, true}) {
        const Bytes camera = camera_exif(little);
        for (const Bytes& file :
             {with_segment(jpeg(), 0xE1, detail::exif_name, camera), with_chunk(png(), "eXIf", camera)}) {
            const ImageFile read = decode_image_file(file);
            CHECK(read.warnings.empty());
            CHECK(read.color.shape == Shape{3, 8, 6});  // turned
            for (const ImageFormat format : {ImageFormat::PNG, ImageFormat::JPEG}) {
                const ImageFile written = again(read, format);
                CHECK(written.warnings.empty());
                CHECK(written.color.shape == Shape{3, 8, 6});  // and not turned again
                const Bytes& exif = written.exif;
                CHECK(exif_number(exif, 0x0112) == 1);
                CHECK(exif_number(exif, 0x0100) == 6);
                CHECK(exif_number(exif, 0x0101) == 8);
                CHECK(exif_number(exif, 0xA002, 0x8769) == 6);
                CHECK(exif_number(exif, 0xA003, 0x8769) == 8);
                CHECK_FALSE(contains_text(exif, "thumbnail"));
                for (const std::string_view text : {"A maker", "2026:02:03 04:05:06", "R98", "the maker's own data"}) {
                    CAPTURE(text);
                    CHECK(contains_text(exif, text));
                    CHECK(detail::as_text(exif).find(text) == detail::as_text(camera).find(text));  // the same offset
                }
                CHECK(exif_number(exif, 1, 0x8825) != -1);
            }
        }
    }
}

TEST_CASE("image metadata: EXIF states the resolution where nothing else does, and follows it") {
    ImageFile image = with_exif(camera_exif(true));
    CHECK(image.density.across == doctest::Approx(72 / 0.0254));
    image.density = {2 * image.density.across, 3 * image.density.down};
    const ImageFile enlarged = again(image, ImageFormat::PNG);
    CHECK(exif_number(enlarged.exif, 0x011A) == 144);
    CHECK(exif_number(enlarged.exif, 0x011B) == 216);
    CHECK(enlarged.density.down == doctest::Approx(216 / 0.0254).epsilon(1e-3));

    // pHYs comes first. Pixels per centimetre.
    TiffWriter tiff(false);
    tiff.set_first_directory(tiff.directory({{0x011A, 5, {100, 1}}, {0x011B, 5, {100, 1}}, {0x0128, 3, {3}}}));
    CHECK(with_exif(tiff.bytes()).density == Density{10000, 10000});
    Bytes physical;
    append_big_endian(physical, 5000, 4);
    append_big_endian(physical, 5000, 4);
    append_big_endian(physical, 1, 1);
    const ImageFile both = decode_image_file(with_chunk(with_chunk(png(), "eXIf", tiff.bytes()), "pHYs", physical));
    CHECK(both.density == Density{5000, 5000});
    CHECK(exif_number(again(both, ImageFormat::PNG).exif, 0x011A) == 50);
}

TEST_CASE("image metadata: damaged entries of EXIF are left out, the others stay") {
    const auto check = [](const std::vector<Entry>& damaged, const char* number) {
        std::vector<Entry> entries = {{0x010F, 2, {}, std::string("A maker\0", 8)}};
        entries.insert(entries.end(), damaged.begin(), damaged.end());
        entries.push_back({0x0132, 2, {}, std::string("2026:02:03 04:05:06\0", 20)});
        TiffWriter tiff(true);
        tiff.set_first_directory(tiff.directory(entries));
        const ImageFile read = with_exif(tiff.bytes());
        CHECK(warns(read, std::string("damaged entries of the EXIF metadata were left out: ") + number));
        CHECK(contains_text(read.exif, "A maker"));
        CHECK(exif_number(read.exif, 0x0132) != -1);
        for (const Entry& entry : damaged) CHECK(exif_number(read.exif, entry.tag) == -1);
        CHECK(again(read, ImageFormat::PNG).warnings.empty());
    };
    check({{0x0110, 99, {1}}}, "1");                                        // a type that does not exist
    check({{0x8769, 4, {8}}}, "1");                                         // a circle
    check({{0x8769, 4, {10}}, {0x8825, 4, {12}}}, "2");                     // directories in each other
    check({{0x8769, 4, {0}}}, "1");                                         // in the header
    check({{0x8769, 4, {0xFFFFFFF0}}, {0x8825, 4, {0x7FFFFFFF}}}, "2");     // outside
    check({{0x8769, 3, {100}}, {0xA005, 4, {50}}}, "2");                    // of a wrong type, in a wrong place
    check({{0x8769, 4, {60}}, {0x8769, 4, {60}}, {0x8769, 4, {60}}}, "3");  // twice, and where no directory fits

    // Values outside, and values that are so many that their bytes overflow 32 bits.
    for (const auto& place : {std::pair{100u, 8u},
                              {5u, 0xFFFFFFFFu},
                              {5u, 60u},
                              {0xFFFFFFFFu, 8u},
                              {0x80000001u, 8u},
                              {5u, 2u},
                              {5u, 10u}}) {
        const std::uint32_t count = place.first, offset = place.second;  // clang with OpenMP captures no bindings
        CAPTURE(count);
        CAPTURE(offset);
        TiffWriter tiff(true);
        const std::uint32_t first = tiff.directory({{0x010E, 5, {7, 1, 7, 1}}, {0x010F, 2, {}, "Me"}});
        tiff.set_first_directory(first);
        tiff.set32(first + 2 + 4, count);
        tiff.set32(first + 2 + 8, offset);
        const ImageFile read = with_exif(tiff.bytes());
        CHECK(warns(read, "were left out: 1"));
        CHECK(exif_number(read.exif, 0x010E) == -1);
        CHECK(exif_number(read.exif, 0x010F) != -1);
    }
}

TEST_CASE("image metadata: EXIF that cannot be read is left out, and the picture stays") {
    TiffWriter circle(false);  // a directory that is its own successor
    circle.set_first_directory(circle.directory({{0x010F, 2, {}, "Me"}}, 8));
    CHECK(with_exif(circle.bytes()).warnings.empty());
    CHECK(exif_number(with_exif(circle.bytes()).exif, 0x010F) != -1);

    for (const std::string_view text :
         {std::string_view("II\x2A\0\x08\0\0\0\xFF\xFF", 10),  // 65535 entries
          std::string_view("II\x2A\0\xFF\xFF\xFF\xFF\0\0", 10), std::string_view("MM\0\x2B\0\0\0\x08\0\0\0\0\0\0", 14),
          std::string_view("II")}) {
        const ImageFile read = with_exif(bytes_of(text));
        CHECK(read.exif.empty());
        CHECK(warns(read, "damaged EXIF metadata was left out"));
        CHECK(read.color.shape == Shape{3, 6, 8});
    }
    // 17 MiB.
    Bytes huge = camera_exif(true, 1);
    huge.resize(std::size_t{17} << 20);
    CHECK(with_exif(huge).exif.empty());
    // 65535 damaged entries take no longer than others.
    TiffWriter many(true);
    many.set_first_directory(many.directory(std::vector<Entry>(65535, Entry{1, 99, {1}})));
    CHECK(warns(with_exif(many.bytes()), "65535"));
    // Programs that write the picture themselves may put anything there.
    ImageFile image = picture();
    image.exif = bytes_of("no EXIF");
    image.xmp = bytes_of("no XMP");
    image.iptc = bytes_of("no IPTC");
    for (const ImageFormat format : {ImageFormat::PNG, ImageFormat::JPEG, ImageFormat::BMP}) {
        CHECK(again(image, format).exif.empty());
        CHECK(again(image, format).warnings.empty());
        CHECK(metadata_left_out(image, format) == std::vector<std::string>{"EXIF", "XMP", "IPTC"});
    }
}

TEST_CASE("image metadata: EXIF cut or changed anywhere: what is kept is whole") {
    for (const bool little : {false, true}) {
        const Bytes exif = camera_exif(little);
        const auto check = [&](Bytes changed) {
            detail::clean_exif(changed);
            Bytes updated = changed;
            detail::update_exif(updated, 5, 7, {1000, 2000});
            CHECK(detail::clean_exif(updated) == 0);
            Bytes twice = changed;
            CHECK(detail::clean_exif(twice) == 0);
            CHECK(twice == changed);
        };
        for (std::size_t i = 0; i < exif.size(); ++i) {
            check(Bytes(exif.begin(), exif.begin() + static_cast<std::ptrdiff_t>(i)));
            for (int value = 0; value < 256; ++value) {
                Bytes changed = exif;
                changed[i] = static_cast<std::byte>(value);
                check(changed);
            }
        }
    }
}

TEST_CASE("image metadata: XMP goes from JPEG and PNG to both, upright, of the new size, without its thumbnail") {
    const Bytes packet = xmp_packet();
    Bytes plain = bytes_of(std::string_view("XML:com.adobe.xmp\0\0\0en\0\0", 24)), packed = plain;
    append_bytes(plain, packet);
    packed[18] = std::byte{1};
    append_bytes(packed, detail::ZlibStream(packet).bytes());
    for (const Bytes& file : {with_segment(jpeg(), 0xE1, detail::xmp_name, packet), with_chunk(png(), "iTXt", plain),
                              with_chunk(png(), "iTXt", packed)}) {
        ImageFile read = decode_image_file(file);
        CHECK(read.warnings.empty());
        read.density = {100 / 0.0254, 100 / 0.0254};
        for (const ImageFormat format : {ImageFormat::PNG, ImageFormat::JPEG}) {
            const Bytes written = again(read, format).xmp;
            for (const char* text : {"tiff:Orientation=\"1\"", "exif:PixelXDimension='8'",
                                     "<exif:PixelYDimension>6</exif:PixelYDimension>", "dc:title=\"tiff:Orientation=\"",
                                     "<dc:creator>A person</dc:creator>", "XResolution=\"100000/1000\""})
                CHECK_MESSAGE(contains_text(written, text), detail::as_text(written));
            CHECK_FALSE(contains_text(written, "small"));
        }
    }
}

TEST_CASE("image metadata: damaged, extended and enormous XMP") {
    CHECK(warns(decode_image_file(with_segment(jpeg(), 0xE1, detail::xmp_name, bytes_of("no XML"))), "XMP"));
    CHECK(warns(decode_image_file(with_segment(jpeg(), 0xE1, detail::xmp_extension_name, bytes_of("more"))), "64 KB"));
    Bytes bomb = bytes_of(std::string_view("XML:com.adobe.xmp\0\1\0\0\0", 22));
    append_bytes(bomb, detail::ZlibStream(Bytes(detail::maximum_metadata_bytes + 1, std::byte{' '})).bytes());
    Bytes file = png();
    for (int i = 0; i < 20; ++i) file = with_chunk(file, "iTXt", bomb);  // only some of them are unpacked
    const ImageFile read = decode_image_file(file);
    CHECK(read.xmp.empty());
    CHECK(read.warnings.size() == 1);
    for (const std::string_view text :
         {std::string_view("XML:com.adobe.xmp\0", 18), std::string_view("XML:com.adobe.xmp\0\0\0\0", 21)})
        for (const char* type : {"tEXt", "zTXt", "iTXt"})
            CHECK(warns(decode_image_file(with_chunk(png(), type, bytes_of(text))), "XMP"));
    // Many thumbnails take no longer than one.
    std::string text = "RDF";
    while (text.size() < (1u << 22)) text += "<xmp:Thumbnails></xmp:Thumbnails> tiff:Orientation=\"6\"";
    ImageFile image = picture();
    image.xmp = bytes_of(text);
    CHECK_FALSE(contains_text(again(image, ImageFormat::PNG).xmp, "Thumbnails"));
}

TEST_CASE("image metadata: IPTC goes from JPEG and PNG to both") {
    Bytes resources = bytes_of(std::string_view("8BIM\x03\xED\x03odd\0\0\0\3abc\0", 18));  // another resource
    append_bytes(resources, detail::iptc_resource(iptc_data()));
    ImageFile read = decode_image_file(with_segment(jpeg(), 0xED, detail::photoshop_name, resources));
    CHECK(read.iptc == iptc_data());
    for (const ImageFormat format : {ImageFormat::PNG, ImageFormat::JPEG, ImageFormat::PNG}) {
        read = again(read, format);
        CHECK(read.iptc == iptc_data());
        CHECK(read.warnings.empty());
    }
    // In two segments, as a large resource is.
    const Bytes first(resources.begin(), resources.begin() + 30), second(resources.begin() + 30, resources.end());
    Bytes file = with_segment(jpeg(), 0xED, detail::photoshop_name, second);
    file = with_segment(file, 0xED, detail::photoshop_name, first);
    CHECK(decode_image_file(file).iptc == iptc_data());

    // Damaged in every way: never more than a warning.
    for (std::size_t i = 0; i < resources.size(); ++i) {
        const Bytes cut(resources.begin(), resources.begin() + static_cast<std::ptrdiff_t>(i));
        const Bytes iptc = decode_image_file(with_segment(jpeg(), 0xED, detail::photoshop_name, cut)).iptc;
        CHECK((iptc.empty() || iptc == iptc_data()));
        for (int bit = 0; bit < 8; ++bit) {
            Bytes changed = resources;
            changed[i] ^= std::byte{1} << bit;
            decode_image_file(with_segment(jpeg(), 0xED, detail::photoshop_name, changed));
        }
    }
    CHECK_FALSE(detail::is_iptc(bytes_of(std::string_view("\x1C\x02\x69\x80\x05", 5))));
    CHECK_FALSE(detail::is_iptc(bytes_of(std::string_view("\x1C\x02\x69\x80\x04\xFF\xFF\xFF\xFF", 9))));
    CHECK(detail::is_iptc(bytes_of(std::string_view("\x1C\x02\x69\x80\x01\x01X\0\0", 9))));
}

TEST_CASE("image metadata: profiles in text, as ImageMagick writes them into PNG") {
    const auto text = [](std::string_view kind, const Bytes& data) {
        Bytes chunk = bytes_of("Raw profile type " + std::string(kind));
        chunk.push_back(std::byte{0});
        append_bytes(chunk, detail::pack_raw_profile(kind, data));
        return chunk;
    };
    Bytes named = bytes_of(detail::exif_name);
    append_bytes(named, camera_exif(false));
    for (const char* kind : {"exif", "APP1"}) {
        const ImageFile read = decode_image_file(with_chunk(png(), "tEXt", text(kind, named)));
        CHECK(contains_text(read.exif, "A maker"));
        CHECK(read.color.shape == Shape{3, 8, 6});
    }
    CHECK(decode_image_file(with_chunk(png(), "tEXt", text("xmp", xmp_packet()))).xmp == xmp_packet());
    const Bytes iptc = text("iptc", detail::iptc_resource(iptc_data()));
    CHECK(decode_image_file(with_chunk(png(), "tEXt", iptc)).iptc == iptc_data());
    for (std::size_t i = 0; i < iptc.size(); ++i) {
        decode_image_file(
            with_chunk(png(), "tEXt", Bytes(iptc.begin(), iptc.begin() + static_cast<std::ptrdiff_t>(i))));
        Bytes changed = iptc;
        changed[i] = std::byte{'x'};
        decode_image_file(with_chunk(png(), "tEXt", changed));
    }
    CHECK(detail::unpack_raw_profile(bytes_of("\niptc\n99999999999999999999\n00\n")).empty());
    CHECK(detail::unpack_raw_profile(bytes_of("\niptc\n    1\n1C\n")) == Bytes{std::byte{0x1C}});
    CHECK(detail::unpack_raw_profile(bytes_of("\niptc\n1\n1C0\n")).empty());
}

TEST_CASE("image metadata: gAMA, cHRM and sRGB go from PNG to PNG") {
    ImageFile image = picture();
    image.encoding = {100000, {31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000}, -1};
    CHECK(again(image, ImageFormat::PNG).encoding == image.encoding);
    CHECK(again(image, ImageFormat::JPEG).encoding == ColorEncoding{});
    CHECK(metadata_left_out(image, ImageFormat::PNG).empty());
    CHECK(metadata_left_out(image, ImageFormat::JPEG) == std::vector<std::string>{"the gamma (gAMA)"});
    image.encoding = {45455, {}, 2};
    CHECK(again(image, ImageFormat::PNG).encoding == image.encoding);
    CHECK(metadata_left_out(image, ImageFormat::JPEG).empty());
    // A profile stands for sRGB's chunk.
    image.icc_profile.assign(200, std::byte{1});
    std::copy_n(bytes_of("RGB ").begin(), 4, image.icc_profile.begin() + 16);
    CHECK(again(image, ImageFormat::PNG).encoding == ColorEncoding{45455, {}, -1});
    CHECK(again(image, ImageFormat::PNG).icc_profile == image.icc_profile);
    // Of a wrong length or number.
    for (const char* type : {"gAMA", "cHRM", "sRGB"})
        for (const std::size_t size : {0u, 1u, 3u, 5u, 31u, 33u}) {
            const Bytes file = with_chunk(png(), type, Bytes(size, std::byte{9}));
            CHECK(decode_image_file(file).encoding == ColorEncoding{});
        }
}

TEST_CASE("image metadata: what a format cannot hold is named") {
    ImageFile image = picture();
    image.exif = camera_exif(true);
    image.xmp = xmp_packet();
    image.iptc = iptc_data();
    CHECK(metadata_left_out(image, ImageFormat::PNG).empty());
    CHECK(metadata_left_out(image, ImageFormat::JPEG).empty());
    CHECK(metadata_left_out(image, ImageFormat::BMP) == std::vector<std::string>{"EXIF", "XMP", "IPTC"});
    // What is larger than a JPEG segment.
    const std::string letters(65536, 'a');
    TiffWriter tiff(true);
    tiff.set_first_directory(tiff.directory({{0x010E, 2, {}, letters}}));
    image.exif = tiff.bytes();
    image.xmp = bytes_of("RDF" + letters);
    image.iptc = bytes_of(std::string_view("\x1C\x02\x69\x80\x04\0\1\0\0", 9));
    append_text(image.iptc, letters);
    CHECK(metadata_left_out(image, ImageFormat::PNG).empty());
    CHECK(metadata_left_out(image, ImageFormat::JPEG) == std::vector<std::string>{"EXIF", "XMP", "IPTC"});
    const ImageFile written = again(image, ImageFormat::JPEG);
    CHECK(written.exif.empty());
    CHECK(written.xmp.empty());
    CHECK(written.iptc.empty());
    image = picture(1);
    image.icc_profile.assign(200, std::byte{1});
    CHECK(metadata_left_out(image, ImageFormat::PNG) == std::vector<std::string>{"the ICC profile"});
}

TEST_CASE("image metadata: the largest that fits into a JPEG segment") {
    ImageFile image = picture();
    for (const std::size_t more : {0u, 1u}) {
        image.xmp = bytes_of("RDF" + std::string(detail::jpeg_segment_room(detail::xmp_name) - 3 + more, 'a'));
        const std::size_t letters = detail::jpeg_segment_room(detail::photoshop_name) - 13 - 9 + more;
        image.iptc = bytes_of(std::string_view("\x1C\x02\x69\x80\x04", 5));
        append_big_endian(image.iptc, static_cast<std::uint32_t>(letters), 4);
        append_text(image.iptc, std::string(letters, 'a'));
        CHECK(again(image, ImageFormat::JPEG).xmp.empty() == (more == 1));
        CHECK(again(image, ImageFormat::JPEG).iptc.empty() == (more == 1));
        CHECK(metadata_left_out(image, ImageFormat::JPEG).size() == 2 * more);
    }
}

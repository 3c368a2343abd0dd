// What a picture file says besides its pixels: the ICC profile, how the camera was held (EXIF), and how the pixels are
// stored. Every access stays inside the file. Damaged metadata is ignored, because the picture matters more.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/io/byte_writer.hpp"
#include "depix/io/image_check.hpp"
#include "depix/io/stb.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// Pixels per metre, as PNG and BMP count them; 0 means not known. 300 dots per inch are 11811 pixels per metre.
struct Density {
    double across = 0;
    double down = 0;
    friend constexpr bool operator==(const Density&, const Density&) = default;
};
inline constexpr double metres_per_inch = 0.0254;

}  // namespace depix

namespace depix::detail {

struct ImageMetadata {
    int bits = 8;              ///< Per channel, 8 or 16: a decoder unpacks PNG's 1, 2 and 4 bits to 8.
    bool has_palette = false;  ///< PNG only.
    int orientation = 1;       ///< EXIF's, 1 to 8; see turn_upright.
    Density density;
    std::vector<std::byte> icc_profile;
};

/// The largest size of an unpacked ICC profile; real ones have some hundred bytes to some megabytes.
inline constexpr std::size_t maximum_icc_bytes = std::size_t{1} << 24;

/// JPEG's segments begin with the name of what they hold.
inline constexpr std::string_view exif_name("Exif\0\0", 6);
inline constexpr std::string_view icc_name("ICC_PROFILE\0", 12);

/// The orientation (tag 0x0112, a SHORT) in the first directory of a TIFF structure, as EXIF has it; 1 (upright) if
/// there is none.
///
///     0  "II" little-endian or "MM" big-endian     2  42     4  where the directory begins
///     a directory: how many entries; each of them tag (2 bytes), type (2), count (4), value (4)
inline int tiff_orientation(const Bytes& tiff) {
    const bool little = tiff.starts_with("II");
    if (!little && !tiff.starts_with("MM")) return 1;
    const auto read16 = [&](std::size_t at) { return little ? tiff.little16(at) : tiff.big16(at); };
    if (read16(2) != 42) return 1;
    const std::size_t directory = little ? tiff.little32(4) : tiff.big32(4);
    if (directory >= tiff.size()) return 1;
    const std::size_t entries = read16(directory);
    for (std::size_t i = 0; i < entries; ++i) {
        const std::size_t entry = directory + 2 + 12 * i;
        if (entry + 12 > tiff.size()) break;
        if (read16(entry) != 0x0112) continue;
        const std::uint32_t value = read16(entry + 8);
        return read16(entry + 2) == 3 && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
    return 1;
}

/// The profile in the data of an iCCP chunk: a name of 1 to 79 bytes, 0, 0 for zlib, a zlib stream. Empty if it is
/// damaged or unpacks to more than maximum_icc_bytes.
inline std::vector<std::byte> unpack_icc_chunk(std::span<const std::byte> data) {
    const auto name_end = std::find(data.begin(), data.end(), std::byte{0});
    const auto name_length = static_cast<std::size_t>(name_end - data.begin());
    if (name_length < 1 || name_length > 79 || name_length + 2 >= data.size()) return {};
    if (data[name_length + 1] != std::byte{0}) return {};
    const std::span<const std::byte> stream = data.subspan(name_length + 2);
    if (stream.size() > maximum_icc_bytes) return {};

    // A zlib stream unpacks to at most 1032 times its size, so a small profile does not need the large buffer.
    const std::size_t enough = 1032 * (std::min)(stream.size(), maximum_icc_bytes / 1032 + 1);
    std::vector<std::byte> profile((std::min)(enough, maximum_icc_bytes));
    int size = -1;
    try {
        size =
            stb::stbi_zlib_decode_buffer(reinterpret_cast<char*>(profile.data()), static_cast<int>(profile.size()),
                                         reinterpret_cast<const char*>(stream.data()), static_cast<int>(stream.size()));
    } catch (const stb::BrokenAssertion&) {
    }
    if (size <= 0) return {};
    profile.resize(static_cast<std::size_t>(size));
    profile.shrink_to_fit();
    return profile;
}

/// PNG: the chunks IHDR, iCCP, pHYs and eXIf, the first of each. `file` has passed check_png.
inline ImageMetadata read_png_metadata(std::span<const std::byte> file) {
    ImageMetadata metadata;
    const Bytes bytes(file);
    bool profile_seen = false, exif_seen = false;
    for (std::size_t at = 8; at + 12 <= bytes.size();) {
        const std::size_t length = bytes.big32(at);
        if (length > bytes.size() - at - 12) break;
        const std::span<const std::byte> data = file.subspan(at + 8, length);
        const auto is_whole = [&] { return bytes.checksum(at + 4, at + 8 + length) == bytes.big32(at + 8 + length); };
        switch (bytes.big32(at + 4)) {
            case 0x49484452:  // "IHDR": width (4 bytes), height (4), bits, color type ...
                if (length >= 10 && bytes[at + 16] == 16) metadata.bits = 16;
                metadata.has_palette = length >= 10 && bytes[at + 17] == 3;
                break;
            case 0x69434350:  // "iCCP"
                if (!std::exchange(profile_seen, true) && is_whole()) metadata.icc_profile = unpack_icc_chunk(data);
                break;
            case 0x70485973:  // "pHYs": across, down (4 bytes each), 1: per metre
                if (length >= 9 && bytes[at + 16] == 1 && is_whole())
                    metadata.density = {static_cast<double>(bytes.big32(at + 8)),
                                        static_cast<double>(bytes.big32(at + 12))};
                break;
            case 0x65584966:  // "eXIf"
                if (!std::exchange(exif_seen, true) && is_whole()) metadata.orientation = tiff_orientation(Bytes(data));
                break;
            case 0x49454E44:  // "IEND"
                return metadata;
        }
        at += 12 + length;
    }
    return metadata;
}

/// The profile from the JPEG segments that carry it. Each holds a number 1..n, n, and a part of the profile; they may
/// come in any order. The result is empty unless each of the n is there once (ICC.1:2010, B.4).
inline std::vector<std::byte> join_icc_segments(std::vector<std::span<const std::byte>> segments) {
    std::sort(segments.begin(), segments.end(), [](auto left, auto right) { return left[0] < right[0]; });
    std::vector<std::byte> profile;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const Bytes segment(segments[i]);
        if (segment[0] != i + 1 || segment[1] != segments.size()) return {};
        const auto part = segments[i].subspan(2);
        profile.insert(profile.end(), part.begin(), part.end());
    }
    return profile;
}

/// JPEG: JFIF's density (APP0), the first EXIF segment (APP1) and all of the ICC profile's (APP2). `file` has passed
/// check_jpeg.
inline ImageMetadata read_jpeg_metadata(std::span<const std::byte> file) {
    ImageMetadata metadata;
    const Bytes bytes(file);
    bool exif_seen = false;
    std::vector<std::span<const std::byte>> icc_segments;
    for (std::size_t at = 2; at + 4 <= bytes.size();) {
        const std::uint32_t marker = bytes[at + 1];
        if (bytes[at] != 0xFF || marker == 0xFF || marker == 0) {  // padding, or what belongs to no segment
            ++at;
            continue;
        }
        const std::size_t length = bytes.big16(at + 2);
        // All of this stands before the first scan.
        if (marker == 0xDA || marker == 0xD9 || length < 2 || length > bytes.size() - at - 2) break;
        const std::span<const std::byte> data = file.subspan(at + 4, length - 2);
        if (marker == 0xE0 && Bytes(data).starts_with(std::string_view("JFIF\0", 5)) && data.size() >= 12) {
            // Version (2 bytes), 1: per inch or 2: per centimetre, across (2), down (2).
            const double unit = bytes[at + 11] == 1 ? 1 / metres_per_inch : bytes[at + 11] == 2 ? 100.0 : 0.0;
            metadata.density = {bytes.big16(at + 12) * unit, bytes.big16(at + 14) * unit};
        }
        if (marker == 0xE1 && !exif_seen && Bytes(data).starts_with(exif_name)) {
            exif_seen = true;
            metadata.orientation = tiff_orientation(Bytes(data.subspan(exif_name.size())));
        }
        if (marker == 0xE2 && data.size() >= icc_name.size() + 2 && Bytes(data).starts_with(icc_name))
            icc_segments.push_back(data.subspan(icc_name.size()));
        at += 2 + length;
    }
    metadata.icc_profile = join_icc_segments(std::move(icc_segments));
    return metadata;
}

/// BMP: pixels per metre.
inline ImageMetadata read_bmp_metadata(std::span<const std::byte> file) {
    ImageMetadata metadata;
    const Bytes bytes(file);
    if (bytes.little32(14) >= 40)
        metadata.density = {static_cast<double>(bytes.little32(38)), static_cast<double>(bytes.little32(42))};
    return metadata;
}

/// The metadata of a file that check_image_file has accepted.
inline ImageMetadata read_image_metadata(std::span<const std::byte> file) {
    const Bytes bytes(file);
    if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return read_png_metadata(file);
    if (bytes.starts_with("\xFF\xD8")) return read_jpeg_metadata(file);
    return read_bmp_metadata(file);
}

/// Whether a profile's color space, at byte 16 of its header, is that of a grey picture (1 channel) or of an RGB one.
inline bool icc_profile_fits(std::span<const std::byte> profile, int channels) {
    return profile.size() > 20 && Bytes(profile.subspan(16)).starts_with(channels == 1 ? "GRAY" : "RGB ");
}

/// Puts the profile after a JPEG file's first segments, the start and JFIF's, in segments of at most 65535 bytes. A
/// profile that does not fit into 255 segments is left out.
inline void insert_icc_segments(std::vector<std::byte>& jpeg, std::span<const std::byte> profile) {
    const std::size_t largest_part = 65535 - 2 - icc_name.size() - 2;  // 65519
    const std::size_t count = (profile.size() + largest_part - 1) / largest_part;
    if (count > 255) return;
    std::vector<std::byte> segments;
    for (std::size_t number = 1; number <= count; ++number) {
        const auto rest = profile.subspan((number - 1) * largest_part);
        const auto part = rest.first((std::min)(rest.size(), largest_part));
        append_big_endian(segments, 0xFFE2, 2);
        append_big_endian(segments, static_cast<std::uint32_t>(2 + icc_name.size() + 2 + part.size()), 2);
        append_text(segments, icc_name);
        append_big_endian(segments, static_cast<std::uint32_t>(number << 8 | count), 2);
        append_bytes(segments, part);
    }
    const Bytes bytes(jpeg);
    std::size_t at = 2;
    if (bytes.big16(2) == 0xFFE0) at += 2 + bytes.big16(4);
    jpeg.insert(jpeg.begin() + static_cast<std::ptrdiff_t>((std::min)(at, jpeg.size())), segments.begin(),
                segments.end());
}

/// Writes the density in dots per inch into a JPEG file's JFIF segment, which is the first.
inline void set_jpeg_density(std::vector<std::byte>& jpeg, const Density& density) {
    const Bytes bytes(jpeg);
    if (bytes.big16(2) != 0xFFE0 || !bytes.starts_with(std::string_view("JFIF\0", 5), 6)) return;
    const auto put = [&](std::size_t at, double per_metre) {
        const auto dots = static_cast<std::uint32_t>(std::clamp(std::lround(per_metre * metres_per_inch), 1L, 65535L));
        jpeg[at] = static_cast<std::byte>(dots >> 8);
        jpeg[at + 1] = static_cast<std::byte>(dots & 0xFF);
    };
    jpeg[13] = std::byte{1};
    put(14, density.across);
    put(16, density.down);
}

/// Writes the density into a BMP file's header.
inline void set_bmp_density(std::vector<std::byte>& bmp, const Density& density) {
    if (Bytes(bmp).little32(14) < 40) return;
    const auto put = [&](std::size_t at, double per_metre) {
        const auto count = static_cast<std::uint32_t>(std::clamp(std::lround(per_metre), 0L, 0x7FFFFFFFL));
        for (std::size_t i = 0; i < 4; ++i) bmp[at + i] = static_cast<std::byte>(count >> (8 * i) & 0xFF);
    };
    put(38, density.across);
    put(42, density.down);
}

/// Turns a picture upright, as its EXIF orientation says. 1 leaves it as it is; 5 to 8 swap width and height. With s
/// the stored picture of H rows and W columns, the upright one is
///
///     1  s(y, x)            3  s(H-1-y, W-1-x)  turned by 180 degrees    2  s(y, W-1-x)      mirrored
///     6  s(H-1-x, y)        turned by 90 degrees clockwise               4  s(H-1-y, x)      mirrored
///     8  s(x, W-1-y)        turned by 90 degrees counterclockwise        5  s(x, y)          mirrored
///                                                                        7  s(H-1-x, W-1-y)  mirrored
inline void turn_upright(Image& image, int orientation) {
    if (orientation <= 1 || orientation > 8) return;
    const auto [channels, rows, columns] = image.shape;
    const bool swaps = orientation >= 5;
    const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    image.shape = swaps ? Shape{channels, columns, rows} : image.shape;
    const auto area = static_cast<std::ptrdiff_t>(image.shape.area());
    std::vector<float> stored;  // one channel at a time, to save memory
    for (int c = 0; c < channels; ++c) {
        stored.assign(image.pixels.begin() + c * area, image.pixels.begin() + (c + 1) * area);
        for (int y = 0; y < image.shape.height; ++y)
            for (int x = 0; x < image.shape.width; ++x) {
                const int row = swaps ? x : y;
                const int column = swaps ? y : x;
                const auto from_row = static_cast<std::size_t>(from_below ? rows - 1 - row : row);
                const auto from_column = static_cast<std::size_t>(from_right ? columns - 1 - column : column);
                image(c, y, x) = stored[from_row * static_cast<std::size_t>(columns) + from_column];
            }
    }
}

}  // namespace depix::detail

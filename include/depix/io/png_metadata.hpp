// Reads the metadata of PNG files: chunks between the header and the end. The format is W3C's "Portable Network
// Graphics (PNG) Specification", third edition.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/io/byte_writer.hpp"
#include "depix/io/image_check.hpp"
#include "depix/io/image_metadata.hpp"
#include "depix/io/stb.hpp"

namespace depix::detail {

/// Unpacks a zlib stream. Empty if it is damaged or unpacks to more than maximum_metadata_bytes.
inline std::vector<std::byte> unpack_zlib(std::span<const std::byte> stream) {
    if (stream.size() > maximum_metadata_bytes) return {};

    // A zlib stream unpacks to at most 1032 times its size, so a small one does not need the large buffer.
    const std::size_t enough = 1032 * (std::min)(stream.size(), maximum_metadata_bytes / 1032 + 1);
    std::vector<std::byte> unpacked((std::min)(enough, maximum_metadata_bytes));
    int size = -1;
    try {
        size =
            stb::stbi_zlib_decode_buffer(reinterpret_cast<char*>(unpacked.data()), static_cast<int>(unpacked.size()),
                                         reinterpret_cast<const char*>(stream.data()), static_cast<int>(stream.size()));
    } catch (const stb::BrokenAssertion&) {
    }
    if (size <= 0) return {};
    unpacked.resize(static_cast<std::size_t>(size));
    unpacked.shrink_to_fit();
    return unpacked;
}

/// The profile in the data of an iCCP chunk: a name of 1 to 79 bytes, 0, 0 for zlib, a zlib stream. Empty if it is
/// damaged or unpacks to more than maximum_metadata_bytes.
inline std::vector<std::byte> unpack_icc_chunk(std::span<const std::byte> data) {
    const auto name_end = std::find(data.begin(), data.end(), std::byte{0});
    const auto name_length = static_cast<std::size_t>(name_end - data.begin());
    if (name_length < 1 || name_length > 79 || name_length + 2 >= data.size()) return {};
    if (data[name_length + 1] != std::byte{0}) return {};
    return unpack_zlib(data.subspan(name_length + 2));
}

inline constexpr std::string_view png_xmp_keyword = "XML:com.adobe.xmp", raw_profile = "Raw profile type ";

/// Whether a tEXt, zTXt or iTXt chunk has one of the keywords that depix knows.
inline bool is_known_text(std::span<const std::byte> data) {
    return Bytes(data).starts_with(png_xmp_keyword) || Bytes(data).starts_with(raw_profile);
}

/// The text of a tEXt, zTXt or iTXt chunk; empty if it is damaged. A keyword and a 0 come first, then
///
///     tEXt  the text     zTXt  0 for zlib, a zlib stream
///     iTXt  1 if packed, 0 for zlib, a language, 0, the keyword in that language, 0, the text or a zlib stream
struct PngText {
    std::string_view keyword;
    std::vector<std::byte> text;
};
inline PngText read_png_text(std::uint32_t type, std::span<const std::byte> data) {
    const std::string_view all = as_text(data);
    const std::size_t end = all.find('\0');
    if (end == std::string_view::npos) return {};
    PngText found{all.substr(0, end), {}};
    bool packed = type == 0x7A545874;  // "zTXt"
    std::size_t at = end + 1;
    if (packed) {
        if (at >= data.size() || data[at++] != std::byte{0}) return found;
    } else if (type == 0x69545874) {  // "iTXt"
        if (data.size() - at < 4 || data[at + 1] != std::byte{0}) return found;
        packed = data[at] != std::byte{0};
        at = all.find('\0', at + 2);
        if (at != std::string_view::npos) at = all.find('\0', at + 1);
        if (at == std::string_view::npos) return found;
        ++at;
    }
    const auto rest = data.subspan(at);
    found.text = packed ? unpack_zlib(rest) : std::vector<std::byte>(rest.begin(), rest.end());
    return found;
}

/// The bytes of a "Raw profile", as ImageMagick and others store them in text: a line break, a name, a line break, the
/// number of bytes, a line break, hexadecimal digits in lines. Empty if it is damaged.
inline std::vector<std::byte> unpack_raw_profile(std::span<const std::byte> text) {
    const std::string_view all = as_text(text);
    const std::size_t name = all.find_first_not_of("\n");
    const std::size_t line = name == std::string_view::npos ? name : all.find('\n', name);
    if (line == std::string_view::npos) return {};
    std::size_t at = all.find_first_not_of(" \n", line), size = 0;
    for (; at < all.size() && all[at] >= '0' && all[at] <= '9' && size <= maximum_metadata_bytes; ++at)
        size = 10 * size + static_cast<std::size_t>(all[at] - '0');
    if (at >= all.size() || all[at] != '\n' || size > maximum_metadata_bytes || 2 * size > all.size()) return {};
    std::vector<std::byte> bytes;
    bytes.reserve(size);
    int high = -1;
    for (; at < all.size(); ++at) {
        const std::size_t digit = std::string_view("0123456789abcdef0123456789ABCDEF").find(all[at]);
        if (digit == std::string_view::npos) {
            if (std::string_view(" \r\n").find(all[at]) == std::string_view::npos) return {};
            continue;
        }
        const int value = static_cast<int>(digit % 16);
        if (high >= 0) bytes.push_back(static_cast<std::byte>(16 * high + value));
        high = high >= 0 ? -1 : value;
    }
    if (high >= 0 || bytes.size() != size) return {};
    return bytes;
}

/// The same the other way round.
inline std::vector<std::byte> pack_raw_profile(std::string_view name, std::span<const std::byte> bytes) {
    std::string text = "\n" + std::string(name) + "\n" + std::to_string(bytes.size()) + "\n";
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        constexpr std::string_view digits = "0123456789abcdef";
        text += digits[std::to_integer<std::size_t>(bytes[i] >> 4)];
        text += digits[std::to_integer<std::size_t>(bytes[i] & std::byte{15})];
        if (i % 36 == 35) text += '\n';
    }
    text += '\n';
    std::vector<std::byte> packed;
    append_text(packed, text);
    return packed;
}

/// Takes XMP, EXIF or IPTC from a text chunk. EXIF and XMP that were found elsewhere stay.
inline void take_png_text(ImageMetadata& metadata, std::uint32_t type, std::span<const std::byte> data) {
    const PngText found = read_png_text(type, data);
    if (found.keyword == png_xmp_keyword) {
        if (metadata.xmp.empty()) take_xmp(metadata, found.text);
        return;
    }
    if (!found.keyword.starts_with(raw_profile)) return;
    const std::string_view kind = found.keyword.substr(raw_profile.size());
    const std::vector<std::byte> bytes = unpack_raw_profile(found.text);
    const std::span<const std::byte> raw(bytes);
    if ((kind == "exif" || kind == "APP1") && metadata.exif.empty()) {
        if (Bytes(raw).starts_with(xmp_name))
            take_xmp(metadata, raw.subspan(xmp_name.size()));
        else
            take_exif(metadata, Bytes(raw).starts_with(exif_name) ? raw.subspan(exif_name.size()) : raw);
    } else if (kind == "xmp" && metadata.xmp.empty()) {
        take_xmp(metadata, raw);
    } else if ((kind == "iptc" || kind == "8bim") && metadata.iptc.empty()) {
        if (raw.empty())
            warn_left_out(metadata, "damaged IPTC metadata");
        else
            take_iptc(metadata, raw);
    }
}

/// PNG: how the pixels are stored, and the first of each kind of metadata. `file` has passed check_png.
inline ImageMetadata read_png_metadata(std::span<const std::byte> file) {
    ImageMetadata metadata;
    const Bytes bytes(file);
    bool profile_seen = false, exif_seen = false;
    int texts = 0;  // that were unpacked: no program writes many, and each could take long
    for (std::size_t at = 8; at + 12 <= bytes.size();) {
        const std::size_t length = bytes.big32(at);
        if (length > bytes.size() - at - 12) break;
        const std::span<const std::byte> data = file.subspan(at + 8, length);
        const std::uint32_t type = bytes.big32(at + 4);
        const auto is_whole = [&] { return bytes.checksum(at + 4, at + 8 + length) == bytes.big32(at + 8 + length); };
        switch (type) {
            case 0x49484452:  // "IHDR": width (4 bytes), height (4), bits, color type ...
                if (length >= 10 && bytes[at + 16] == 16) metadata.bits = 16;
                metadata.has_palette = length >= 10 && bytes[at + 17] == 3;
                break;
            case 0x69434350:  // "iCCP"
                if (std::exchange(profile_seen, true)) break;
                if (is_whole()) metadata.icc_profile = unpack_icc_chunk(data);
                if (metadata.icc_profile.empty()) warn_left_out(metadata, "a damaged ICC profile");
                break;
            case 0x67414D41:  // "gAMA"
                if (length == 4 && is_whole()) metadata.encoding.gamma = bytes.big32(at + 8);
                break;
            case 0x6348524D:  // "cHRM"
                if (length == 32 && is_whole())
                    for (std::size_t i = 0; i < 8; ++i)
                        metadata.encoding.chromaticities[i] = bytes.big32(at + 8 + 4 * i);
                break;
            case 0x73524742:  // "sRGB"
                if (length == 1 && bytes[at + 8] <= 3 && is_whole())
                    metadata.encoding.srgb_intent = static_cast<int>(bytes[at + 8]);
                break;
            case 0x70485973:  // "pHYs": across, down (4 bytes each), 1: per metre
                if (length >= 9 && bytes[at + 16] == 1 && is_whole())
                    metadata.density = {static_cast<double>(bytes.big32(at + 8)),
                                        static_cast<double>(bytes.big32(at + 12))};
                break;
            case 0x65584966:  // "eXIf"
                if (std::exchange(exif_seen, true)) break;
                take_exif(metadata, is_whole() ? data : data.first(0));
                break;
            case 0x74455874:  // "tEXt"
            case 0x7A545874:  // "zTXt"
            case 0x69545874:  // "iTXt"
                if (is_known_text(data) && texts++ < 8 && is_whole()) take_png_text(metadata, type, data);
                break;
            case 0x49454E44:  // "IEND"
                finish_metadata(metadata);
                return metadata;
        }
        at += 12 + length;
    }
    finish_metadata(metadata);
    return metadata;
}

}  // namespace depix::detail

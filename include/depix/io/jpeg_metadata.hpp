// Reads and writes the metadata of JPEG files: segments between the start and the first scan.
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
#include "depix/io/image_metadata.hpp"

namespace depix::detail {

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

/// JPEG: JFIF's density (APP0), the first EXIF and XMP (APP1), IPTC (APP13) and all of the ICC profile (APP2). `file`
/// has passed check_jpeg.
inline ImageMetadata read_jpeg_metadata(std::span<const std::byte> file) {
    ImageMetadata metadata;
    const Bytes bytes(file);
    bool exif_seen = false, extension_seen = false, has_adobe = false, is_cmyk = false;
    std::vector<std::byte> resources;  // Photoshop's
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
        const auto holds = [&](std::string_view name) { return Bytes(data).starts_with(name); };
        if (marker == 0xE0 && holds(std::string_view("JFIF\0", 5)) && data.size() >= 12) {
            // Version (2 bytes), 1: per inch or 2: per centimetre, across (2), down (2).
            const double unit = bytes[at + 11] == 1 ? 1 / metres_per_inch : bytes[at + 11] == 2 ? 100.0 : 0.0;
            metadata.density = {bytes.big16(at + 12) * unit, bytes.big16(at + 14) * unit};
        } else if (marker == 0xE1 && holds(exif_name)) {
            if (!std::exchange(exif_seen, true)) take_exif(metadata, data.subspan(exif_name.size()));
        } else if (marker == 0xE1 && holds(xmp_name)) {
            if (metadata.xmp.empty()) take_xmp(metadata, data.subspan(xmp_name.size()));
        } else if (marker == 0xE1 && holds(xmp_extension_name)) {
            extension_seen = true;
        } else if (marker == 0xED && holds(photoshop_name)) {
            append_bytes(resources, data.subspan(photoshop_name.size()));
        } else if (marker == 0xEE && holds("Adobe")) {
            has_adobe = true;
        } else if (marker >= 0xC0 && marker <= 0xC2 && data.size() > 5) {
            is_cmyk = bytes[at + 9] == 4;
        } else if (marker == 0xE2 && data.size() >= icc_name.size() + 2 && holds(icc_name)) {
            icc_segments.push_back(data.subspan(icc_name.size()));
        }
        at += 2 + length;
    }
    if (is_cmyk && !has_adobe)
        metadata.warnings.emplace_back("four colours without Adobe's marker were read as CMYK with 0 for full ink");
    if (!resources.empty()) take_iptc(metadata, resources);
    if (extension_seen) warn_left_out(metadata, "the part of the XMP metadata that does not fit into 64 KB");
    if (!icc_segments.empty()) {
        metadata.icc_profile = join_icc_segments(std::move(icc_segments));
        if (metadata.icc_profile.empty()) warn_left_out(metadata, "a damaged ICC profile");
    }
    finish_metadata(metadata);
    return metadata;
}

/// What fits into one segment after its name.
inline std::size_t jpeg_segment_room(std::string_view name) { return 65535 - 2 - name.size(); }

inline void append_jpeg_segment(std::vector<std::byte>& segments, std::uint32_t marker, std::string_view name,
                                std::span<const std::byte> data) {
    if (data.empty() || data.size() > jpeg_segment_room(name)) return;
    append_big_endian(segments, 0xFF00 | marker, 2);
    append_big_endian(segments, static_cast<std::uint32_t>(2 + name.size() + data.size()), 2);
    append_text(segments, name);
    append_bytes(segments, data);
}

/// The profile in segments of at most 65535 bytes. A profile that does not fit into 255 segments is left out.
inline void append_icc_segments(std::vector<std::byte>& segments, std::span<const std::byte> profile) {
    const std::size_t largest_part = jpeg_segment_room(icc_name) - 2;  // 65519
    const std::size_t count = (profile.size() + largest_part - 1) / largest_part;
    if (count > 255) return;
    for (std::size_t number = 1; number <= count; ++number) {
        const auto rest = profile.subspan((number - 1) * largest_part);
        std::vector<std::byte> part;
        append_big_endian(part, static_cast<std::uint32_t>(number << 8 | count), 2);
        append_bytes(part, rest.first((std::min)(rest.size(), largest_part)));
        append_jpeg_segment(segments, 0xE2, icc_name, part);
    }
}

/// Puts metadata after a JPEG file's first segments, the start and JFIF's. What does not fit into the format is left
/// out.
inline void insert_jpeg_metadata(std::vector<std::byte>& jpeg, const ImageMetadata& metadata) {
    std::vector<std::byte> segments;
    append_jpeg_segment(segments, 0xE1, exif_name, metadata.exif);
    append_jpeg_segment(segments, 0xE1, xmp_name, metadata.xmp);
    if (!metadata.iptc.empty()) append_jpeg_segment(segments, 0xED, photoshop_name, iptc_resource(metadata.iptc));
    append_icc_segments(segments, metadata.icc_profile);
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

}  // namespace depix::detail

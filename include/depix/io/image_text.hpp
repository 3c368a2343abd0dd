// What people and their programs note about a picture: XMP, which is XML, and IPTC's fields of the press.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "depix/io/byte_writer.hpp"
#include "depix/io/image_check.hpp"
#include "depix/io/image_exif.hpp"

namespace depix::detail {

inline std::string_view as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// ---- XMP -----------------------------------------------------------------------------------------------------------

/// Whether bytes can be an XMP packet: text that contains RDF.
inline bool is_xmp(std::span<const std::byte> bytes) {
    const std::string_view text = as_text(bytes);
    return text.find('\0') == std::string_view::npos && text.find("RDF") != std::string_view::npos;
}

/// Replaces the number of a property wherever the packet states it, as property="1", property='72/1' or
/// <property>1</property>.
inline void set_xmp_number(std::string& packet, std::string_view property, const std::string& number) {
    constexpr std::string_view digits = "0123456789/";
    std::string changed;
    std::size_t copied = 0;
    for (std::size_t at = packet.find(property); at != std::string::npos; at = packet.find(property, at + 1)) {
        const std::string_view before = at == 0 ? " " : std::string_view(packet).substr(at - 1, 1);
        if (before.find_first_not_of(" \t\r\n<") != std::string_view::npos) continue;
        std::size_t first = at + property.size();
        const std::string_view opens = std::string_view(packet).substr(first, 2);
        if (opens == "=\"" || opens == "='")
            first += 2;
        else if (before == "<" && opens.starts_with('>'))
            first += 1;
        else
            continue;
        const std::size_t last = packet.find_first_not_of(digits, first);
        if (last == std::string::npos || last == first || std::string_view("\"'<").find(packet[last]) > 2) continue;
        changed.append(packet, copied, first - copied).append(number);
        copied = last;
    }
    packet = changed.append(packet, copied);
}

/// Removes an element and what it contains, wherever it stands.
inline void remove_xmp_element(std::string& packet, const std::string& element) {
    const std::string opens = "<" + element + ">", closes = "</" + element + ">";
    std::string changed;
    std::size_t copied = 0;
    for (;;) {
        const std::size_t first = packet.find(opens, copied);
        const std::size_t last = first == std::string::npos ? first : packet.find(closes, first);
        if (last == std::string::npos) break;
        changed.append(packet, copied, first - copied);
        copied = last + closes.size();
    }
    packet = changed.append(packet, copied);
}

/// Writes what holds for the picture that is written into an XMP packet, where the packet states it: upright, its size
/// and its resolution. Removes the thumbnails.
inline void update_xmp(std::vector<std::byte>& xmp, int height, int width, const Density& density) {
    std::string packet(as_text(xmp));
    remove_xmp_element(packet, "xmp:Thumbnails");
    remove_xmp_element(packet, "xap:Thumbnails");  // the same, in an older dialect
    set_xmp_number(packet, "tiff:Orientation", "1");
    for (const char* property : {"tiff:ImageWidth", "exif:PixelXDimension"})
        set_xmp_number(packet, property, std::to_string(width));
    for (const char* property : {"tiff:ImageLength", "exif:PixelYDimension"})
        set_xmp_number(packet, property, std::to_string(height));
    if (density.across > 0 && density.down > 0) {
        const auto per_inch = [](double per_metre) {
            return std::to_string(std::lround(std::clamp(per_metre * metres_per_inch, 0.0, 4e6) * 1000)) + "/1000";
        };
        set_xmp_number(packet, "tiff:XResolution", per_inch(density.across));
        set_xmp_number(packet, "tiff:YResolution", per_inch(density.down));
        set_xmp_number(packet, "tiff:ResolutionUnit", "2");
    }
    xmp.clear();
    append_text(xmp, packet);
}

// ---- IPTC ----------------------------------------------------------------------------------------------------------

/// Whether bytes are IPTC-IIM: data sets of 1C, record, number, size (2 bytes, or the number of its bytes with the
/// highest bit set), data. Zeros may follow the last.
inline bool is_iptc(std::span<const std::byte> data) {
    const Bytes bytes(data);
    std::size_t at = 0;
    while (at < data.size() && bytes[at] == 0x1C) {
        if (at + 5 > data.size()) return false;
        std::size_t size = bytes.big16(at + 3);
        at += 5;
        if (size >= 0x8000) {
            const std::size_t size_bytes = size - 0x8000;
            if (size_bytes > 4 || size_bytes > data.size() - at) return false;
            size = 0;
            for (std::size_t i = 0; i < size_bytes; ++i) size = size << 8 | bytes[at++];
        }
        if (size > data.size() - at) return false;
        at += size;
    }
    return at > 0 && std::all_of(data.begin() + static_cast<std::ptrdiff_t>(at), data.end(),
                                 [](std::byte byte) { return byte == std::byte{0}; });
}

/// The IPTC data among Photoshop's image resources, and whether the resources could be read.
///
///     each resource: "8BIM", number (2 bytes; 0x0404 is IPTC), the length of its name (1), the name, a 0 if these are
///     an odd number of bytes, size (4), data, a 0 if the size is odd
struct FoundIptc {
    std::vector<std::byte> iptc;
    bool damaged = false;
};
inline FoundIptc find_iptc(std::span<const std::byte> resources) {
    const Bytes bytes(resources);
    for (std::size_t at = 0; at + 12 <= resources.size();) {
        if (!bytes.starts_with("8BIM", at)) return {{}, true};
        const std::uint32_t number = bytes.big16(at + 4);
        at += 6 + (bytes[at + 6] + 2) / 2 * 2;
        const std::size_t size = bytes.big32(at);
        at += 4;
        if (at > resources.size() || size > resources.size() - at) return {{}, true};
        const std::span<const std::byte> data = resources.subspan(at, size);
        if (number == 0x0404) {
            if (!is_iptc(data)) return {{}, true};
            return {{data.begin(), data.end()}, false};
        }
        at += size + size % 2;
    }
    return {};
}

/// IPTC data as Photoshop's only image resource.
inline std::vector<std::byte> iptc_resource(std::span<const std::byte> iptc) {
    std::vector<std::byte> resource;
    append_text(resource, std::string_view("8BIM\x04\x04\0\0", 8));
    append_big_endian(resource, static_cast<std::uint32_t>(iptc.size()), 4);
    append_bytes(resource, iptc);
    if (iptc.size() % 2 == 1) resource.push_back(std::byte{0});
    return resource;
}

}  // namespace depix::detail

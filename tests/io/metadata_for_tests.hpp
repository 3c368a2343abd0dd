// Metadata as cameras and programs write it, made by hand for the tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "depix/io/image_metadata.hpp"
#include "depix/io/png_writer.hpp"

namespace metadata_for_tests {

using Bytes = std::vector<std::byte>;
using depix::detail::append_big_endian;
using depix::detail::append_bytes;
using depix::detail::append_png_chunk;
using depix::detail::append_text;

inline Bytes bytes_of(std::string_view text) {
    Bytes bytes;
    append_text(bytes, text);
    return bytes;
}

inline bool contains_text(const Bytes& bytes, std::string_view text) {
    return depix::detail::as_text(bytes).find(text) != std::string_view::npos;
}

/// An entry of a TIFF directory; values are numbers (of type 3 SHORT, 4 LONG, 5 RATIONAL: two numbers) or text.
struct Entry {
    std::uint32_t tag, type;
    std::vector<std::uint32_t> numbers = {};
    std::string text = {};
};

/// Writes TIFF structures, in either byte order.
class TiffWriter {
  public:
    explicit TiffWriter(bool little) : little_(little) {
        append_text(bytes_, little ? "II" : "MM");
        append(42, 2);
        append(0, 4);
    }

    /// Writes a directory and its values, and returns where it is. `next` is the directory that follows it.
    std::uint32_t directory(const std::vector<Entry>& entries, std::uint32_t next = 0) {
        const auto at = static_cast<std::uint32_t>(bytes_.size());
        std::uint32_t values = at + 2 + 12 * static_cast<std::uint32_t>(entries.size()) + 4;
        append(static_cast<std::uint32_t>(entries.size()), 2);
        Bytes outside;
        for (const Entry& entry : entries) {
            Bytes value;
            const std::size_t size = entry.type == 3 ? 2 : 4;
            for (const std::uint32_t number : entry.numbers) append_to(value, number, size);
            append_text(value, entry.text);
            const std::size_t count = entry.numbers.empty() ? entry.text.size()
                                      : entry.type == 5     ? entry.numbers.size() / 2
                                                            : entry.numbers.size();
            append(entry.tag, 2);
            append(entry.type, 2);
            append(static_cast<std::uint32_t>(count), 4);
            if (value.size() <= 4) {
                value.resize(4);
                append_bytes(bytes_, value);
            } else {
                append(values + static_cast<std::uint32_t>(outside.size()), 4);
                append_bytes(outside, value);
            }
        }
        append(next, 4);
        append_bytes(bytes_, outside);
        return at;
    }

    std::uint32_t append_data(std::string_view text) {
        const auto at = static_cast<std::uint32_t>(bytes_.size());
        append_text(bytes_, text);
        return at;
    }
    void set32(std::size_t at, std::uint32_t value) {
        Bytes number;
        append_to(number, value, 4);
        for (std::size_t i = 0; i < 4; ++i) bytes_[at + i] = number[i];
    }
    void set_first_directory(std::uint32_t at) { set32(4, at); }
    const Bytes& bytes() const { return bytes_; }

  private:
    void append(std::uint32_t value, std::size_t size) { append_to(bytes_, value, size); }
    void append_to(Bytes& bytes, std::uint32_t value, std::size_t size) const {
        for (std::size_t i = 0; i < size; ++i)
            bytes.push_back(static_cast<std::byte>(value >> 8 * (little_ ? i : size - 1 - i) & 0xFF));
    }

    Bytes bytes_;
    bool little_;
};

/// EXIF as a camera writes it: a maker, a date, the place, a maker's own data, sizes, 72 pixels per inch, a thumbnail.
inline Bytes camera_exif(bool little, std::uint32_t orientation = 6) {
    TiffWriter tiff(little);
    const std::uint32_t interoperability = tiff.directory({{1, 2, {}, std::string("R98\0", 4)}});
    const std::uint32_t exif = tiff.directory({{0x9003, 2, {}, std::string("2026:02:03 04:05:06\0", 20)},
                                               {0x927C, 7, {}, "the maker's own data"},
                                               {0xA002, 3, {400}},
                                               {0xA003, 3, {300}},
                                               {0xA005, 4, {interoperability}}});
    const std::uint32_t gps = tiff.directory({{1, 2, {}, std::string("N\0", 2)}, {2, 5, {49, 1, 30, 1, 0, 1}}});
    const std::vector<Entry> entries = {
        {0x0100, 3, {400}},         {0x0101, 3, {300}},   {0x010F, 2, {}, std::string("A maker\0", 8)},
        {0x0112, 3, {orientation}}, {0x011A, 5, {72, 1}}, {0x011B, 5, {72, 1}},
        {0x0128, 3, {2}},           {0x8769, 4, {exif}},  {0x8825, 4, {gps}}};
    const std::uint32_t first = tiff.directory(entries);
    tiff.set_first_directory(first);
    const std::uint32_t second = tiff.directory({{0x0201, 4, {0}}, {0x0202, 4, {16}}});
    const std::uint32_t thumbnail = tiff.append_data("a thumbnail's   ");
    tiff.set32(first + 2 + 12 * entries.size(), second);
    tiff.set32(second + 2 + 8, thumbnail);
    return tiff.bytes();
}

/// The value of a tag in the first directory of EXIF, or in the one that `directory` points to; -1 if it is not there.
inline long exif_number(Bytes exif, std::uint32_t tag, std::uint32_t directory = 0) {
    const depix::detail::TiffBytes tiff(exif);
    std::size_t at = tiff.read32(4);
    if (directory != 0) {
        const auto pointer = tiff.find(at, directory);
        if (!pointer) return -1;
        at = tiff.read32(*pointer + 8);
    }
    const auto entry = tiff.find(at, tag);
    if (!entry) return -1;
    const std::uint32_t type = tiff.read16(*entry + 2);
    if (type == 5) {
        const std::size_t value = tiff.read32(*entry + 8);
        return static_cast<long>(tiff.read32(value) / tiff.read32(value + 4));
    }
    return static_cast<long>(type == 3 ? tiff.read16(*entry + 8) : tiff.read32(*entry + 8));
}

/// An XMP packet that states an orientation, a size and a resolution in both ways, and has a thumbnail.
inline Bytes xmp_packet() {
    return bytes_of(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF><rdf:Description tiff:Orientation=\"6\" "
        "exif:PixelXDimension='400' dc:title=\"tiff:Orientation=\" tiff:XResolution=\"72/1\">"
        "<exif:PixelYDimension>300</exif:PixelYDimension><dc:creator>A person</dc:creator>"
        "<xmp:Thumbnails><rdf:Alt>small</rdf:Alt></xmp:Thumbnails>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>");
}

/// IPTC: a headline and an author.
inline Bytes iptc_data() {
    Bytes data = bytes_of(std::string_view("\x1C\x02\x69\0\x0A", 5));
    append_text(data, "A headline");
    append_text(data, std::string_view("\x1C\x02\x50\0\x09", 5));
    append_text(data, "An author");
    return data;
}

/// Puts a chunk after the header of a PNG file, which ends at byte 33.
inline Bytes with_chunk(Bytes file, std::string_view type, const Bytes& data) {
    Bytes chunk;
    append_png_chunk(chunk, type, data);
    file.insert(file.begin() + 33, chunk.begin(), chunk.end());
    return file;
}

/// Puts a segment after a JPEG file's start.
inline Bytes with_segment(Bytes file, std::uint32_t marker, std::string_view name, const Bytes& data) {
    Bytes segment;
    append_big_endian(segment, 0xFF00 | marker, 2);
    append_big_endian(segment, static_cast<std::uint32_t>(name.size() + data.size() + 2), 2);
    append_text(segment, name);
    append_bytes(segment, data);
    file.insert(file.begin() + 2, segment.begin(), segment.end());
    return file;
}

}  // namespace metadata_for_tests

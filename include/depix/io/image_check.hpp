// What stb takes on trust about a picture file, and depix does not: that it is whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "depix/error.hpp"

namespace depix::detail {

/// A file's bytes as numbers, with every access inside it: what lies beyond the end reads as 0.
class Bytes {
  public:
    explicit Bytes(std::span<const std::byte> bytes) : bytes_(bytes) {}

    std::size_t size() const { return bytes_.size(); }
    std::uint32_t operator[](std::size_t i) const {
        return i < bytes_.size() ? std::to_integer<std::uint32_t>(bytes_[i]) : 0;
    }
    std::uint32_t big16(std::size_t i) const { return (*this)[i] << 8 | (*this)[i + 1]; }
    std::uint32_t big32(std::size_t i) const { return big16(i) << 16 | big16(i + 2); }
    std::uint32_t little16(std::size_t i) const { return (*this)[i] | (*this)[i + 1] << 8; }
    std::uint32_t little32(std::size_t i) const { return little16(i) | little16(i + 2) << 16; }
    bool starts_with(std::string_view text) const {
        for (std::size_t i = 0; i < text.size(); ++i)
            if (i >= size() || (*this)[i] != static_cast<unsigned char>(text[i])) return false;
        return true;
    }
    /// CRC-32 of IEEE 802.3 and of PNG, of bytes [first, last).
    std::uint32_t checksum(std::size_t first, std::size_t last) const;

  private:
    std::span<const std::byte> bytes_;
};

struct ChecksumTable {
    std::uint32_t entries[256] = {};
    constexpr ChecksumTable() {
        for (std::uint32_t byte = 0; byte < 256; ++byte) {
            std::uint32_t value = byte;
            for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xEDB88320u ^ value >> 1 : value >> 1;
            entries[byte] = value;
        }
    }
};
inline constexpr ChecksumTable checksum_table{};

inline std::uint32_t Bytes::checksum(std::size_t first, std::size_t last) const {
    std::uint32_t value = 0xFFFFFFFFu;
    for (std::size_t i = first; i < last; ++i) value = checksum_table.entries[(value ^ (*this)[i]) & 0xFF] ^ value >> 8;
    return ~value;
}

/// PNG: 8 bytes of signature, then chunks (length, type, data, checksum) up to IEND. The checksums of the critical
/// chunks (first letter upper case) must be right; libpng too forgives the others.
inline void check_png(const Bytes& file, const std::string& name) {
    for (std::size_t at = 8;;) {
        if (file.size() - at < 12) throw FileError(name, "a truncated PNG file");
        const std::size_t length = file.big32(at);
        if (length > file.size() - at - 12) throw FileError(name, "a truncated PNG file");
        const std::size_t end = at + 8 + length;
        const bool critical = (file[at + 4] & 0x20) == 0;
        if (critical && file.checksum(at + 4, end) != file.big32(end))
            throw FileError(name, "a damaged PNG file: a checksum is wrong");
        if (file.big32(at + 4) == 0x49454E44) return;  // "IEND"
        at = end + 4;
    }
}

/// JPEG: segments (FF, marker, length, data); behind a start of scan coded data, in which FF is followed by 00 or a
/// restart marker; so on to the end marker. stb would paint what is missing grey.
inline void check_jpeg(const Bytes& file, const std::string& name) {
    const auto damaged = [&](const char* what) { throw FileError(name, std::string("a damaged JPEG file: ") + what); };
    for (std::size_t at = 2;;) {
        while (file[at] == 0xFF && file[at + 1] == 0xFF) ++at;  // padding
        if (at + 2 > file.size()) throw FileError(name, "a truncated JPEG file");
        if (file[at] != 0xFF) damaged("no marker where one must be");
        const std::uint32_t marker = file[at + 1];
        if (marker == 0xD9) return;
        const std::size_t length = file.big16(at + 2);
        if (at + 2 + length > file.size()) throw FileError(name, "a truncated JPEG file");
        if (length < 2) damaged("a segment without a length");
        if (marker == 0xC4) {
            // Huffman tables: a byte, how many codes there are of each length 1 to 16, and the codes' values. There can
            // be 256, but no encoder has use for more than 162, and stb's table has no room for the 257th.
            for (std::size_t table = at + 4; table < at + 2 + length;) {
                std::size_t codes = 0;
                for (std::size_t i = 1; i <= 16; ++i) codes += file[table + i];
                if (codes > 255) damaged("a Huffman table of too many codes");
                table += 17 + codes;
            }
        }
        at += 2 + length;
        if (marker != 0xDA) continue;
        const auto is_data = [&] {
            return file[at] != 0xFF || file[at + 1] == 0 || (file[at + 1] >= 0xD0 && file[at + 1] <= 0xD7);
        };
        while (at < file.size() && is_data()) ++at;
    }
}

/// BMP: the header says where the rows begin and how wide they are. stb would paint what is missing black.
inline void check_bmp(const Bytes& file, const std::string& name) {
    const std::uint64_t first = file.little32(10);
    const bool ancient = file.little32(14) == 12;  // OS/2's header has 16-bit sizes
    const std::uint64_t width = ancient ? file.little16(18) : file.little32(18);
    const std::uint32_t signed_height = ancient ? file.little16(20) : file.little32(22);
    // A negative height means that the first row is the upper one.
    const std::uint64_t height = signed_height > 0x7FFFFFFFu ? ~signed_height + 1u : signed_height;
    const std::uint64_t bits = ancient ? file.little16(24) : file.little16(28);
    if (width > 0x7FFFFFFFu || bits > 32) throw FileError(name, "a damaged BMP file: an impossible width or depth");
    const std::uint64_t row = (width * bits + 31) / 32 * 4;
    // No multiplication: it could overflow.
    if (file.size() < 26 || first > file.size() || (row != 0 && (file.size() - first) / row < height))
        throw FileError(name, "a truncated BMP file");
}

/// Throws FileError unless the bytes are those of a PNG, JPEG or BMP file that is whole.
inline void check_picture_file(std::span<const std::byte> bytes, const std::string& name) {
    const Bytes file(bytes);
    if (file.starts_with("\x89PNG\r\n\x1A\n"))
        check_png(file, name);
    else if (file.starts_with("\xFF\xD8"))
        check_jpeg(file, name);
    else if (file.starts_with("BM"))
        check_bmp(file, name);
    else
        throw FileError(name, "neither a PNG nor a JPEG nor a BMP file");
}

}  // namespace depix::detail

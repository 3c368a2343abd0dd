// Checks that a picture file is whole, because stb does not check that.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/byte_writer.hpp"

namespace depix::detail {

/// A file's bytes as numbers. Every access stays inside the file; bytes beyond its end read as 0.
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
    bool starts_with(std::string_view text, std::size_t at = 0) const {
        for (std::size_t i = 0; i < text.size(); ++i)
            if (at + i >= size() || (*this)[at + i] != static_cast<unsigned char>(text[i])) return false;
        return true;
    }
    /// The CRC-32 of bytes [first, last), as in IEEE 802.3 and PNG.
    std::uint32_t checksum(std::size_t first, std::size_t last) const;

  private:
    std::span<const std::byte> bytes_;
};

/// entries[k][b] is the checksum of byte b and k bytes of zeros after it, so that four bytes are looked up at once
/// (Kounavis and Berry 2005).
struct ChecksumTable {
    std::uint32_t entries[4][256] = {};
    constexpr ChecksumTable() {
        for (std::uint32_t byte = 0; byte < 256; ++byte) {
            std::uint32_t value = byte;
            for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xEDB88320u ^ value >> 1 : value >> 1;
            entries[0][byte] = value;
        }
        for (int k = 1; k < 4; ++k)
            for (int byte = 0; byte < 256; ++byte) {
                const std::uint32_t before = entries[k - 1][byte];
                entries[k][byte] = entries[0][before & 0xFF] ^ before >> 8;
            }
    }
};
inline constexpr ChecksumTable checksum_table{};

inline std::uint32_t Bytes::checksum(std::size_t first, std::size_t last) const {
    const auto& entries = checksum_table.entries;
    std::uint32_t value = 0xFFFFFFFFu;
    std::size_t i = first;
    for (; i + 4 <= last; i += 4) {
        value ^= little32(i);
        value = entries[3][value & 0xFF] ^ entries[2][value >> 8 & 0xFF] ^ entries[1][value >> 16 & 0xFF] ^
                entries[0][value >> 24];
    }
    for (; i < last; ++i) value = entries[0][(value ^ (*this)[i]) & 0xFF] ^ value >> 8;
    return ~value;
}

/// PNG: 8 bytes of signature, then chunks (length, type, data, checksum) up to IEND. The checksums of the critical
/// chunks (first letter upper case) must be right; the others are ignored, as in libpng. Returns where IEND begins.
inline std::size_t check_png(const Bytes& file, const std::string& name) {
    for (std::size_t at = 8;;) {
        if (file.size() - at < 12) throw FileError(name, "a truncated PNG file");
        const std::size_t length = file.big32(at);
        if (length > file.size() - at - 12) throw FileError(name, "a truncated PNG file");
        const std::size_t end = at + 8 + length;
        const bool critical = (file[at + 4] & 0x20) == 0;
        if (critical && file.checksum(at + 4, end) != file.big32(end))
            throw FileError(name, "a damaged PNG file: a checksum is wrong");
        if (file.big32(at + 4) == 0x49454E44) return at;  // "IEND"
        at = end + 4;
    }
}

inline void append_end_of_jpeg(std::vector<std::byte>& file) {
    file.push_back(std::byte{0xFF});
    file.push_back(std::byte{0xD9});
}

/// A JPEG file as stb reads it.
struct CheckedJpeg {
    std::vector<std::byte> bytes;
    bool has_end = true;  ///< false: depix added the end marker; the decoder must check that the picture is whole
};

/// JPEG: segments (FF, marker, length, data). A start of scan is followed by coded data, in which FF is followed by 00
/// or a restart marker. This goes on up to the end marker. stb would make missing parts grey.
///
/// Bytes between segments that belong to none are left out, as in libjpeg, because old scanners and editors put them
/// there. After the first scan, anything that is not a segment ends the picture, because some telephones write data of
/// their own instead of an end marker. Four colours without Adobe's marker are CMYK as Adobe stores it, with 0 for full
/// ink, as other decoders take them; stb needs the marker for that. Throws FileError, which names what depix does not
/// read: 12 bits, lossless, and arithmetic coding.
inline CheckedJpeg check_jpeg(std::span<const std::byte> whole, const std::string& name) {
    const Bytes file(whole);
    const auto damaged = [&](const char* what) { throw FileError(name, std::string("a damaged JPEG file: ") + what); };
    const auto refuse = [&](const char* what) {
        throw FileError(name, std::string("a JPEG file ") + what + ", which depix does not read");
    };
    CheckedJpeg checked;
    const auto keep = [&](std::size_t first, std::size_t last) {
        append_bytes(checked.bytes, whole.subspan(first, last - first));
    };
    checked.bytes.reserve(whole.size() + 2);
    keep(0, 2);
    bool scanned = false, has_frame = false, has_adobe = false;
    std::uint32_t components = 0;
    for (std::size_t at = 2;;) {
        while (at < file.size() && (file[at] != 0xFF || file[at + 1] == 0xFF || file[at + 1] == 0)) ++at;
        if (at + 2 > file.size()) {
            if (!scanned) throw FileError(name, "a truncated JPEG file");
            checked.has_end = false;
            break;
        }
        const std::uint32_t marker = file[at + 1];
        if (marker == 0xD9) {
            if (!scanned) throw FileError(name, "a JPEG file that ends before its picture");
            break;
        }
        if (marker >= 0xD0 && marker <= 0xD8) {  // an extra restart marker, or another start: no length follows
            at += 2;
            continue;
        }
        const std::size_t length = file.big16(at + 2);
        if (length < 2 || at + 2 + length > file.size()) {
            if (!scanned && length < 2) damaged("a segment without a length");
            if (!scanned) throw FileError(name, "a truncated JPEG file");
            checked.has_end = false;
            break;
        }
        if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) {
            if (marker > 0xC2) refuse(marker >= 0xC9 ? "with arithmetic coding" : "of a lossless or hierarchical kind");
            if (file[at + 4] != 8) refuse(("of " + std::to_string(file[at + 4]) + " bits a channel").c_str());
            if (has_frame) damaged("two pictures in one");
            has_frame = true;
            components = file[at + 9];
        }
        if (marker == 0xEE && file.starts_with("Adobe", at + 4)) has_adobe = true;
        if (marker == 0xC4) {
            // Huffman tables: a byte, the number of codes of each length 1 to 16, and the codes' values. There can be
            // 256 codes, but no encoder needs more than 162, and stb's table has no room for a 257th.
            for (std::size_t table = at + 4; table < at + 2 + length;) {
                std::size_t codes = 0;
                for (std::size_t i = 1; i <= 16; ++i) codes += file[table + i];
                if (codes > 255) damaged("a Huffman table of too many codes");
                table += 17 + codes;
                if (table > at + 2 + length) damaged("a Huffman table that is longer than its segment");
            }
        }
        const std::size_t first = at;
        at += 2 + length;
        if (marker == 0xDA) {
            scanned = true;
            const auto is_data = [&] {
                return file[at] != 0xFF || file[at + 1] == 0 || (file[at + 1] >= 0xD0 && file[at + 1] <= 0xD7);
            };
            while (at < file.size() && is_data()) ++at;
            at = (std::min)(at, file.size());
        }
        std::size_t last = at;
        // Restart markers at the end of a scan restart nothing, and stb does not know them there.
        while (marker == 0xDA && last >= first + 2 && file[last - 2] == 0xFF && file[last - 1] >= 0xD0 &&
               file[last - 1] <= 0xD7)
            last -= 2;
        keep(first, last);
    }
    if (components == 4 && !has_adobe) {
        // Length, name, version, flags (2, 2), and 0 for CMYK.
        constexpr std::string_view adobe("\xFF\xEE\0\x0E\x41\x64obe\0\x64\0\0\0\0\0", 16);
        const auto marker = std::as_bytes(std::span(adobe));
        checked.bytes.insert(checked.bytes.begin() + 2, marker.begin(), marker.end());
    }
    append_end_of_jpeg(checked.bytes);
    return checked;
}

/// BMP: the header says where the rows begin and how wide they are. stb would make missing rows black.
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
    // This divides, because a multiplication could overflow.
    if (file.size() < 26 || first > file.size() || (row != 0 && (file.size() - first) / row < height))
        throw FileError(name, "a truncated BMP file");
}

/// Converts a BMP file with run-length encoded rows (RLE8, RLE4) to one with plain rows. Throws FileError if runs leave
/// the picture, and for what depix does not read.
///
///     pairs (count, colour): so many pixels; (0, 0) ends a row, (0, 1) the picture, (0, 2) and two bytes: so much
///     right and up; (0, n > 2): n colours follow, padded to 16 bits. In RLE4 a byte holds two colours in turn.
inline std::vector<std::byte> expand_bmp(std::span<const std::byte> whole, const std::string& name) {
    const Bytes file(whole);
    const std::uint32_t compression = file.little32(30), bits = file.little16(28);
    const std::uint32_t width = file.little32(18), height = file.little32(22), first = file.little32(10);
    if ((compression != 1 || bits != 8) && (compression != 2 || bits != 4))
        throw FileError(name, "a BMP file with compression number " + std::to_string(compression) +
                                  ", which depix does not read; it reads plain rows and runs (RLE8, RLE4)");
    const std::uint64_t row = (static_cast<std::uint64_t>(width) * bits + 31) / 32 * 4;
    if (width == 0 || height == 0 || width > 0xFFFF || height > 0xFFFF || first > file.size() ||
        row * height / 1000 > file.size() + 4096)  // more than runs of 255 can fill
        throw FileError(name, "a damaged BMP file: runs that do not fit its width and height");
    std::vector<std::byte> plain(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(first));
    plain.resize(first + row * height);
    for (std::size_t i = 30; i < 34; ++i) plain[i] = std::byte{0};  // no compression
    std::uint32_t x = 0, y = 0;
    const auto put = [&](std::uint32_t colour) {
        if (y >= height) throw FileError(name, "a damaged BMP file: runs that leave the picture");
        if (x >= width) return;  // ImageMagick writes a row's padding, too
        const std::size_t at = first + y * row + x * bits / 8;
        plain[at] |= static_cast<std::byte>(bits == 8 || x % 2 == 1 ? colour : colour << 4);
        ++x;
    };
    const auto nth = [&](std::uint32_t byte, std::uint32_t i) {
        return bits == 8 ? byte : i % 2 == 0 ? byte >> 4 : byte & 15;
    };
    for (std::size_t at = first;;) {
        if (at + 2 > file.size()) throw FileError(name, "a truncated BMP file");
        const std::uint32_t count = file[at], value = file[at + 1];
        at += 2;
        if (count > 0) {
            for (std::uint32_t i = 0; i < count; ++i) put(nth(value, i));
        } else if (value == 0) {
            x = 0;
            ++y;
        } else if (value == 1) {
            return plain;
        } else if (value == 2) {
            x += file[at];
            y += file[at + 1];
            at += 2;
        } else {
            const std::size_t bytes = bits == 8 ? value : (value + 1) / 2;
            if (at + bytes > file.size()) throw FileError(name, "a truncated BMP file");
            for (std::uint32_t i = 0; i < value; ++i) put(nth(file[at + (bits == 8 ? i : i / 2)], i));
            at += (bytes + 1) / 2 * 2;
        }
    }
}

/// A picture file's bytes as stb reads them: the file's own bytes, or a corrected copy.
struct CheckedImage {
    std::span<const std::byte> bytes;
    bool has_end = true;               ///< see CheckedJpeg
    std::vector<std::byte> copy = {};  ///< what `bytes` points to, if not to the file
};

/// Throws FileError unless the bytes are a PNG, JPEG or BMP file that is whole. If a JPEG file has no end marker, the
/// decoder must check whether it is whole.
inline CheckedImage check_image_file(std::span<const std::byte> bytes, const std::string& name) {
    const Bytes file(bytes);
    if (file.starts_with("\x89PNG\r\n\x1A\n")) {
        const std::size_t end = check_png(file, name);
        if (!file.starts_with("CgBI", 12)) return {bytes};
        // Apple leaves out zlib's checksum, but stb can read a code to its end only if some bytes follow it.
        CheckedImage checked{};
        append_bytes(checked.copy, bytes.first(end));
        append_big_endian(checked.copy, 4, 4);
        append_text(checked.copy,
                    std::string_view("IDAT\0\0\0\0\0\0\0\0", 12));  // stb does not read the chunk's checksum
        append_bytes(checked.copy, bytes.subspan(end));
        checked.bytes = checked.copy;
        return checked;
    }
    if (file.starts_with("\xFF\xD8")) {
        CheckedJpeg jpeg = check_jpeg(bytes, name);
        CheckedImage checked{{}, jpeg.has_end, std::move(jpeg.bytes)};
        checked.bytes = checked.copy;
        return checked;
    }
    if (file.starts_with("BM")) {
        const bool ancient = file.little32(14) == 12;
        const std::uint32_t compression = ancient ? 0 : file.little32(30);
        constexpr std::uint32_t bit_fields = 3, bit_fields_with_alpha = 6;
        if (compression != 0 && compression != bit_fields && compression != bit_fields_with_alpha) {
            CheckedImage checked{{}, true, expand_bmp(bytes, name)};
            checked.bytes = checked.copy;
            return checked;
        }
        check_bmp(file, name);
        return {bytes};
    }
    throw FileError(name, "neither a PNG nor a JPEG nor a BMP file");
}

}  // namespace depix::detail

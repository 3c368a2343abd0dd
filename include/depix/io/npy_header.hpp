// Reads NumPy's .npy header strictly, and writes it. Needs only the standard library.
//
// xtensor's own reader is not used for four reasons. It takes the header's length through signed char, so that lengths
// above 127 go wrong; it reads beyond an empty header; it allocates whatever the shape says before it looks at the
// file's size; and it needs the keys in one order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "depix/error.hpp"

namespace depix {

/// What a .npy file says about its array: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
///
///     "\x93NUMPY" | version 1.0 or 2.0 | the header's length, 2 or 4 bytes | a Python dict | the values, row-major
///     {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
struct NpyHeader {
    std::string type;                ///< "<f4", "<f8" or "|u1"
    std::vector<std::size_t> shape;  ///< () for a scalar
    std::size_t data_begin = 0;      ///< bytes before the values
};

/// NumPy's name for T: float, double or std::uint8_t.
template <class T>
constexpr std::string_view npy_type_of = std::is_same_v<T, float>    ? "<f4"
                                         : std::is_same_v<T, double> ? "<f8"
                                                                     : "|u1";

namespace detail {

/// Reads the Python dict of a .npy header from front to back.
class NpyHeaderReader {
  public:
    NpyHeaderReader(std::string_view text, const std::string& path) : text_(text), path_(path) {}

    NpyHeader read() {
        NpyHeader header;
        bool has_type = false, has_order = false, has_shape = false;
        expect("{");
        while (!accept("}")) {
            const std::string key = string();
            expect(":");
            if (key == "descr" && !has_type) {
                header.type = string();
                has_type = true;
            } else if (key == "fortran_order" && !has_order) {
                if (accept("True")) fail("holds its values in Fortran's order; save it with numpy.ascontiguousarray");
                expect("False");
                has_order = true;
            } else if (key == "shape" && !has_shape) {
                header.shape = tuple();
                has_shape = true;
            } else {
                fail("header: key '" + key + "' is unknown or comes twice");
            }
            if (accept("}")) break;
            expect(",");
        }
        skip_whitespace();
        if (position_ != text_.size()) fail("header: text after the end");
        if (!has_type || !has_order || !has_shape) fail("header: descr, fortran_order or shape is missing");
        return header;
    }

  private:
    std::vector<std::size_t> tuple() {
        std::vector<std::size_t> extents;
        expect("(");
        while (!accept(")")) {
            extents.push_back(integer());
            if (extents.size() > 32) fail("header: more than 32 dimensions");
            if (accept(")")) {
                if (extents.size() == 1) fail("header: (n) is no tuple in Python");
                break;
            }
            expect(",");
        }
        return extents;
    }
    std::size_t integer() {
        skip_whitespace();
        std::size_t value = 0;
        const std::size_t first = position_;
        for (; position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9'; ++position_) {
            const auto digit = static_cast<std::size_t>(text_[position_] - '0');
            if (value > ((std::numeric_limits<std::size_t>::max)() - digit) / 10) fail("header: an extent too large");
            value = value * 10 + digit;
        }
        if (position_ == first) fail("header: expected an extent");
        return value;
    }
    std::string string() {
        skip_whitespace();
        if (position_ == text_.size() || (text_[position_] != '\'' && text_[position_] != '"'))
            fail("header: expected a string (arrays of records are not read)");
        const char quote = text_[position_++];
        const std::size_t end = text_.find(quote, position_);
        if (end == std::string_view::npos) fail("header: a string without an end");
        const std::string value(text_.substr(position_, end - position_));
        position_ = end + 1;
        return value;
    }
    void skip_whitespace() {
        while (position_ < text_.size() && std::string_view(" \t\r\n").find(text_[position_]) != std::string_view::npos)
            ++position_;
    }
    bool accept(std::string_view token) {
        skip_whitespace();
        if (!text_.substr(position_).starts_with(token)) return false;
        position_ += token.size();
        return true;
    }
    void expect(std::string_view token) {
        if (!accept(token)) fail("header: expected " + std::string(token));
    }
    [[noreturn]] void fail(const std::string& what) const { detail::fail(FileError(path_, what)); }

    std::string_view text_;
    const std::string& path_;
    std::size_t position_ = 0;
};

}  // namespace detail

/// Reads the header and checks that exactly as many bytes of values follow as type and shape say. Throws FileError,
/// which names the file, for everything else, and for types other than '<f4', '<f8' and '|u1'.
inline NpyHeader read_npy_header(std::span<const std::byte> file, const std::string& path) {
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(file[i]); };
    if (!text.starts_with("\x93NUMPY")) detail::fail(FileError(path, "no .npy file"));
    if (file.size() < 8) detail::fail(FileError(path, "a truncated .npy file"));
    const std::size_t version = byte(6);
    if ((version != 1 && version != 2) || byte(7) != 0)
        detail::fail(FileError(path, "a .npy file of version " + std::to_string(version) + "." +
                                         std::to_string(byte(7)) + "; 1.0 and 2.0 are read"));
    const std::size_t before = version == 1 ? 10 : 12;
    if (file.size() < before) detail::fail(FileError(path, "a truncated .npy file"));
    const std::size_t length =
        version == 1 ? byte(8) | byte(9) << 8 : byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24;
    if (length > file.size() - before) detail::fail(FileError(path, "a truncated .npy file"));

    NpyHeader header = detail::NpyHeaderReader(text.substr(before, length), path).read();
    header.data_begin = before + length;
    std::size_t size = header.type == "<f4" ? 4 : header.type == "<f8" ? 8 : header.type == "|u1" ? 1 : 0;
    if (size == 0)
        detail::fail(FileError(path, "holds values of type '" + header.type + "'; '<f4', '<f8' and '|u1' are read"));
    std::size_t bound = size;  // without the zeros, since the strides are products of the others
    for (const std::size_t extent : header.shape) {
        if (extent != 0 && bound > static_cast<std::size_t>((std::numeric_limits<std::ptrdiff_t>::max)()) / extent)
            detail::fail(FileError(path, "claims more values than any memory holds"));
        bound *= extent != 0 ? extent : 1;
        size *= extent;
    }
    if (size != file.size() - header.data_begin)
        detail::fail(FileError(path, "holds " + std::to_string(file.size() - header.data_begin) +
                                         " bytes of values; its shape takes " + std::to_string(size)));
    return header;
}

/// The header of a row-major array, padded so that the values begin at a multiple of 64, as NumPy pads it.
inline std::string make_npy_header(std::string_view type, const std::vector<std::size_t>& shape) {
    std::string dict = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (";
    for (const std::size_t extent : shape) {
        if (dict.back() != '(') dict += ", ";
        dict += std::to_string(extent);
    }
    dict += shape.size() == 1 ? ",), }" : "), }";
    // 32 extents of 20 digits stay far below the 65535 bytes of version 1.0.
    dict.append(63 - (10 + dict.size()) % 64, ' ');
    dict += '\n';
    std::string header("\x93NUMPY\x01\x00", 8);
    header += static_cast<char>(static_cast<unsigned char>(dict.size() & 0xFF));
    header += static_cast<char>(static_cast<unsigned char>(dict.size() >> 8));
    return header + dict;
}

}  // namespace depix

// Reads .npy files into xtensor arrays, and writes them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#if defined(__GNUC__) || defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif
#include <xtensor/xarray.hpp>
#if defined(__GNUC__) || defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include "depix/error.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/npy_header.hpp"

namespace depix {

static_assert(std::endian::native == std::endian::little, ".npy files are read and written without swapping");

/// An array from the contents of a .npy file; see read_npy. `name` stands for the path in messages.
template <class T>
xt::xarray<T, xt::layout_type::row_major> decode_npy(std::span<const std::byte> file,
                                                     const std::string& name = "memory") {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::uint8_t>,
                  "read_npy<T>: T is float, double or std::uint8_t");
    const NpyHeader header = read_npy_header(file, name);
    if (std::is_same_v<T, std::uint8_t> && header.type != npy_type_of<T>)
        detail::fail(FileError(name, "holds values of type '" + header.type + "', asked for as '|u1'"));

    auto array = xt::xarray<T, xt::layout_type::row_major>::from_shape(header.shape);
    const std::byte* bytes = file.data() + header.data_begin;
    const auto convert = [&]<class Stored>(Stored value) {
        for (std::size_t i = 0; i < array.size(); ++i) {
            std::memcpy(&value, bytes + i * sizeof value, sizeof value);
            array.data()[i] = static_cast<T>(value);
        }
    };
    if (header.type == "<f4")
        convert(float{});
    else if (header.type == "<f8")
        convert(double{});
    else
        convert(std::uint8_t{});
    return array;
}

/// Reads a NumPy array: version 1.0 or 2.0, '<f4', '<f8' or '|u1', row-major.
///
/// T is float or double, to which every type is converted (a byte stays 0..255), or std::uint8_t, which accepts only
/// bytes. Throws FileError, which names the file, when it is missing, larger than `maximum_bytes`, malformed,
/// truncated, of another type, or in Fortran order.
template <class T = float>
xt::xarray<T, xt::layout_type::row_major> read_npy(const std::string& path,
                                                   std::size_t maximum_bytes = std::size_t{1} << 32) {
    return decode_npy<T>(read_file(path, maximum_bytes), path);
}

/// The contents of a .npy file with the values of any xtensor array or expression of float, double or std::uint8_t.
template <class Expression>
std::vector<std::byte> encode_npy(const xt::xexpression<Expression>& expression) {
    using T = std::remove_cv_t<typename Expression::value_type>;
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::uint8_t>,
                  "write_npy: the values are float, double or std::uint8_t");
    const xt::xarray<T, xt::layout_type::row_major> array = expression;  // evaluates it, in row-major order
    const std::string header =
        make_npy_header(npy_type_of<T>, std::vector<std::size_t>(array.shape().begin(), array.shape().end()));
    std::vector<std::byte> file(header.size() + array.size() * sizeof(T));
    std::memcpy(file.data(), header.data(), header.size());
    if (array.size() != 0) std::memcpy(file.data() + header.size(), array.data(), array.size() * sizeof(T));
    return file;
}

/// Writes the values to a file that numpy.load reads, whole or not at all. Throws FileError when it cannot be written.
template <class Expression>
void write_npy(const std::string& path, const xt::xexpression<Expression>& expression) {
    write_file(path, encode_npy(expression));
}

}  // namespace depix

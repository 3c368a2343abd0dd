// .npy files: depix reads what NumPy writes, refuses wrong files, and writes files that NumPy reads.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "depix/io/npy.hpp"
#include "temporary_folder.hpp"

using namespace depix;

namespace {

std::vector<std::byte> bytes_of(const std::string& text) {
    std::vector<std::byte> bytes(text.size());
    std::transform(text.begin(), text.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
    return bytes;
}

/// A file of version 1.0 or 2.0 with any header and `size` bytes of values.
std::vector<std::byte> npy(const std::string& header, std::size_t size, int version = 1) {
    std::string file = "\x93NUMPY";
    file += static_cast<char>(version);
    file += '\0';
    for (int i = 0; i < (version == 1 ? 2 : 4); ++i) file += static_cast<char>(header.size() >> (8 * i) & 0xFF);
    return bytes_of(file + header + std::string(size, '\0'));
}

template <class T = float>
std::string message_of(const std::vector<std::byte>& file) {
    try {
        decode_npy<T>(file);
    } catch (const FileError& error) {
        return error.what();
    }
    return "nothing was thrown";
}

}  // namespace

TEST_CASE_TEMPLATE("npy: round trip", T, float, double, std::uint8_t) {
    const TemporaryFolder folder;
    const std::string path = folder / "array.npy";
    xt::xarray<T> array = xt::xarray<T>::from_shape({2, 3, 4});
    for (std::size_t i = 0; i < array.size(); ++i) array.data()[i] = static_cast<T>(i * 7);
    write_npy(path, array);
    CHECK(read_npy<T>(path) == array);
    CHECK(folder.count() == 1);

    xt::xarray<T> scalar = T(5);
    write_npy(path, scalar);
    CHECK(read_npy<T>(path).dimension() == 0);
    CHECK(read_npy<T>(path)() == T(5));

    xt::xarray<T> vector = {T(1), T(2)};
    write_npy(path, vector);
    CHECK(read_npy<T>(path) == vector);

    xt::xarray<T> empty = xt::xarray<T>::from_shape({0, 3});
    write_npy(path, empty);
    CHECK(read_npy<T>(path).shape() == empty.shape());
}

TEST_CASE("npy: bytes are those of numpy.save(np.zeros((2, 3), np.float32))") {
    const std::string header =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + std::string(58, ' ') + "\n";
    CHECK(encode_npy(xt::xarray<float>(xt::zeros<float>({2, 3}))) == npy(header, 24));
}

TEST_CASE("npy: column-major arrays and expressions are brought into row-major order") {
    xt::xarray<float, xt::layout_type::column_major> columns = {{1, 2, 3}, {4, 5, 6}};
    CHECK(decode_npy<float>(encode_npy(columns)) == columns);
    CHECK(decode_npy<float>(encode_npy(columns + 1.0f)) == columns + 1.0f);
}

TEST_CASE("npy: conversions") {
    xt::xarray<std::uint8_t> bytes = {0, 128, 255};
    CHECK(decode_npy<float>(encode_npy(bytes)) == xt::xarray<float>{0, 128, 255});
    xt::xarray<double> doubles = {0.1, 1e300};
    CHECK(decode_npy<float>(encode_npy(doubles))(0) == 0.1f);
    CHECK(decode_npy<double>(encode_npy(xt::xarray<float>{0.1f}))(0) == static_cast<double>(0.1f));
    CHECK(message_of<std::uint8_t>(encode_npy(doubles)) == "memory: holds values of type '<f8', asked for as '|u1'");
}

TEST_CASE("npy: headers that are unusual and right") {
    CHECK(decode_npy<float>(npy("{'descr':'<f4','fortran_order':False,'shape':(2,)}", 8)).size() == 2);
    CHECK(decode_npy<float>(npy("{\"shape\": (2, 1,), \"fortran_order\": False, \"descr\": \"<f4\"}\n", 8)).size() ==
          2);
    // The length's lower byte is above 127; and version 2.0.
    const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
    CHECK(decode_npy<float>(npy(header + std::string(240 - header.size(), ' '), 4)).size() == 1);
    CHECK(decode_npy<float>(npy(header + std::string(70'000, ' '), 4, 2)).size() == 1);
}

TEST_CASE("npy: what is refused, and why") {
    const auto header = [](const std::string& type, const std::string& order, const std::string& shape) {
        return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
    };
    struct Row {
        std::vector<std::byte> file;
        std::string message;
    };
    const Row rows[] = {
        {bytes_of(""), "no .npy file"},
        {bytes_of("\x93NUMPY"), "truncated"},
        {npy("", 0), "expected {"},
        {npy(header("<f4", "False", "(2,)"), 8, 3), "version 3.0"},
        {npy(header("<f4", "True", "(2, 2)"), 16), "Fortran's order"},
        {npy(header(">f4", "False", "(2,)"), 8), "'>f4'"},
        {npy(header("<i8", "False", "(2,)"), 16), "'<i8'"},
        {npy(header("|O", "False", "(2,)"), 16), "'|O'"},
        {npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", 4), "records"},
        {npy(header("<f4", "False", "(2,)"), 7), "holds 7 bytes"},
        {npy(header("<f4", "False", "(2,)"), 9), "holds 9 bytes"},
        {npy(header("<f4", "False", "(2)"), 8), "no tuple"},
        {npy(header("<f4", "False", "(-2,)"), 8), "expected an extent"},
        {npy(header("<f4", "False", "(4611686018427387904, 4)"), 0), "more values than any memory"},
        {npy(header("<f4", "False", "(0, 9223372036854775807, 9223372036854775807)"), 0),
         "more values than any memory"},
        {npy(header("<f4", "False", "(99999999999999999999,)"), 0), "too large"},
        {npy(header("<f4", "False", "(1000000000000,)"), 0), "holds 0 bytes"},
        {npy("{'descr': '<f4', 'shape': (1,)}", 4), "missing"},
        {npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 4), "comes twice"},
        {npy("{'descr': '<f4', 'more': '', 'fortran_order': False, 'shape': (1,)}", 4), "unknown"},
        {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", 4), "after the end"},
        {npy("{'descr': '<f4", 0), "without an end"},
    };
    for (const Row& row : rows) {
        const std::string message = message_of(row.file);
        CAPTURE(row.message);
        CAPTURE(message);
        CHECK(message.starts_with("memory: "));
        CHECK(message.find(row.message) != std::string::npos);
    }
    CHECK_THROWS_AS(read_npy("no/such/file.npy"), FileError);
    CHECK_THROWS_AS(write_npy("no/such/file.npy", xt::xarray<float>{1}), FileError);
}

TEST_CASE("npy: a limit on the size") {
    const TemporaryFolder folder;
    const std::string path = folder / "array.npy";
    write_npy(path, xt::xarray<float>{1, 2});
    CHECK(read_npy(path, 136).size() == 2);
    CHECK_THROWS_AS(read_npy(path, 135), FileError);
}

TEST_CASE("npy: cut at every byte, every byte changed: loads or throws, and never crashes") {
    xt::xarray<float> array = {{1, 2}, {3, 4}};
    const std::vector<std::byte> file = encode_npy(array);
    for (std::size_t size = 0; size < file.size(); ++size)
        CHECK_THROWS_AS(decode_npy<float>(std::span(file).first(size)), FileError);
    for (std::size_t i = 0; i < file.size(); ++i)
        for (int value = 0; value < 256; ++value) {
            std::vector<std::byte> changed = file;
            changed[i] = static_cast<std::byte>(value);
            try {
                decode_npy<float>(changed);
            } catch (const FileError&) {
            }
        }
}

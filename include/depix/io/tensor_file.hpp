// TensorFile: the named tensors that a file of any format holds. Every reader of weights gives one.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/data_type.hpp"

namespace depix {

static_assert(std::endian::native == std::endian::little, "weight files are little-endian, and read without swapping");

/// "(16, 3, 3, 3)", as PyTorch writes the shape of a tensor; "()" is a scalar.
inline std::string to_string(const std::vector<std::size_t>& shape) {
    std::string text = "(";
    for (const std::size_t extent : shape) {
        if (text.size() > 1) text += ", ";
        text += std::to_string(extent);
    }
    return text + ")";
}

/// The product of the extents (1 for a scalar); no value if it does not fit into std::size_t.
inline std::optional<std::size_t> element_count(const std::vector<std::size_t>& shape) {
    std::size_t count = 1;
    for (const std::size_t extent : shape) {
        if (extent != 0 && count > (std::numeric_limits<std::size_t>::max)() / extent) return std::nullopt;
        count *= extent;
    }
    return count;
}

/// The number of bytes of a dense tensor; no value if it does not fit into std::size_t, or if the type is Other.
inline std::optional<std::size_t> byte_count(DataType type, const std::vector<std::size_t>& shape) {
    const std::optional<std::size_t> count = element_count(shape);
    const std::size_t size = info(type).size;
    if (type == DataType::Other || !count || *count > (std::numeric_limits<std::size_t>::max)() / size)
        return std::nullopt;
    return *count * size;
}

/// Named tensors, whole in memory, each dense and row-major. The bytes of all of them lie in one buffer.
///
/// A reader fills it by `add`, which copies a tensor's bytes into the buffer; or it hands over the file's own bytes by
/// `take_bytes`, and says by `add_in_place` where in them a tensor lies. Integers that DataType does not list are
/// widened to I64 by the reader, and booleans are U8; a tensor of any other type is listed as Other, and its values
/// cannot be read. All functions that throw throw FileError, which names the file and the tensor.
struct TensorFile {
    struct Entry {
        DataType dtype = DataType::F32;
        std::vector<std::size_t> shape;
        std::size_t begin = 0;  ///< of its bytes in the buffer
        std::size_t end = 0;
    };

    std::string path;                             ///< for messages
    std::string format;                           ///< "safetensors", "PyTorch", "ncnn", "ONNX", ...
    std::map<std::string, std::string> metadata;  ///< what the file says besides its tensors, or what the reader chose
    std::vector<std::string> names;               ///< in the order of the file
    std::map<std::string, Entry> entries;         ///< the same tensors, by name

    TensorFile() = default;
    TensorFile(std::string path_for_messages, std::string format_name)
        : path(std::move(path_for_messages)), format(std::move(format_name)) {}

    /// Appends a tensor and copies its bytes. Throws when the name is taken, or when `bytes` is not as long as type and
    /// shape say.
    void add(const std::string& name, DataType dtype, std::vector<std::size_t> shape,
             std::span<const std::byte> bytes) {
        const std::size_t begin = bytes_.size();
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        add_in_place(name, dtype, std::move(shape), begin, begin + bytes.size());
    }

    /// Takes over the bytes of a whole file, before any tensor is added.
    void take_bytes(std::vector<std::byte> bytes) {
        if (!names.empty()) detail::fail(FileError(path, "bytes handed over after tensors were added"));
        bytes_ = std::move(bytes);
    }

    /// Appends a tensor whose bytes are [begin, end) of the buffer. Several tensors may share bytes. Throws as `add`.
    void add_in_place(const std::string& name, DataType dtype, std::vector<std::size_t> shape, std::size_t begin,
                      std::size_t end) {
        if (begin > end || end > bytes_.size())
            fail(name, "its bytes are " + std::to_string(begin) + " to " + std::to_string(end) + " of " +
                           std::to_string(bytes_.size()));
        if (dtype != DataType::Other && byte_count(dtype, shape) != end - begin)
            fail(name, "has " + std::to_string(end - begin) + " bytes, which is not what shape " + to_string(shape) +
                           " of " + std::string(info(dtype).name) + " takes");
        if (!entries.emplace(name, Entry{dtype, std::move(shape), begin, end}).second) fail(name, "comes twice");
        names.push_back(name);
    }

    bool contains(const std::string& name) const { return entries.contains(name); }

    /// Throws FileError when there is no such tensor, as all functions below do.
    const Entry& entry(const std::string& name) const {
        const auto found = entries.find(name);
        if (found == entries.end()) detail::fail(FileError(path, "no tensor is called \"" + name + "\""));
        return found->second;
    }
    const std::vector<std::size_t>& shape(const std::string& name) const { return entry(name).shape; }

    /// The stored bytes, dense and row-major, of the entry's type.
    std::span<const std::byte> bytes(const std::string& name) const {
        const Entry& found = entry(name);
        return std::span(bytes_).subspan(found.begin, found.end - found.begin);
    }

    /// The values, row-major. T is float or double (from F64, F32, F16 or BF16; rounded to nearest where T is
    /// narrower), or std::int64_t, std::uint8_t, std::int8_t or std::int32_t (from I64, U8, I8 or I32). Throws
    /// FileError for other pairs. NaN and infinity are kept.
    template <FileValue T>
    std::vector<T> values(const std::string& name) const {
        require_converts<T>(name);  // the shape of another type may be of any size
        std::vector<T> result(*element_count(shape(name)));
        copy_values<T>(name, result);
        return result;
    }

    /// The same, into the caller's memory. `destination` must have exactly as many elements as the tensor.
    template <FileValue T>
    void copy_values(const std::string& name, std::span<T> destination) const {
        const Entry& source = entry(name);
        require_converts<T>(name);
        if (destination.size() != *element_count(source.shape))
            fail(name, "has shape " + to_string(source.shape) + ", asked for as " + std::to_string(destination.size()) +
                           " values");
        const std::byte* bytes = bytes_.data() + source.begin;
        if (source.dtype == data_type_of<T>) {
            if (!destination.empty()) std::memcpy(destination.data(), bytes, destination.size_bytes());
        } else if constexpr (std::is_floating_point_v<T>) {
            switch (source.dtype) {
                case DataType::F64:
                    convert<double>(bytes, destination, [](double x) { return x; });
                    break;
                case DataType::F32:
                    convert<float>(bytes, destination, [](float x) { return x; });
                    break;
                case DataType::F16:
                    convert<std::uint16_t>(bytes, destination, Float16::decode);
                    break;
                case DataType::BF16:
                    convert<std::uint16_t>(bytes, destination, BFloat16::decode);
                    break;
                case DataType::I64:
                case DataType::U8:
                case DataType::I8:
                case DataType::I32:
                case DataType::Other:
                    break;  // converts_to has refused them
            }
        }
    }

  protected:
    [[noreturn]] void fail(const std::string& name, const std::string& what) const {
        detail::fail(FileError(path, "tensor \"" + name + "\": " + what));
    }
    std::span<const std::byte> buffer() const { return bytes_; }

  private:
    template <FileValue T>
    void require_converts(const std::string& name) const {
        const DataType stored = entry(name).dtype;
        if (!converts_to<T>(stored))
            fail(name, "stored as " + std::string(info(stored).name) + ", asked for as " +
                           std::string(info(data_type_of<T>).name));
    }
    template <class Stored, class T, class Decode>
    static void convert(const std::byte* bytes, std::span<T> destination, Decode decode) {
        for (T& value : destination) {
            Stored stored;
            std::memcpy(&stored, bytes, sizeof stored);  // a tensor may lie at any address
            value = static_cast<T>(decode(stored));
            bytes += sizeof stored;
        }
    }

    std::vector<std::byte> bytes_;
};

}  // namespace depix

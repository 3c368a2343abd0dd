// SafetensorsFile: reads a file of named tensors, and checks everything in it.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/data_type.hpp"
#include "depix/io/json.hpp"

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

/// A file of named tensors, whole in memory: https://github.com/huggingface/safetensors.
///
///     8 bytes: the header's length N, little-endian | N bytes: JSON, padded with spaces | the tensors' bytes
///     {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [6, 3], "data_offsets": [0, 72]}, ...}
///
/// It accepts only files in which N is at most 100 MB and inside the file, the text is UTF-8, and there is no key twice
/// and no key but those above. Offsets must begin at 0, leave no gap, not overlap and end with the file; sizes must
/// equal shape times type. All else is a FileError that names the file and the tensor. Tensors of a type that depix
/// does not read are listed, but their values cannot be read.
struct SafetensorsFile {
    struct Entry {
        DataType dtype = DataType::F32;
        std::vector<std::size_t> shape;
        std::size_t begin = 0;  ///< of its bytes, counted from the end of the header
        std::size_t end = 0;
    };

    static constexpr std::size_t maximum_header_bytes = 100'000'000;

    std::string path;  ///< for messages
    std::map<std::string, std::string> metadata;
    std::map<std::string, Entry> entries;

    /// Throws FileError when the file cannot be read, is larger than `maximum_bytes`, or is malformed.
    static SafetensorsFile read(const std::string& path, std::size_t maximum_bytes = std::size_t{1} << 32) {
        return parse(read_file(path, maximum_bytes), path);
    }

    /// The same, from memory; `name` stands for the path in messages.
    static SafetensorsFile parse(std::vector<std::byte> bytes, std::string name = "memory") {
        SafetensorsFile file;
        file.path = std::move(name);
        file.bytes_ = std::move(bytes);
        file.read_header();
        file.check_offsets();
        return file;
    }

    bool contains(const std::string& name) const { return entries.contains(name); }

    /// Throws FileError when there is no such tensor, as all functions below do.
    const Entry& entry(const std::string& name) const {
        const auto found = entries.find(name);
        if (found == entries.end()) detail::fail(FileError(path, "no tensor is called \"" + name + "\""));
        return found->second;
    }
    const std::vector<std::size_t>& shape(const std::string& name) const { return entry(name).shape; }

    /// The values, row-major. T is float or double (from F64, F32, F16 or BF16; rounded to nearest where T is
    /// narrower), std::int64_t (from I64) or std::uint8_t (from U8). Throws FileError for other pairs. NaN and infinity
    /// are kept.
    template <FileValue T>
    std::vector<T> values(const std::string& name) const {
        std::vector<T> result(*element_count(shape(name)));
        copy_values<T>(name, result);
        return result;
    }

    /// The same, into the caller's memory. `destination` must have exactly as many elements as the tensor.
    template <FileValue T>
    void copy_values(const std::string& name, std::span<T> destination) const {
        const Entry& source = entry(name);
        if (!converts_to<T>(source.dtype))
            detail::fail(FileError(path, "tensor \"" + name + "\": stored as " + std::string(info(source.dtype).name) +
                                             ", asked for as " + std::string(info(data_type_of<T>).name)));
        if (destination.size() != *element_count(source.shape))
            detail::fail(FileError(path, "tensor \"" + name + "\": has shape " + to_string(source.shape) +
                                             ", asked for as " + std::to_string(destination.size()) + " values"));
        const std::byte* bytes = bytes_.data() + data_begin_ + source.begin;
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
                case DataType::Other:
                    break;  // converts_to has refused them
            }
        }
    }

  private:
    template <class Stored, class T, class Decode>
    static void convert(const std::byte* bytes, std::span<T> destination, Decode decode) {
        for (T& value : destination) {
            Stored stored;
            std::memcpy(&stored, bytes, sizeof stored);  // a tensor may lie at any address
            value = static_cast<T>(decode(stored));
            bytes += sizeof stored;
        }
    }

    // The files that are most often mistaken for safetensors files.
    void refuse_other_kinds() const {
        const std::string_view text(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
        const auto refuse = [this](const char* what) {
            detail::fail(FileError(path, std::string("no safetensors file: ") + what));
        };
        constexpr const char* convert =
            "; in Python, save_file(torch.load(path, map_location=\"cpu\"), \"weights.safetensors\") of "
            "safetensors.torch makes one";
        if (text.starts_with("version https://git-lfs"))
            refuse("a Git LFS pointer, which stands for the file; `git lfs pull` fetches it");
        if (text.starts_with("PK\x03\x04") || text.starts_with("\x80\x02") || text.starts_with("\x80\x04"))
            refuse((std::string("a file of PyTorch's (.pth, .pt, .ckpt)") + convert).c_str());
        if (text.starts_with("\x89HDF")) refuse("an HDF5 file, such as Keras writes");
        if (text.starts_with("GGUF")) refuse("a GGUF file");
        if (text.starts_with("<")) refuse("a web page, or XML: perhaps the answer of a server that has no such file");
    }

    void read_header() {
        std::uint64_t length = 0;
        if (bytes_.size() < sizeof length) detail::fail(FileError(path, "too short to be a safetensors file"));
        std::memcpy(&length, bytes_.data(), sizeof length);
        // This is checked only if the file cannot be a safetensors file, because a header's length may begin with any
        // bytes.
        if (length > bytes_.size() - sizeof length) refuse_other_kinds();
        if (length > maximum_header_bytes)
            detail::fail(FileError(path, "no safetensors file, or a damaged one: it claims a header of " +
                                             std::to_string(length) + " bytes; the limit is 100 MB"));
        if (length > bytes_.size() - sizeof length)
            detail::fail(FileError(path, "no safetensors file, or a damaged one: it claims a header of " +
                                             std::to_string(length) + " bytes, but holds only " +
                                             std::to_string(bytes_.size())));
        data_begin_ = std::size_t{sizeof length} + length;
        const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + sizeof length, length);
        if (!text.starts_with('{'))
            detail::fail(FileError(path, "no safetensors file: the header does not begin with '{'"));

        JsonReader reader(text, path);
        reader.object([&](const std::string& name) {
            reader.context = "tensor \"" + name + "\": ";
            if (name == "__metadata__") {
                reader.object([&](const std::string& key) { metadata[key] = reader.string(); });
            } else {
                entries[name] = read_entry(reader);
            }
            reader.context.clear();
        });
        reader.end();
    }

    static Entry read_entry(JsonReader& reader) {
        Entry entry;
        std::vector<std::size_t> offsets;
        bool has_type = false, has_shape = false;
        const auto append_integer = [&reader](std::vector<std::size_t>& list) {
            const std::uint64_t value = reader.integer();
            if (value > (std::numeric_limits<std::size_t>::max)()) reader.fail("a number too large for this machine");
            list.push_back(value);
        };
        reader.object([&](const std::string& key) {
            if (key == "dtype") {
                const std::string type_name = reader.string();
                if (type_name.empty()) reader.fail("a type without a name");
                entry.dtype = data_type_called(type_name).value_or(DataType::Other);
                has_type = true;
            } else if (key == "shape") {
                reader.array([&] { append_integer(entry.shape); });
                has_shape = true;
            } else if (key == "data_offsets") {
                reader.array([&] { append_integer(offsets); });
                if (offsets.size() != 2) reader.fail("data_offsets must be two numbers");
            } else {
                reader.fail("unknown key \"" + key + "\"");
            }
        });
        if (!has_type || !has_shape || offsets.empty()) reader.fail("dtype, shape or data_offsets is missing");
        entry.begin = offsets[0];
        entry.end = offsets[1];
        return entry;
    }

    void check_offsets() const {
        std::vector<const std::pair<const std::string, Entry>*> ordered;
        for (const auto& item : entries) ordered.push_back(&item);
        std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) {
            return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
        });
        const std::size_t available = bytes_.size() - data_begin_;
        std::size_t expected = 0;
        for (const auto* item : ordered) {
            const std::string& name = item->first;  // no structured binding: clang's lambdas cannot capture one here
            const Entry& tensor = item->second;
            const std::string offsets = std::to_string(tensor.begin) + " to " + std::to_string(tensor.end);
            const auto fail = [&](const std::string& what) {
                detail::fail(FileError(path, "tensor \"" + name + "\": " + what));
            };
            if (tensor.begin != expected)
                fail("its bytes are " + offsets + ", but the tensor before it ends at " + std::to_string(expected));
            if (tensor.end < tensor.begin || tensor.end > available)
                fail("its bytes are " + offsets + ", but the file holds " + std::to_string(available));
            const std::optional<std::size_t> count = element_count(tensor.shape);
            const std::size_t size = info(tensor.dtype).size;
            expected = tensor.end;
            if (tensor.dtype == DataType::Other) continue;  // whose size is not known
            if (!count || *count > (std::numeric_limits<std::size_t>::max)() / size ||
                *count * size != tensor.end - tensor.begin)
                fail("has " + std::to_string(tensor.end - tensor.begin) + " bytes, which is not what shape " +
                     to_string(tensor.shape) + " of " + std::string(info(tensor.dtype).name) + " takes");
        }
        if (expected != available)
            detail::fail(
                FileError(path, std::to_string(available - expected) + " bytes are left over after the tensors"));
    }

    std::vector<std::byte> bytes_;  // the whole file
    std::size_t data_begin_ = 0;
};

}  // namespace depix

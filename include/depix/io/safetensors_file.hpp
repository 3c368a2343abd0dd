// SafetensorsFile: reads a file of named tensors, and checks everything in it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/data_type.hpp"
#include "depix/io/json.hpp"
#include "depix/io/tensor_file.hpp"

namespace depix {

namespace detail {

/// What a file is that is often mistaken for a safetensors file, and what to do; "" if it is none of these.
inline std::string foreign_kind(std::span<const std::byte> file) {
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    if (text.starts_with("version https://git-lfs"))
        return "a Git LFS pointer, which stands for the file; `git lfs pull` fetches it";
    if (text.starts_with("PK\x03\x04") || text.starts_with("\x80\x02") || text.starts_with("\x80\x04"))
        return "a file of PyTorch's (.pth, .pt, .ckpt); a program that includes depix/io/weights_file.hpp reads it; or "
               "in Python, save_file(torch.load(path, map_location=\"cpu\"), \"weights.safetensors\") of "
               "safetensors.torch makes one";
    if (text.starts_with("\x89HDF")) return "an HDF5 file, such as Keras writes";
    if (text.starts_with("GGUF")) return "a GGUF file";
    if (text.starts_with("<")) return "a web page, or XML: perhaps the answer of a server that has no such file";
    return "";
}

}  // namespace detail

/// A file of named tensors, whole in memory: https://github.com/huggingface/safetensors.
///
///     8 bytes: the header's length N, little-endian | N bytes: JSON, padded with spaces | the tensors' bytes
///     {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [6, 3], "data_offsets": [0, 72]}, ...}
///
/// It accepts only files in which N is at most 100 MB and inside the file, the text is UTF-8, and there is no key twice
/// and no key but those above. Offsets must begin at 0, leave no gap, not overlap and end with the file; sizes must
/// equal shape times type. All else is a FileError that names the file and the tensor. Tensors of a type that depix
/// does not read are listed, but their values cannot be read.
struct SafetensorsFile : TensorFile {
    static constexpr std::size_t maximum_header_bytes = 100'000'000;

    /// Throws FileError when the file cannot be read, is larger than `maximum_bytes`, or is malformed.
    static SafetensorsFile read(const std::string& path, std::size_t maximum_bytes = std::size_t{1} << 32) {
        return parse(read_file(path, maximum_bytes), path);
    }

    /// The same, from memory; `name` stands for the path in messages.
    static SafetensorsFile parse(std::vector<std::byte> bytes, std::string name = "memory") {
        SafetensorsFile file;
        file.path = std::move(name);
        file.format = "safetensors";
        file.take_bytes(std::move(bytes));
        file.read_header();
        return file;
    }

  private:
    void read_header() {
        std::uint64_t length = 0;
        if (buffer().size() < sizeof length) detail::fail(FileError(path, "too short to be a safetensors file"));
        std::memcpy(&length, buffer().data(), sizeof length);
        // This is checked only if the file cannot be a safetensors file, because a header's length may begin with any
        // bytes.
        if (length > buffer().size() - sizeof length)
            if (const std::string kind = detail::foreign_kind(buffer()); !kind.empty())
                detail::fail(FileError(path, "no safetensors file: " + kind));
        if (length > maximum_header_bytes)
            detail::fail(FileError(path, "no safetensors file, or a damaged one: it claims a header of " +
                                             std::to_string(length) + " bytes; the limit is 100 MB"));
        if (length > buffer().size() - sizeof length)
            detail::fail(FileError(path, "no safetensors file, or a damaged one: it claims a header of " +
                                             std::to_string(length) + " bytes, but holds only " +
                                             std::to_string(buffer().size())));
        const std::size_t data_begin = std::size_t{sizeof length} + length;
        const std::string_view text(reinterpret_cast<const char*>(buffer().data()) + sizeof length, length);
        if (!text.starts_with('{'))
            detail::fail(FileError(path, "no safetensors file: the header does not begin with '{'"));

        std::vector<std::pair<std::string, Entry>> tensors;  // in the order of the header
        JsonReader reader(text, path);
        reader.object([&](const std::string& name) {
            reader.context = "tensor \"" + name + "\": ";
            if (name == "__metadata__") {
                reader.object([&](const std::string& key) { metadata[key] = reader.string(); });
            } else {
                tensors.emplace_back(name, read_entry(reader));
            }
            reader.context.clear();
        });
        reader.end();
        check_offsets(tensors, buffer().size() - data_begin);
        for (auto& [name, tensor] : tensors)
            add_in_place(name, tensor.dtype, std::move(tensor.shape), data_begin + tensor.begin,
                         data_begin + tensor.end);
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

    /// Throws where the tensors' bytes, counted from the end of the header, do not fill the rest of the file exactly.
    void check_offsets(const std::vector<std::pair<std::string, Entry>>& tensors, std::size_t available) const {
        std::vector<const std::pair<std::string, Entry>*> ordered;
        for (const auto& item : tensors) ordered.push_back(&item);
        std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) {
            return std::tie(a->second.begin, a->second.end, a->first) <
                   std::tie(b->second.begin, b->second.end, b->first);
        });
        std::size_t expected = 0;
        for (const auto* item : ordered) {
            const auto& [name, tensor] = *item;
            const std::string offsets = std::to_string(tensor.begin) + " to " + std::to_string(tensor.end);
            if (tensor.begin != expected)
                fail(name,
                     "its bytes are " + offsets + ", but the tensor before it ends at " + std::to_string(expected));
            if (tensor.end < tensor.begin || tensor.end > available)
                fail(name, "its bytes are " + offsets + ", but the file holds " + std::to_string(available));
            expected = tensor.end;
            if (tensor.dtype != DataType::Other && byte_count(tensor.dtype, tensor.shape) != tensor.end - tensor.begin)
                fail(name, "has " + std::to_string(tensor.end - tensor.begin) + " bytes, which is not what shape " +
                               to_string(tensor.shape) + " of " + std::string(info(tensor.dtype).name) + " takes");
        }
        if (expected != available)
            detail::fail(
                FileError(path, std::to_string(available - expected) + " bytes are left over after the tensors"));
    }
};

}  // namespace depix

// SafetensorsWriter: gathers named tensors and writes them as one safetensors file.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/io/safetensors_file.hpp"

namespace depix {

/// Gathers tensors, then writes the file whole or not at all. The same calls give the same bytes.
///
///     SafetensorsWriter writer;
///     writer.metadata["epoch"] = "7";
///     writer.add("encoder.0.bias", {6}, bias, DataType::F16);
///     writer.write("weights.safetensors");
///
/// In the file the widest types come first; otherwise the order is that of the calls. Every tensor then lies at a
/// multiple of its element's size, which PyTorch and NumPy need in order to map it without a copy.
class SafetensorsWriter {
  public:
    std::map<std::string, std::string> metadata;

    /// Adds a copy of a tensor; `values` are row-major and as many as `shape` says. Floating-point values can be stored
    /// as any floating type, rounded to nearest, ties to even; integers only as their own type. Throws Error for a name
    /// that is taken or is not UTF-8, for values that do not fill the shape, and for a type that cannot hold them.
    void add(const std::string& name, std::vector<std::size_t> shape, std::span<const float> values,
             DataType dtype = DataType::F32) {
        add_values(name, std::move(shape), values, dtype);
    }
    void add(const std::string& name, std::vector<std::size_t> shape, std::span<const double> values,
             DataType dtype = DataType::F64) {
        add_values(name, std::move(shape), values, dtype);
    }
    void add(const std::string& name, std::vector<std::size_t> shape, std::span<const std::int64_t> values) {
        add_values(name, std::move(shape), values, DataType::I64);
    }
    void add(const std::string& name, std::vector<std::size_t> shape, std::span<const std::uint8_t> values) {
        add_values(name, std::move(shape), values, DataType::U8);
    }
    void add(const std::string& name, std::vector<std::size_t> shape, std::span<const std::int8_t> values) {
        add_values(name, std::move(shape), values, DataType::I8);
    }
    void add(const std::string& name, std::vector<std::size_t> shape, std::span<const std::int32_t> values) {
        add_values(name, std::move(shape), values, DataType::I32);
    }

    /// The file's contents.
    std::vector<std::byte> bytes() const {
        std::vector<const Tensor*> ordered;
        for (const Tensor& tensor : tensors_) ordered.push_back(&tensor);
        std::stable_sort(ordered.begin(), ordered.end(),
                         [](const Tensor* a, const Tensor* b) { return info(a->dtype).size > info(b->dtype).size; });

        std::size_t data_size = 0;
        const std::string header = make_header(ordered, data_size);
        const std::uint64_t length = header.size();

        std::vector<std::byte> result(sizeof length + header.size() + data_size);
        std::byte* place = result.data();
        const auto append = [&place](const void* source, std::size_t size) {
            if (size != 0) std::memcpy(place, source, size);
            place += size;
        };
        append(&length, sizeof length);
        append(header.data(), header.size());
        for (const Tensor* tensor : ordered) append(tensor->bytes.data(), tensor->bytes.size());
        return result;
    }

    /// Throws FileError when the file cannot be written; an older file is then still there.
    void write(const std::string& path) const { write_file(path, bytes()); }

  private:
    struct Tensor {
        std::string name;
        std::vector<std::size_t> shape;
        DataType dtype;
        std::vector<std::byte> bytes;
    };

    template <class T>
    void add_values(const std::string& name, std::vector<std::size_t> shape, std::span<const T> values,
                    DataType dtype) {
        const std::string label = "tensor \"" + name + "\"";
        if (element_count(shape) != values.size())
            detail::fail(
                ShapeError(label + ": " + std::to_string(values.size()) + " values for shape " + to_string(shape)));
        if (!converts_to<T>(dtype))
            detail::fail(Error(label + ": " + std::string(info(data_type_of<T>).name) + " values cannot be stored as " +
                               std::string(info(dtype).name)));
        if (!is_utf8(name)) detail::fail(Error(label + ": the name is not UTF-8"));
        if (name == "__metadata__") detail::fail(Error(label + ": the name is reserved"));
        if (!names_.insert(name).second) detail::fail(Error(label + ": added twice"));

        std::vector<std::byte> bytes(values.size() * info(dtype).size);
        if (dtype == data_type_of<T>) {
            if (!values.empty()) std::memcpy(bytes.data(), values.data(), values.size_bytes());
        } else if constexpr (std::is_floating_point_v<T>) {
            switch (dtype) {
                case DataType::F64:
                    convert(values, bytes, [](T x) { return static_cast<double>(x); });
                    break;
                case DataType::F32:
                    convert(values, bytes, [](T x) { return static_cast<float>(x); });
                    break;
                case DataType::F16:
                    convert(values, bytes, [](T x) { return Float16::encode(static_cast<double>(x)); });
                    break;
                case DataType::BF16:
                    convert(values, bytes, [](T x) { return BFloat16::encode(static_cast<double>(x)); });
                    break;
                case DataType::I64:
                case DataType::U8:
                case DataType::I8:
                case DataType::I32:
                case DataType::Other:
                    break;  // converts_to has refused them
            }
        }
        tensors_.push_back({name, std::move(shape), dtype, std::move(bytes)});
    }

    template <class T, class Encode>
    static void convert(std::span<const T> values, std::vector<std::byte>& bytes, Encode encode) {
        std::byte* place = bytes.data();
        for (const T value : values) {
            const auto stored = encode(value);
            std::memcpy(place, &stored, sizeof stored);
            place += sizeof stored;
        }
    }

    /// The header, padded with spaces so that the tensors begin at a multiple of 8. On return `offset` is their total
    /// size.
    std::string make_header(const std::vector<const Tensor*>& ordered, std::size_t& offset) const {
        std::string header = "{";
        if (!metadata.empty()) {
            header += "\"__metadata__\":{";
            for (const auto& [key, text] : metadata) {
                if (!is_utf8(key) || !is_utf8(text)) detail::fail(Error("metadata \"" + key + "\" is not UTF-8"));
                if (header.back() != '{') header += ',';
                header += json_string(key) + ":" + json_string(text);
            }
            header += '}';
        }
        for (const Tensor* tensor : ordered) {
            if (header.size() > 1) header += ',';
            header +=
                json_string(tensor->name) + ":{\"dtype\":\"" + std::string(info(tensor->dtype).name) + "\",\"shape\":[";
            for (const std::size_t extent : tensor->shape) {
                if (header.back() != '[') header += ',';
                header += std::to_string(extent);
            }
            header += "],\"data_offsets\":[" + std::to_string(offset) + ",";
            offset += tensor->bytes.size();
            header += std::to_string(offset) + "]}";
        }
        header += '}';
        header.append((8 - header.size() % 8) % 8, ' ');
        if (header.size() > SafetensorsFile::maximum_header_bytes)
            detail::fail(Error("a safetensors header above 100 MB"));
        return header;
    }

    std::vector<Tensor> tensors_;
    std::set<std::string> names_;
};

}  // namespace depix

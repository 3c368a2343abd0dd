// OnnxTensor: a tensor of an ONNX file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/half.hpp"
#include "depix/io/protobuf.hpp"
#include "depix/io/tensor_file.hpp"

namespace depix {

/// A tensor of an ONNX file. Its values are floats (stored as float, double, float16 or bfloat16) or integers (of 16
/// bits or more, or bool).
struct OnnxTensor {
    std::string name;
    std::vector<std::size_t> shape;
    bool is_integer = false;
    std::vector<float> floats;
    std::vector<std::int64_t> integers;
};

namespace detail {

// TensorProto's data types, by their numbers.
enum OnnxType : std::int64_t {
    onnx_float = 1,
    onnx_uint16 = 4,
    onnx_int16 = 5,
    onnx_int32 = 6,
    onnx_int64 = 7,
    onnx_bool = 9,
    onnx_float16 = 10,
    onnx_double = 11,
    onnx_uint32 = 12,
    onnx_uint64 = 13,
    onnx_bfloat16 = 16
};

/// Its bytes for one value; 0 if it is not read.
constexpr std::size_t onnx_type_size(std::int64_t type) {
    switch (type) {
        case onnx_bool:
            return 1;
        case onnx_uint16:
        case onnx_int16:
        case onnx_float16:
        case onnx_bfloat16:
            return 2;
        case onnx_float:
        case onnx_int32:
        case onnx_uint32:
            return 4;
        case onnx_int64:
        case onnx_uint64:
        case onnx_double:
            return 8;
        default:
            return 0;
    }
}
constexpr bool is_onnx_real(std::int64_t type) {
    return type == onnx_float || type == onnx_double || type == onnx_float16 || type == onnx_bfloat16;
}
constexpr const char* onnx_type_name(std::int64_t type) {
    constexpr const char* names[] = {"undefined", "float",  "uint8",     "int8",       "uint16",   "int16",
                                     "int32",     "int64",  "string",    "bool",       "float16",  "double",
                                     "uint32",    "uint64", "complex64", "complex128", "bfloat16", "float8"};
    return names[type < 0 || type > 17 ? 17 : type];
}

/// Values as they lie in memory.
inline void read_raw_onnx(OnnxTensor& tensor, std::int64_t type, std::span<const std::byte> raw) {
    const std::size_t size = onnx_type_size(type), count = raw.size() / size;
    const auto convert = [&]<class Stored>(Stored, auto&& append) {
        for (std::size_t i = 0; i < count; ++i) {
            Stored stored;
            std::memcpy(&stored, raw.data() + i * size, sizeof stored);
            append(stored);
        }
    };
    const auto real = [&](auto value) { tensor.floats.push_back(static_cast<float>(value)); };
    const auto whole = [&](auto value) { tensor.integers.push_back(static_cast<std::int64_t>(value)); };
    tensor.is_integer ? tensor.integers.reserve(count) : tensor.floats.reserve(count);
    switch (type) {
        case onnx_float:
            return convert(float{}, real);
        case onnx_double:
            return convert(double{}, real);
        case onnx_float16:
            return convert(std::uint16_t{},
                           [&](std::uint16_t bits) { tensor.floats.push_back(Float16::decode(bits)); });
        case onnx_bfloat16:
            return convert(std::uint16_t{},
                           [&](std::uint16_t bits) { tensor.floats.push_back(BFloat16::decode(bits)); });
        case onnx_bool:
            return convert(std::uint8_t{}, whole);
        case onnx_int16:
            return convert(std::int16_t{}, whole);
        case onnx_uint16:
            return convert(std::uint16_t{}, whole);
        case onnx_int32:
            return convert(std::int32_t{}, whole);
        case onnx_uint32:
            return convert(std::uint32_t{}, whole);
        default:
            return convert(std::int64_t{}, whole);
    }
}

/// Reads a TensorProto. Throws FileError, with `path`, for what OnnxFile says is refused.
inline OnnxTensor read_onnx_tensor(std::span<const std::byte> bytes, const std::string& path) {
    OnnxTensor result;
    std::int64_t type = 0, location = 0;
    std::string external;
    std::span<const std::byte> raw;
    bool has_raw = false;
    // The type may come after the values, so it is looked for first.
    for (ProtobufReader reader(bytes, path); reader.next();) {
        if (reader.field.number == 2) type = reader.integer();
        if (reader.field.number == 8) result.name = reader.text();
        if (reader.field.number == 14) location = reader.integer();
        if (reader.field.number == 13)
            for (ProtobufReader entry(reader.message(), path); entry.next();)
                if (entry.field.number == 2 && external.empty()) external = entry.text();
    }
    const auto fail = [&](const std::string& what) { detail::fail(FileError(path, what)); };
    const std::string label = "tensor \"" + result.name + "\" ";
    if (location != 0 || !external.empty())
        fail(label + "lies in another file (" + external +
             "), which is not read; in Python, onnx.save(onnx.load(path), "
             "\"one.onnx\") makes one file");
    if (onnx_type_size(type) == 0)
        fail(label + "is of type " + onnx_type_name(type) + ", which is not read (quantized networks are not)");
    result.is_integer = !is_onnx_real(type);
    const auto half = [&](std::int64_t bits) {
        const auto low = static_cast<std::uint16_t>(bits & 0xFFFF);
        return type == onnx_bfloat16 ? BFloat16::decode(low) : Float16::decode(low);
    };
    for (ProtobufReader reader(bytes, path); reader.next();) {
        switch (reader.field.number) {
            case 1:
                reader.integers([&](std::int64_t extent) {
                    if (extent < 0 || result.shape.size() == 8) fail(label + "has a negative size, or more than 8");
                    result.shape.push_back(static_cast<std::size_t>(extent));
                });
                break;
            case 4:
                reader.reals<float>([&](float value) { result.floats.push_back(value); });
                break;
            case 5:
            case 7:
            case 11:
                reader.integers([&](std::int64_t value) {
                    if (result.is_integer)
                        result.integers.push_back(value);
                    else if (type != onnx_float16 && type != onnx_bfloat16)
                        fail(label + "has integers for values of type " + onnx_type_name(type));
                    else
                        result.floats.push_back(half(value));  // halves are stored among the integers
                });
                break;
            case 9:
                raw = reader.message();
                has_raw = true;
                break;
            case 10:
                reader.reals<double>([&](double value) { result.floats.push_back(static_cast<float>(value)); });
                break;
            default:
                break;
        }
    }
    if (has_raw) {
        if (!result.floats.empty() || !result.integers.empty()) fail(label + "has its values twice");
        if (raw.size() % onnx_type_size(type) != 0) fail(label + "ends inside a value");
        read_raw_onnx(result, type, raw);
    }
    const std::size_t count = result.is_integer ? result.integers.size() : result.floats.size();
    if (element_count(result.shape) != count || (result.is_integer && !result.floats.empty()))
        fail(label + "has " + std::to_string(count) + " values for shape " + to_string(result.shape));
    return result;
}

}  // namespace detail
}  // namespace depix

// DataType: how a tensor's values are stored in a file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "depix/half.hpp"

namespace depix {

/// The stored types that depix reads and writes, with the names that safetensors gives them.
enum class DataType {
    F64,
    F32,
    F16,
    BF16,
    I64,
    U8,
    I8,
    I32,
    Other  ///< any type that depix does not read; a file may contain such a tensor, which is skipped
};

struct DataTypeInfo {
    DataType type;
    std::string_view name;
    std::size_t size;  ///< bytes of one element
    bool floating;
};

inline constexpr std::array<DataTypeInfo, 9> data_types{{
    {DataType::F64, "F64", 8, true},
    {DataType::F32, "F32", 4, true},
    {DataType::F16, "F16", 2, true},
    {DataType::BF16, "BF16", 2, true},
    {DataType::I64, "I64", 8, false},
    {DataType::U8, "U8", 1, false},
    {DataType::I8, "I8", 1, false},
    {DataType::I32, "I32", 4, false},
    {DataType::Other, "a type that depix does not read", 0, false},
}};

constexpr const DataTypeInfo& info(DataType type) { return data_types[static_cast<std::size_t>(type)]; }

/// The type of that name, if depix knows it.
constexpr std::optional<DataType> data_type_called(std::string_view name) {
    for (const DataTypeInfo& candidate : data_types)
        if (candidate.name == name) return candidate.type;
    return std::nullopt;
}

/// The types in which a program may hold a file's values: float, double, std::int64_t, std::uint8_t, and,
/// for quantized networks, std::int8_t and std::int32_t.
template <class T>
concept FileValue = std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::int64_t> ||
    std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::int8_t> || std::is_same_v<T, std::int32_t>;

/// The stored type that holds T exactly.
template <FileValue T>
constexpr DataType data_type_of = std::is_same_v<T, double>         ? DataType::F64
                                  : std::is_same_v<T, float>        ? DataType::F32
                                  : std::is_same_v<T, std::int64_t> ? DataType::I64
                                  : std::is_same_v<T, std::int32_t> ? DataType::I32
                                  : std::is_same_v<T, std::int8_t>  ? DataType::I8
                                                                    : DataType::U8;

/// Whether values of T may be read from and written as `type`. Floating-point values may be stored as any floating
/// type, with rounding to nearest; integers only as their own type.
template <FileValue T>
constexpr bool converts_to(DataType type) {
    return std::is_floating_point_v<T> ? info(type).floating : type == data_type_of<T>;
}

}  // namespace depix

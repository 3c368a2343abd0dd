#include "onnx_constants.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace tool {

namespace {

constexpr std::size_t most_values = std::size_t{1} << 20;

std::int64_t attribute(const OnnxNode& node, const char* name, std::int64_t otherwise) {
    const auto found = node.attributes.find(name);
    return found == node.attributes.end() ? otherwise : found->second.integer;
}

std::size_t count_of(const OnnxTensor& tensor) {
    return tensor.is_integer ? tensor.integers.size() : tensor.floats.size();
}

// Both with one value, or with equally many.
std::optional<OnnxTensor> arithmetic(const OnnxNode& node, const OnnxTensor& a, const OnnxTensor& b) {
    const std::size_t count = std::max(count_of(a), count_of(b));
    if ((count_of(a) != count && count_of(a) != 1) || (count_of(b) != count && count_of(b) != 1)) return std::nullopt;
    if (a.is_integer != b.is_integer || count > most_values) return std::nullopt;
    OnnxTensor result;
    result.shape = count_of(a) == count ? a.shape : b.shape;
    result.is_integer = a.is_integer;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t ia = count_of(a) == 1 ? 0 : i, ib = count_of(b) == 1 ? 0 : i;
        if (a.is_integer) {
            // Unsigned, because hostile numbers may overflow.
            const auto x = static_cast<std::uint64_t>(a.integers[ia]), y = static_cast<std::uint64_t>(b.integers[ib]);
            if (node.type == "Div" && (b.integers[ib] == 0 || b.integers[ib] == -1)) return std::nullopt;
            result.integers.push_back(node.type == "Add"   ? static_cast<std::int64_t>(x + y)
                                      : node.type == "Sub" ? static_cast<std::int64_t>(x - y)
                                      : node.type == "Mul" ? static_cast<std::int64_t>(x * y)
                                                           : a.integers[ia] / b.integers[ib]);
        } else {
            const float x = a.floats[ia], y = b.floats[ib];
            result.floats.push_back(node.type == "Add"   ? x + y
                                    : node.type == "Sub" ? x - y
                                    : node.type == "Mul" ? x * y
                                                         : x / y);
        }
    }
    return result;
}

std::optional<OnnxTensor> cast(const OnnxNode& node, const OnnxTensor& from) {
    const std::int64_t to = attribute(node, "to", 1);
    OnnxTensor result;
    result.shape = from.shape;
    result.is_integer = to != 1 && to != 10 && to != 11 && to != 16;
    if (!result.is_integer) {
        result.floats = real_values(from);
    } else if (from.is_integer) {
        result.integers = from.integers;
    } else {
        for (const float value : from.floats) {
            if (!(std::abs(value) < 1e18f)) return std::nullopt;
            result.integers.push_back(static_cast<std::int64_t>(value));
        }
    }
    return result;
}

// Vectors one after another, or numbers of a vector.
std::optional<OnnxTensor> concatenate(const std::vector<const OnnxTensor*>& inputs) {
    OnnxTensor result;
    result.is_integer = inputs[0]->is_integer;
    for (const OnnxTensor* input : inputs) {
        if (input->is_integer != result.is_integer || input->shape.size() > 1) return std::nullopt;
        result.integers.insert(result.integers.end(), input->integers.begin(), input->integers.end());
        result.floats.insert(result.floats.end(), input->floats.begin(), input->floats.end());
        if (count_of(result) > most_values) return std::nullopt;
    }
    result.shape = {count_of(result)};
    return result;
}
std::optional<OnnxTensor> gather(const OnnxTensor& from, const OnnxTensor& indices) {
    if (from.shape.size() != 1 || !indices.is_integer) return std::nullopt;
    OnnxTensor result;
    result.shape = indices.shape;
    result.is_integer = from.is_integer;
    const auto size = static_cast<std::int64_t>(count_of(from));
    for (std::int64_t index : indices.integers) {
        if (index < -size || index >= size) return std::nullopt;
        const auto i = static_cast<std::size_t>(index < 0 ? index + size : index);
        from.is_integer ? result.integers.push_back(from.integers[i]) : result.floats.push_back(from.floats[i]);
    }
    return result;
}
// Some of the rows of a vector or a matrix, forwards or, as PyTorch turns the numbers of its padding around, backwards.
std::optional<OnnxTensor> slice(const OnnxNode& node, const std::vector<const OnnxTensor*>& inputs) {
    const OnnxTensor& from = *inputs[0];
    if (from.shape.empty() || from.shape.size() > 2 || from.shape[0] == 0) return std::nullopt;
    const auto one_of = [&](std::size_t input, const char* name, std::int64_t otherwise) {
        if (input < inputs.size() && inputs[input] != nullptr && inputs[input]->integers.size() == 1)
            return inputs[input]->integers[0];
        const auto found = node.attributes.find(name);
        return found == node.attributes.end() || found->second.integers.size() != 1 ? otherwise
                                                                                    : found->second.integers[0];
    };
    const auto size = static_cast<std::int64_t>(from.shape[0]);
    const std::int64_t step = one_of(4, "steps", 1), axis = one_of(3, "axes", 0);
    if ((step != 1 && step != -1) || axis != 0) return std::nullopt;
    const auto inside = [&](std::int64_t i, std::int64_t low, std::int64_t high) {
        return std::clamp<std::int64_t>(i < 0 ? std::max(i, -size - 1) + size : i, low, high);
    };
    const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    const std::int64_t begin = inside(one_of(1, "starts", 0), low, high),
                       end = inside(one_of(2, "ends", size), low, high);
    const std::size_t row = count_of(from) / from.shape[0];
    OnnxTensor result;
    result.is_integer = from.is_integer;
    result.shape = from.shape;
    result.shape[0] = 0;
    for (std::int64_t i = begin; step > 0 ? i < end : i > end; i += step) {
        const auto first = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(i) * row),
                   last = first + static_cast<std::ptrdiff_t>(row);
        if (from.is_integer)
            result.integers.insert(result.integers.end(), from.integers.begin() + first, from.integers.begin() + last);
        else
            result.floats.insert(result.floats.end(), from.floats.begin() + first, from.floats.begin() + last);
        ++result.shape[0];
    }
    return result;
}

// (rows, columns) becomes (columns, rows).
std::optional<OnnxTensor> transpose(const OnnxNode& node, const OnnxTensor& from) {
    const auto perm = node.attributes.find("perm");
    const bool swaps = perm == node.attributes.end() || perm->second.integers == std::vector<std::int64_t>{1, 0};
    if (from.shape.size() != 2 || !swaps) return std::nullopt;
    OnnxTensor result = from;
    result.shape = {from.shape[1], from.shape[0]};
    for (std::size_t i = 0; i < from.shape[0]; ++i)
        for (std::size_t j = 0; j < from.shape[1]; ++j) {
            const std::size_t to = j * from.shape[0] + i, source = i * from.shape[1] + j;
            if (from.is_integer)
                result.integers[to] = from.integers[source];
            else
                result.floats[to] = from.floats[source];
        }
    return result;
}

std::optional<OnnxTensor> constant(const OnnxNode& node) {
    for (const auto& [name, value] : node.attributes) {
        if (name == "value") return value.tensor;
        if (name == "value_int") return integer_tensor({value.integer}, true);
        if (name == "value_ints") return integer_tensor(value.integers);
        OnnxTensor real;
        real.floats = name == "value_float" ? std::vector<float>{value.real} : value.reals;
        if (name == "value_floats") real.shape = {real.floats.size()};
        if (name == "value_float" || name == "value_floats") return real;
    }
    return std::nullopt;
}

std::optional<OnnxTensor> constant_of_shape(const OnnxNode& node, const OnnxTensor& shape) {
    OnnxTensor result;
    std::size_t count = 1;
    for (const std::int64_t extent : shape.integers) {
        if (extent < 0 || static_cast<std::uint64_t>(extent) > most_values || result.shape.size() == 8)
            return std::nullopt;
        result.shape.push_back(static_cast<std::size_t>(extent));
        count *= result.shape.back();
        if (count > most_values) return std::nullopt;
    }
    const auto value = node.attributes.find("value");
    if (value != node.attributes.end() && value->second.tensor.is_integer) {
        if (value->second.tensor.integers.size() != 1) return std::nullopt;
        result.is_integer = true;
        result.integers.assign(count, value->second.tensor.integers[0]);
    } else {
        const bool stated = value != node.attributes.end() && value->second.tensor.floats.size() == 1;
        result.floats.assign(count, stated ? value->second.tensor.floats[0] : 0.f);
    }
    return result;
}

// The same values in another shape: Reshape, Squeeze, Unsqueeze. A shape that does not fit becomes one dimension.
OnnxTensor reshaped(const OnnxNode& node, const std::vector<const OnnxTensor*>& inputs) {
    OnnxTensor result = *inputs[0];
    const std::size_t count = count_of(result);
    if (node.type == "Unsqueeze") {
        std::vector<std::int64_t> axes;
        if (const auto found = node.attributes.find("axes"); found != node.attributes.end())
            axes = found->second.integers;
        if (inputs.size() == 2 && inputs[1] != nullptr) axes = inputs[1]->integers;
        const auto rank = static_cast<std::int64_t>(result.shape.size() + axes.size());
        for (std::int64_t& axis : axes)
            if (axis < 0) axis += rank;
        std::sort(axes.begin(), axes.end());
        for (const std::int64_t axis : axes)
            if (axis >= 0 && axis <= static_cast<std::int64_t>(result.shape.size()) && result.shape.size() < 8)
                result.shape.insert(result.shape.begin() + axis, 1);
    } else if (node.type == "Squeeze" && count == 1) {
        result.shape.clear();
    } else if (node.type == "Reshape" && inputs.size() == 2 && inputs[1] != nullptr) {
        std::vector<std::size_t> shape;
        std::size_t known = 1;
        for (const std::int64_t extent : inputs[1]->integers)
            if (extent > 0 && static_cast<std::uint64_t>(extent) <= count) known *= static_cast<std::size_t>(extent);
        for (const std::int64_t extent : inputs[1]->integers)
            shape.push_back(extent > 0 ? static_cast<std::size_t>(extent) : known != 0 ? count / known : 0);
        result.shape = depix::element_count(shape) == count ? shape : std::vector<std::size_t>{count};
    } else {
        result.shape = {count};
    }
    return result;
}

}  // namespace

OnnxTensor integer_tensor(std::vector<std::int64_t> values, bool scalar) {
    OnnxTensor result;
    result.is_integer = true;
    if (!scalar) result.shape = {values.size()};
    result.integers = std::move(values);
    return result;
}

std::vector<float> real_values(const OnnxTensor& tensor) {
    if (!tensor.is_integer) return tensor.floats;
    std::vector<float> values;
    for (const std::int64_t value : tensor.integers) values.push_back(static_cast<float>(value));
    return values;
}

std::optional<OnnxTensor> constant_result(const OnnxNode& node, const std::vector<const OnnxTensor*>& inputs) {
    const std::string& type = node.type;
    if (type == "Constant") return constant(node);
    if (inputs.empty() || inputs[0] == nullptr) return std::nullopt;
    const bool is_binary = type == "Add" || type == "Sub" || type == "Mul" || type == "Div";
    if (is_binary && inputs.size() == 2 && inputs[1] != nullptr) return arithmetic(node, *inputs[0], *inputs[1]);
    if (type == "Identity" || type == "Dropout") return *inputs[0];
    if (type == "Cast") return cast(node, *inputs[0]);
    if (type == "Concat" && std::find(inputs.begin(), inputs.end(), nullptr) == inputs.end())
        return concatenate(inputs);
    if (type == "Gather" && inputs.size() == 2 && inputs[1] != nullptr) return gather(*inputs[0], *inputs[1]);
    if (type == "Slice") return slice(node, inputs);
    if (type == "Transpose") return transpose(node, *inputs[0]);
    if (type == "ConstantOfShape") return constant_of_shape(node, *inputs[0]);
    if (type == "Reshape" || type == "Squeeze" || type == "Unsqueeze") return reshaped(node, inputs);
    if (type == "Floor" || type == "Sqrt") {
        OnnxTensor result = *inputs[0];
        for (float& value : result.floats) value = type == "Floor" ? std::floor(value) : std::sqrt(value);
        return result;
    }
    return std::nullopt;
}

}  // namespace tool

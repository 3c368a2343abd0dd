// load and save: read a model's weights from a safetensors file, and write them. They need only the standard library.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/finite.hpp"
#include "depix/io/safetensors_file.hpp"
#include "depix/io/safetensors_writer.hpp"
#include "depix/io/tensor_file.hpp"
#include "depix/named_tensor.hpp"

namespace depix {

/// Anything with parameters that have names: `model.tensors()` is a std::vector<NamedTensor<T>> with T float or double
/// (const in a const model). If it also has `model.counters()`, a std::vector<NamedTensor<std::int64_t>>, those are
/// PyTorch's `num_batches_tracked`.
template <class Model>
concept HasTensors = requires(Model& model) {
    { model.tensors().front().name } -> std::convertible_to<std::string>;
    model.tensors().front().values;
};

/// Maps the name of a tensor in a foreign file to its name in the model; "" leaves the tensor out.
using NameMap = std::function<std::string(const std::string&)>;

/// A NameMap that replaces the beginnings of names at a dot, or whole names: `rename({{"block1.0", "head.0"},
/// {"conv_last", "tail.1"}})` turns `block1.0.weight` into `head.0.weight`. If several fit, the longest is used; if
/// none fits, the name stays as it is. `{"module", ""}` removes `module.`.
inline NameMap rename(std::vector<std::pair<std::string, std::string>> foreign_to_own) {
    return [pairs = std::move(foreign_to_own)](const std::string& name) {
        const std::pair<std::string, std::string>* best = nullptr;
        for (const auto& pair : pairs) {
            const std::string& foreign = pair.first;
            const bool fits =
                name.starts_with(foreign) && (name.size() == foreign.size() || name[foreign.size()] == '.');
            if (fits && (best == nullptr || foreign.size() > best->first.size())) best = &pair;
        }
        if (best == nullptr) return name;
        const std::string rest = name.substr(best->first.size());
        return best->second.empty() && !rest.empty() ? rest.substr(1) : best->second + rest;
    };
}

struct LoadOptions {
    std::string prefix = {};  ///< loads only tensors whose names begin with it, and removes it: "w."
    NameMap name_map = {};    ///< applied after the prefix is removed
};

struct SaveOptions {
    std::optional<DataType> dtype = {};  ///< F64, F32, F16 or BF16; by default the type that the model computes in
    std::map<std::string, std::string> metadata = {};
};

namespace detail {

/// Weights beyond this are damaged: a product of two of them is no float any more.
inline constexpr double largest_weight = 1e18;

/// Reads a weights file of any format. Null, and then load reads safetensors alone, unless the program includes
/// io/weights_file.hpp, which sets it before main.
inline TensorFile (*read_any_weights)(const std::string& path) = nullptr;

inline TensorFile read_weights_file(const std::string& path) {
    return read_any_weights != nullptr ? read_any_weights(path) : TensorFile(SafetensorsFile::read(path));
}

template <FileValue T>
bool is_usable_tensor(const TensorFile& file, const std::string& name) {
    if constexpr (std::is_floating_point_v<T>) {
        const std::vector<T> all = file.values<T>(name);
        return std::all_of(all.begin(), all.end(), [](T value) {
            return is_finite(value) && value < T(largest_weight) && value > T(-largest_weight);
        });
    }
    return true;
}

/// A hint, if every missing name is in the file with the same prefix: "\n  the file's names begin with "module.": ...".
inline std::string prefix_hint(const std::vector<std::string>& missing, const std::vector<std::string>& unexpected) {
    if (missing.empty()) return {};
    for (const std::string& foreign : unexpected) {
        if (foreign.size() <= missing[0].size() || !foreign.ends_with("." + missing[0])) continue;
        const std::string prefix = foreign.substr(0, foreign.size() - missing[0].size());
        if (std::all_of(missing.begin(), missing.end(), [&](const std::string& name) {
                return std::find(unexpected.begin(), unexpected.end(), prefix + name) != unexpected.end();
            }))
            return "\n  the file's names begin with \"" + prefix + "\": LoadOptions{.prefix = \"" + prefix +
                   "\"} takes that off";
    }
    return {};
}

}  // namespace detail

/// Fills the model from an open file; see load(model, path).
template <HasTensors Model>
void load(Model& model, const TensorFile& file, const LoadOptions& options = {}) {
    using Value = typename decltype(model.tensors().front().values)::value_type;
    std::vector<std::string> problems, missing;

    std::map<std::string, std::string> foreign_names;  // by the model's names
    for (const auto& item : file.entries) {
        const std::string& foreign = item.first;
        if (!foreign.starts_with(options.prefix)) continue;
        std::string own = foreign.substr(options.prefix.size());
        if (options.name_map) own = options.name_map(own);
        if (own.empty()) continue;
        const auto [place, inserted] = foreign_names.emplace(own, foreign);
        if (!inserted) problems.push_back(place->second + " and " + foreign + " are both mapped to " + own);
    }

    // First everything is checked, then everything is written. Nothing in the second half can fail.
    std::vector<std::function<void()>> writes;
    const auto match = [&]<class T>(const NamedTensor<T>& tensor, bool optional) {
        const auto found = foreign_names.find(tensor.name);
        if (found == foreign_names.end()) {
            if (optional)
                writes.push_back([values = tensor.values] { std::fill(values.begin(), values.end(), T(0)); });
            else
                missing.push_back(tensor.name),
                    problems.push_back("missing " + tensor.name + " " + to_string(tensor.shape));
            return;
        }
        const std::string foreign = found->second;
        foreign_names.erase(found);
        const TensorFile::Entry& entry = file.entry(foreign);
        if (entry.shape != tensor.shape)
            problems.push_back("mis-shaped " + tensor.name + ": the model has " + to_string(tensor.shape) +
                               ", the file has " + to_string(entry.shape));
        else if (!converts_to<T>(entry.dtype))
            problems.push_back("mis-typed " + tensor.name + ": the file has " + std::string(info(entry.dtype).name));
        else if (!detail::is_usable_tensor<T>(file, foreign))
            problems.push_back("not finite " + tensor.name + ": NaN, infinity, or beyond 1e18" +
                               (entry.dtype == DataType::F64 ? ", or beyond what the model computes in" : ""));
        else
            writes.push_back([&file, foreign, values = tensor.values] { file.copy_values<T>(foreign, values); });
    };
    for (const NamedTensor<Value>& tensor : model.tensors()) match(tensor, false);
    // Older files lack the counters, and other frameworks have none.
    constexpr std::string_view counter = ".num_batches_tracked";
    if constexpr (requires { model.counters(); }) {
        for (const NamedTensor<std::int64_t>& tensor : model.counters()) match(tensor, tensor.name.ends_with(counter));
    } else {
        std::erase_if(foreign_names, [&](const auto& names) { return names.first.ends_with(counter); });
    }
    // Tensors of types that no model holds are skipped, such as counters and flags from a training.
    std::erase_if(foreign_names, [&](const auto& names) {
        const DataType type = file.entry(names.second).dtype;
        return type == DataType::Other || type == DataType::I8 || type == DataType::I32;
    });
    std::vector<std::string> unexpected;
    for (const auto& [own, foreign] : foreign_names) {
        unexpected.push_back(own);
        problems.push_back("unexpected " + own + " " + to_string(file.shape(foreign)));
    }

    if (!problems.empty()) {
        std::string message = "does not fit the model, which is unchanged:";
        for (const std::string& problem : problems) message += "\n  " + problem;
        message += detail::prefix_hint(missing, unexpected);
        detail::fail(FileError(file.path, message));
    }
    for (const auto& write : writes) write();
}

/// Fills the model's parameters, running statistics and counters from a safetensors file: PyTorch's
/// `model.load_state_dict(load_file(path), strict=True)`.
///
/// Every name and every shape must match; F64, F32, F16 and BF16 are converted to the type that the model computes in.
/// NaN, infinity and what is beyond 1e18 are refused, because they would make every picture black or white. Tensors of
/// a type that no model holds (I32, BOOL, ...) are skipped. Counters (`*.num_batches_tracked`) may be absent and are
/// then 0. Throws one FileError that names every missing, unexpected, mis-shaped, mis-typed and not finite tensor, with
/// both shapes; the model is then unchanged.
///
/// Where any file of the program includes io/weights_file.hpp, the path may lead to a file of another format, such as
/// PyTorch's .pth.
template <HasTensors Model>
void load(Model& model, const std::string& path, const LoadOptions& options = {}) {
    load(model, detail::read_weights_file(path), options);
}

/// Adds a model's tensors and counters to a writer, with `prefix` before each name. This is how a checkpoint holds
/// several models.
template <HasTensors Model>
void append(SafetensorsWriter& writer, const Model& model, const std::string& prefix = {},
            std::optional<DataType> dtype = {}) {
    for (const auto& tensor : model.tensors()) {
        using Value = typename decltype(tensor.values)::value_type;
        writer.add(prefix + tensor.name, tensor.shape, std::span<const Value>(tensor.values),
                   dtype.value_or(data_type_of<Value>));
    }
    if constexpr (requires { model.counters(); })
        for (const auto& tensor : model.counters())
            writer.add(prefix + tensor.name, tensor.shape, std::span<const std::int64_t>(tensor.values));
}

/// Writes the model's parameters, running statistics and counters, whole or not at all, under PyTorch's names:
/// PyTorch's `save_file(model.state_dict(), path)`. Throws FileError when the file cannot be written.
template <HasTensors Model>
void save(const Model& model, const std::string& path, const SaveOptions& options = {}) {
    SafetensorsWriter writer;
    writer.metadata = options.metadata;
    append(writer, model, {}, options.dtype);
    writer.write(path);
}

}  // namespace depix

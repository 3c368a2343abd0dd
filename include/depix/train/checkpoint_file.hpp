// What the checkpoints of Trainer and AdversarialTrainer have in common: how numbers, tensors, an optimizer's state and
// the history are written into a file, and read and checked.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/model.hpp"
#include "depix/random.hpp"
#include "depix/train/optimizer.hpp"

namespace depix::detail {

inline constexpr const char* checkpoint_version = "1";

/// Copies all values in place, so that spans over the model's memory stay valid and nothing can fail.
template <Module Network, class T>
void copy_values(const Model<Network, T>& from, Model<Network, T>& to) {
    std::ranges::copy(from.parameters(), to.parameters().begin());
    std::ranges::copy(from.statistics(), to.statistics().begin());
    std::ranges::copy(from.batches_tracked(), to.batches_tracked().begin());
}

/// One array of an optimizer's state under the names of the parameters, in the form that save and load accept.
template <class Model, class T>
struct StateTensors {
    const Model& model;
    std::span<T> values;
    std::vector<NamedTensor<T>> tensors() const { return model.name_parameters(values); }
};
template <class Model, class T>
StateTensors(const Model&, std::span<T>) -> StateTensors<Model, T>;

/// Tensors under their names in the checkpoint, so that error messages use these names.
template <class Named>
struct Prefixed {
    Named& named;
    const std::string& prefix;

    auto tensors() const { return rename(named.tensors()); }
    auto counters() const requires requires(Named& n) { n.counters(); }
    { return rename(named.counters()); }

  private:
    template <class Tensors>
    Tensors rename(Tensors tensors) const {
        for (auto& tensor : tensors) tensor.name = prefix + tensor.name;
        return tensors;
    }
};
template <class Named>
Prefixed(Named&, const std::string&) -> Prefixed<Named>;

/// Adds single numbers to a checkpoint.
struct NumberWriter {
    SafetensorsWriter& writer;
    template <class Value>
    void operator()(const std::string& name, const Value& value) const {
        writer.add(name, {}, std::span<const Value>(&value, 1));
    }
};

/// An optimizer's state and settings, as PREFIXadam.m.NAME, PREFIXadam.step, PREFIXadam.learning_rate and so on.
template <class Optimizer, class Model, class T>
void append_optimizer(SafetensorsWriter& writer, const std::string& prefix, const Optimizer& settings,
                      const OptimizerState<T>& state, const Model& model) {
    const std::string name = prefix + Optimizer::name + ".";
    const NumberWriter number{writer};
    for (const auto& [array, values] : state.arrays)
        append(writer, StateTensors{model, std::span(values)}, name + array + ".");
    number(name + "step", state.step);
    Optimizer::visit_settings(settings,
                              [&](const char* setting, const double& value) { number(name + setting, value); });
}

inline void append_random(SafetensorsWriter& writer, const Random& random) {
    const auto bits = std::bit_cast<std::array<std::int64_t, 4>>(random.state());
    writer.add("random.state", {bits.size()}, std::span<const std::int64_t>(bits));
}

template <class Record, std::size_t Columns>
void append_history(SafetensorsWriter& writer, const std::vector<Record>& records,
                    const std::array<std::pair<const char*, double Record::*>, Columns>& columns) {
    std::vector<std::int64_t> numbers;
    for (const Record& record : records) numbers.push_back(record.epoch);
    writer.add("history.epoch", {records.size()}, std::span<const std::int64_t>(numbers));
    for (const auto& [name, member] : columns) {
        std::vector<double> column;
        for (const Record& record : records) column.push_back(record.*member);
        writer.add(std::string("history.") + name, {records.size()}, std::span<const double>(column));
    }
}

inline constexpr const char* one_part = "all pictures";

/// What a part of a batch is, as text. Only the engine of many processes has several parts.
template <class Engine>
std::string parts_text([[maybe_unused]] const Engine& engine) {
    if constexpr (requires { engine.parts_text(); })
        return engine.parts_text();
    else
        return one_part;
}
template <class Engine>
void append_parts(SafetensorsWriter& writer, const Engine& engine) {
    if (const std::string text = parts_text(engine); text != one_part) writer.metadata["parts"] = text;
}

/// Reads tensors of a checkpoint by name, and records which have not been read yet.
struct CheckpointReader {
    const SafetensorsFile& file;
    std::set<std::string> remaining;

    explicit CheckpointReader(const SafetensorsFile& source) : file(source) {
        for (const auto& item : source.entries) remaining.insert(item.first);
    }
    template <FileValue Value>
    void number(const std::string& name, Value& value) {
        remaining.erase(name);
        file.copy_values<Value>(name, std::span(&value, 1));
    }
    template <FileValue Value>
    std::vector<Value> list(const std::string& name) {
        remaining.erase(name);
        return file.values<Value>(name);
    }
    template <class Named>
    void tensors(Named& named, const std::string& prefix) {
        std::erase_if(remaining, [&](const std::string& name) { return name.starts_with(prefix); });
        Prefixed prefixed{named, prefix};
        load(prefixed, file,
             {.name_map = [&](const std::string& name) { return name.starts_with(prefix) ? name : std::string(); }});
    }
    template <class Optimizer, class Model, class T>
    void optimizer(const std::string& prefix, Optimizer& settings, OptimizerState<T>& state, const Model& model) {
        const std::string name = prefix + Optimizer::name + ".";
        for (auto& [array, values] : state.arrays) {
            StateTensors named{model, std::span(values)};
            tensors(named, name + array + ".");
        }
        number(name + "step", state.step);
        Optimizer::visit_settings(settings, [&](const char* setting, double& value) { number(name + setting, value); });
    }
    Random::State random() {
        std::array<std::int64_t, 4> bits{};
        remaining.erase("random.state");
        file.copy_values<std::int64_t>("random.state", bits);
        return std::bit_cast<Random::State>(bits);
    }
    template <class Record, std::size_t Columns>
    void history(std::vector<Record>& records,
                 const std::array<std::pair<const char*, double Record::*>, Columns>& columns) {
        const std::vector<std::int64_t> epochs = list<std::int64_t>("history.epoch");
        records.resize(epochs.size());
        for (std::size_t i = 0; i < epochs.size(); ++i) records[i].epoch = static_cast<int>(epochs[i]);
        for (const auto& [name, member] : columns) {
            const std::vector<double> column = list<double>(std::string("history.") + name);
            if (column.size() != epochs.size())
                throw FileError(file.path, std::string("tensor \"history.") + name + "\" has " +
                                               std::to_string(column.size()) + " values for " +
                                               std::to_string(epochs.size()) + " epochs");
            for (std::size_t i = 0; i < column.size(); ++i) records[i].*member = column[i];
        }
    }
    /// Throws FileError if a tensor has not been read, if the run's position is impossible, or if the steps of an epoch
    /// are not `loader_steps` (0: any number is allowed).
    void expect_position(std::int64_t epoch, std::int64_t step, std::int64_t steps_per_epoch,
                         std::int64_t loader_steps) const {
        if (!remaining.empty()) throw FileError(file.path, "unexpected tensor \"" + *remaining.begin() + "\"");
        if (epoch < 0 || step < 0 || (steps_per_epoch > 0 && step > steps_per_epoch))
            throw FileError(file.path, "tensor \"progress.step\": " + std::to_string(step) + " of epoch " +
                                           std::to_string(epoch) + " cannot be");
        if (loader_steps > 0 && steps_per_epoch != loader_steps)
            throw FileError(file.path, "a run with " + std::to_string(steps_per_epoch) +
                                           " steps an epoch, but the loader has " + std::to_string(loader_steps) +
                                           "; the data or the batch size are others");
    }
    /// Throws FileError if the run's batches were cut into other parts than the engine's, because the result would have
    /// other bits.
    template <class Engine>
    void expect_parts(const Engine& engine) const {
        const auto found = file.metadata.find("parts");
        const std::string parts = found == file.metadata.end() ? one_part : found->second;
        if (parts != parts_text(engine))
            throw FileError(file.path, "a run whose parts of a batch have " + parts + ", but this one's have " +
                                           parts_text(engine) + "; the result would have other bits");
    }
    void expect(const std::string& key, const std::string& value) const {
        const auto found = file.metadata.find(key);
        if (found == file.metadata.end()) throw FileError(file.path, "is no depix checkpoint: no \"" + key + "\"");
        if (found->second != value)
            throw FileError(file.path, "a checkpoint with " + key + " \"" + found->second + "\", where it must be \"" +
                                           value + "\"");
    }
};

}  // namespace depix::detail

// Checkpoints: the state of a training run in one file, so that a run killed at any moment can continue exactly.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/train/history.hpp"
#include "depix/train/trainer.hpp"

namespace depix {

/// The state of a run that the trainer does not hold.
template <Module Network, class T = float>
struct Progress {
    std::int64_t epoch = 0;            ///< Number of complete epochs, which is the current epoch's index from 0.
    std::int64_t step = 0;             ///< Steps of the current epoch that are done.
    std::int64_t steps_per_epoch = 0;  ///< Of the loader. With another batch size, `step` would have another meaning.

    double loss_sum = 0;      ///< Sum over the current epoch's steps of loss times number of pictures.
    std::int64_t images = 0;  ///< Images of the current epoch so far.
    double seconds = 0;       ///< Time of the current epoch so far.

    std::int64_t best_epoch = 0;  ///< Number of complete epochs when the validation loss was lowest; 0: none yet.
    double best_loss = std::numeric_limits<double>::infinity();
    std::optional<Model<Network, T>> best = {};  ///< The model of that epoch; present if and only if best_epoch > 0.

    History history = {};
};

namespace detail {

inline constexpr const char* checkpoint_version = "1";

/// Visits the single numbers of a checkpoint with their names, both for saving and for loading.
template <class AnyProgress, class Visit>
void visit_numbers(AnyProgress& progress, Visit&& visit) {
    visit("progress.epoch", progress.epoch);
    visit("progress.step", progress.step);
    visit("progress.steps_per_epoch", progress.steps_per_epoch);
    visit("progress.loss_sum", progress.loss_sum);
    visit("progress.pictures", progress.images);
    visit("progress.seconds", progress.seconds);
    visit("progress.best_epoch", progress.best_epoch);
    visit("progress.best_loss", progress.best_loss);
}

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
    void expect(const std::string& key, const std::string& value) const {
        const auto found = file.metadata.find(key);
        if (found == file.metadata.end()) throw FileError(file.path, "is no depix checkpoint: no \"" + key + "\"");
        if (found->second != value)
            throw FileError(file.path, "a checkpoint with " + key + " \"" + found->second + "\", where it must be \"" +
                                           value + "\"");
    }
};

}  // namespace detail

/// Writes into one safetensors file all that a run needs to continue bit for bit. The file is written whole or not at
/// all.
///
///     model.NAME             weights, running statistics, num_batches_tracked
///     adam.m.NAME, adam.v.NAME, adam.step, adam.learning_rate, ...      the optimizer's state and settings
///     random.state           the 256 bits of trainer.random()
///     average.NAME           the moving average, if there is one
///     accumulated.NAME, trainer.accumulated_batches      the gradients that wait for an update, if they are
///     accumulated progress.*, best.NAME, history.*                                  see Progress
///
/// Floating-point values are stored in their own type, F32 or F64, so that none changes. Throws FileError when the file
/// cannot be written (for example because the disk is full); a previous file is then unchanged.
template <Module Network, class Loss, class Optimizer, class Backend, class T>
void save_checkpoint(const std::string& path, const Trainer<Network, Loss, Optimizer, Backend, T>& trainer,
                     const Progress<Network, T>& progress) {
    SafetensorsWriter writer;
    writer.metadata["depix.checkpoint"] = detail::checkpoint_version;
    writer.metadata["optimizer"] = Optimizer::name;
    writer.metadata["loss"] = Loss::name;
    append(writer, trainer.model(), "model.");

    detail::append_optimizer(writer, "", trainer.optimizer, trainer.state(), trainer.model());
    detail::append_random(writer, trainer.random());
    detail::visit_numbers(progress, detail::NumberWriter{writer});
    if (progress.best) append(writer, *progress.best, "best.");
    if (trainer.average()) append(writer, *trainer.average(), "average.");
    if (const auto& accumulated = trainer.accumulated(); !accumulated.gradients.empty()) {
        append(writer, detail::StateTensors{trainer.model(), std::span(accumulated.gradients)}, "accumulated.");
        writer.add("trainer.accumulated_batches", {}, std::span<const std::int64_t>(&accumulated.batches, 1));
    }

    detail::append_history(writer, progress.history, history_columns);
    writer.write(path);
}

/// Restores the trainer, its model and its optimizer (with its settings, as PyTorch's load_state_dict does) to their
/// state when the checkpoint was written, and returns the run's progress.
///
/// Everything is checked before anything changes: format, kind of optimizer and loss, every tensor's name, shape and
/// type, and, if `steps_per_epoch` gives the loader's number, the steps of an epoch. Throws a FileError that names the
/// file and the tensors; model and trainer are then unchanged.
template <Module Network, class Loss, class Optimizer, class Backend, class T>
Progress<Network, T> load_checkpoint(const std::string& path, Trainer<Network, Loss, Optimizer, Backend, T>& trainer,
                                     std::int64_t steps_per_epoch = 0) {
    const SafetensorsFile file = SafetensorsFile::read(path);
    detail::CheckpointReader reader(file);
    reader.expect("depix.checkpoint", detail::checkpoint_version);
    reader.expect("optimizer", Optimizer::name);
    reader.expect("loss", Loss::name);

    Model<Network, T> model = trainer.model();
    reader.tensors(model, "model.");

    OptimizerState<T> state = trainer.state();
    Optimizer optimizer = trainer.optimizer;
    reader.optimizer("", optimizer, state, model);
    const Random::State random = reader.random();

    Progress<Network, T> progress;
    detail::visit_numbers(progress, [&](const char* name, auto& value) { reader.number(name, value); });
    if (progress.best_epoch > 0) reader.tensors(progress.best.emplace(model), "best.");

    auto average = std::as_const(trainer).average();
    if (average) reader.tensors(*average, "average.");
    auto accumulated = std::as_const(trainer).accumulated();
    if (!accumulated.gradients.empty()) {
        detail::StateTensors named{model, std::span(accumulated.gradients)};
        reader.tensors(named, "accumulated.");
        reader.number("trainer.accumulated_batches", accumulated.batches);
        if (accumulated.batches < 0)
            throw FileError(path, "tensor \"trainer.accumulated_batches\" is " + std::to_string(accumulated.batches));
    }

    reader.history(progress.history, history_columns);
    reader.expect_position(progress.epoch, progress.step, progress.steps_per_epoch, steps_per_epoch);

    // From here on nothing fails.
    detail::copy_values(model, trainer.model());
    trainer.state() = std::move(state);
    if (average) detail::copy_values(*average, *trainer.average());
    if (!accumulated.gradients.empty()) trainer.accumulated() = std::move(accumulated);
    trainer.optimizer = optimizer;
    trainer.random().restore(random);
    return progress;
}

}  // namespace depix

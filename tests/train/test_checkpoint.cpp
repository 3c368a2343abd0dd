// Checkpoints: every bit comes back, and a file that does not fit changes nothing.
#include "depix/train/checkpoint.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <csignal>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "../io/temporary_folder.hpp"
#include "tiny.hpp"

using namespace depix;

namespace {

using tiny::values;

/// A model and its trainer after some steps.
template <class Network, class Optimizer, class Backend = Cpu, class T = float>
struct Run {
    Model<Network, T> model;
    Trainer<Network, MeanSquaredError, Optimizer, Backend, T> trainer;

    explicit Run(std::uint64_t seed, int steps = 0, Optimizer optimizer = {})
        : model(seed), trainer(model, MeanSquaredError{}, optimizer, Backend{}, 1) {
        train(0, steps);
    }
    void train(int first, int last) {
        const tiny::Batches batches{.count = static_cast<std::size_t>(last)};
        for (const auto& [input, target] : batches.epoch(0, static_cast<std::size_t>(first)))
            trainer.step(in_precision(input), in_precision(target));
    }

    static Tensor<T> in_precision(const Tensor<float>& tensor) {
        Tensor<T> result(tensor.batch, tensor.shape);
        std::ranges::copy(tensor.data, result.data.begin());
        return result;
    }

    /// All that the trainer holds, as bits.
    std::vector<std::uint64_t> bits() {
        std::vector<std::uint64_t> all;
        const auto add = [&](auto value) { all.push_back(std::bit_cast<std::uint64_t>(static_cast<double>(value))); };
        for (const T value : values(model)) add(value);
        for (const auto& array : trainer.state().arrays)
            for (const T value : array.second) add(value);
        add(trainer.state().step);
        Optimizer::visit_settings(trainer.optimizer, [&](const char*, double value) { add(value); });
        for (const std::uint64_t word : trainer.random().state()) all.push_back(word);
        return all;
    }
};
using AdamRun = Run<tiny::Network, Adam>;

Progress<tiny::Network> some_progress(const Model<tiny::Network>& best) {
    Progress<tiny::Network> progress;
    progress.epoch = 3;
    progress.step = 281;
    progress.steps_per_epoch = 563;
    progress.loss_sum = 0.1 + 0.2;  // not 0.3
    progress.images = 8992;
    progress.seconds = 1.0 / 3;
    progress.best_epoch = 2;
    progress.best_loss = std::nextafter(1.0, 2.0);
    progress.best = best;
    progress.history = {
        {1, 0.1, 0.2, 1e-3, 12.5, 1440}, {2, 5e-324, 1.0 / 3, 5e-4, 1e300, 0.1 + 0.7}, {3, 1, 2, 3, 4, 5}};
    return progress;
}

/// Writes the checkpoint at `path` again. Before that, `edit` can leave out, rename or reshape a tensor.
using Edit = std::function<bool(std::string& name, std::vector<std::size_t>& shape, std::vector<double>& values)>;
void rewrite(const std::string& path, const Edit& edit, const std::map<std::string, std::string>& metadata = {},
             const std::string& extra = {}) {
    const SafetensorsFile file = SafetensorsFile::read(path);
    SafetensorsWriter writer;
    writer.metadata = file.metadata;
    for (const auto& [key, text] : metadata) writer.metadata[key] = text;
    for (const auto& [name, entry] : file.entries) {
        if (!info(entry.dtype).floating) {
            writer.add(name, entry.shape, std::span<const std::int64_t>(file.values<std::int64_t>(name)));
            continue;
        }
        std::string new_name = name;
        std::vector<std::size_t> shape = entry.shape;
        std::vector<double> numbers = file.values<double>(name);
        if (edit(new_name, shape, numbers)) writer.add(new_name, shape, std::span<const double>(numbers), entry.dtype);
    }
    if (!extra.empty()) writer.add(extra, {1}, std::vector<double>{1});
    writer.write(path);
}

/// Checks that loading fails, with these words in the message, and leaves the trainer as it was.
template <class AnyRun>
void refuses(const std::string& path, AnyRun& run, const std::vector<std::string>& words) {
    const auto before = run.bits();
    std::string message;
    try {
        load_checkpoint(path, run.trainer);
    } catch (const FileError& error) {
        message = error.what();
    }
    CHECK(message.find(path) != std::string::npos);
    for (const std::string& word : words) {
        CAPTURE(message);
        CHECK(message.find(word) != std::string::npos);
    }
    CHECK(run.bits() == before);
}

}  // namespace

TEST_CASE("checkpoint: all of a run comes back, bit for bit, and goes on alike") {
    const TemporaryFolder folder;
    AdamRun run(1, 5, Adam{.learning_rate = 0.1 + 0.2, .beta1 = 0.85});
    run.trainer.random().restore({~std::uint64_t{0}, 1, std::uint64_t{1} << 63, 0x0123456789abcdef});
    const auto saved = run.bits();
    const Progress<tiny::Network> progress = some_progress(Model<tiny::Network>(7));
    save_checkpoint(folder / "run.safetensors", run.trainer, progress);
    CHECK(run.bits() == saved);
    CHECK(folder.count() == 1);

    AdamRun other(2, 3);
    const float* const memory = other.model.parameters().data();
    const Progress<tiny::Network> loaded = load_checkpoint(folder / "run.safetensors", other.trainer);
    CHECK(other.bits() == saved);
    CHECK(other.model.parameters().data() == memory);

    CHECK(loaded.epoch == 3);
    CHECK(loaded.step == 281);
    CHECK(loaded.steps_per_epoch == 563);
    CHECK(loaded.loss_sum == progress.loss_sum);
    CHECK(loaded.images == 8992);
    CHECK(loaded.seconds == progress.seconds);
    CHECK(loaded.best_epoch == 2);
    CHECK(loaded.best_loss == progress.best_loss);
    REQUIRE(loaded.best.has_value());
    CHECK(values(*loaded.best) == values(*progress.best));
    CHECK(loaded.history == progress.history);

    run.train(5, 10);
    other.train(5, 10);
    CHECK(run.bits() == other.bits());
    CHECK(run.bits() != saved);
}

TEST_CASE("checkpoint: a run at its very beginning") {
    const TemporaryFolder folder;
    AdamRun run(1), other(2);
    save_checkpoint(folder / "run.safetensors", run.trainer, {.steps_per_epoch = 10});
    const auto loaded = load_checkpoint(folder / "run.safetensors", other.trainer);
    CHECK(other.bits() == run.bits());
    CHECK(loaded.best_loss == std::numeric_limits<double>::infinity());
    CHECK(!loaded.best);
    CHECK(loaded.history.empty());
}

TEST_CASE("checkpoint: double precision and another optimizer") {
    const TemporaryFolder folder;
    using DoubleRun = Run<tiny::Scale, SGD, Reference, double>;
    DoubleRun run(1, 3, {.learning_rate = 0.05, .momentum = 0.9}), other(2);
    save_checkpoint(folder / "run.safetensors", run.trainer, {});
    load_checkpoint(folder / "run.safetensors", other.trainer);
    CHECK(other.bits() == run.bits());
    run.train(3, 5);
    other.train(3, 5);
    CHECK(other.bits() == run.bits());
}

TEST_CASE("checkpoint: the names in the file are those that are documented") {
    const TemporaryFolder folder;
    AdamRun run(1, 2);
    save_checkpoint(folder / "run.safetensors", run.trainer, some_progress(run.model));
    const SafetensorsFile file = SafetensorsFile::read(folder / "run.safetensors");
    CHECK(file.metadata.at("depix.checkpoint") == "1");
    CHECK(file.metadata.at("optimizer") == "adam");
    CHECK(file.metadata.at("loss") == "mean squared error");
    const std::vector<std::size_t> scalar{}, weight{4, 1, 3, 3};
    CHECK(file.shape("model.body.0.weight") == weight);
    CHECK(file.shape("adam.m.body.0.weight") == weight);
    CHECK(file.shape("adam.v.body.0.weight") == weight);
    CHECK(file.shape("best.body.0.weight") == weight);
    CHECK(file.values<std::int64_t>("model.body.1.num_batches_tracked") == std::vector<std::int64_t>{2});
    CHECK(file.values<std::int64_t>("adam.step") == std::vector<std::int64_t>{2});
    CHECK(file.values<double>("adam.learning_rate") == std::vector<double>{1e-3});
    CHECK(file.entry("progress.best_loss").dtype == DataType::F64);
    CHECK(file.shape("random.state") == std::vector<std::size_t>{4});
    CHECK(file.shape("history.validation_loss") == std::vector<std::size_t>{3});
    CHECK(!file.contains("adam.m.body.1.running_mean"));

    // The model in a checkpoint can be loaded like any other.
    Model<tiny::Network> model(5);
    CHECK_THROWS_AS(load(model, file), FileError);
    load(model, file,
         {.name_map = [](const std::string& name) { return name.starts_with("model.") ? name.substr(6) : ""; }});
    CHECK(values(model) == values(run.model));
}

TEST_CASE("checkpoint: what does not fit is refused, by name, and changes nothing") {
    const TemporaryFolder folder;
    const std::string path = folder / "run.safetensors";
    AdamRun run(1, 5), other(2, 3);
    save_checkpoint(path, run.trainer, some_progress(run.model));
    const auto keep = [](auto&&...) { return true; };

    SUBCASE("another optimizer") {
        Run<tiny::Scale, SGD> sgd(1);
        refuses(path, sgd, {"optimizer", "\"adam\"", "\"sgd\""});
    }
    SUBCASE("another network") {
        Run<tiny::Scale, Adam> scale(1);
        refuses(path, scale, {"missing model.0.weight (1, 1, 1, 1)", "unexpected model.body.0.weight (4, 1, 3, 3)"});
    }
    SUBCASE("another loss") {
        rewrite(path, keep, {{"loss", "mean absolute error"}});
        refuses(path, other, {"loss", "mean absolute error", "mean squared error"});
    }
    SUBCASE("another version") {
        rewrite(path, keep, {{"depix.checkpoint", "2"}});
        refuses(path, other, {"depix.checkpoint", "\"2\"", "\"1\""});
    }
    SUBCASE("no checkpoint at all") {
        save(run.model, path);
        refuses(path, other, {"no depix checkpoint"});
    }
    SUBCASE("no file") { refuses(folder / "nothing", other, {"cannot open"}); }
    SUBCASE("half a file") {
        auto bytes = read_file(path);
        bytes.resize(bytes.size() / 2);
        write_file(path, bytes);
        refuses(path, other, {});
    }
    SUBCASE("a tensor is missing") {
        for (const std::string missing : {"model.body.0.bias", "adam.v.2.weight", "adam.beta2", "progress.loss_sum",
                                          "best.body.1.running_var", "history.seconds"}) {
            save_checkpoint(path, run.trainer, some_progress(run.model));
            rewrite(path, [&](std::string& name, auto&&...) { return name != missing; });
            refuses(path, other, {missing});
        }
    }
    SUBCASE("a tensor too many") {
        for (const std::string extra : {"model.extra", "adam.m.extra", "adam.extra", "extra"}) {
            save_checkpoint(path, run.trainer, some_progress(run.model));
            rewrite(path, keep, {}, extra);
            refuses(path, other, {"unexpected", extra});
        }
    }
    SUBCASE("a tensor of another shape") {
        for (const std::string reshaped : {"model.body.0.bias", "adam.m.body.0.bias", "progress.seconds"}) {
            save_checkpoint(path, run.trainer, some_progress(run.model));
            rewrite(path, [&](const std::string& name, auto& shape, auto& numbers) {
                if (name == reshaped) shape = {numbers.size() + 1}, numbers.push_back(0);
                return true;
            });
            refuses(path, other, {reshaped});
        }
    }
    SUBCASE("histories of different lengths") {
        rewrite(path, [](const std::string& name, auto& shape, auto& numbers) {
            if (name == "history.learning_rate") shape = {2}, numbers.resize(2);
            return true;
        });
        refuses(path, other, {"history.learning_rate", "2 values for 3 epochs"});
    }
}

TEST_CASE("checkpoint: a full disk is an error, and the checkpoint before is still there") {
    const TemporaryFolder folder;
    AdamRun run(1, 5), other(2);
    save_checkpoint(folder / "run.safetensors", run.trainer, {});
    const auto saved = run.bits();
    run.train(5, 6);

    // A limit on a file's size simulates a full disk, so that writing fails in the middle of the file.
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    rlimit small = before;
    small.rlim_cur = 1000;
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    std::string message;
    try {
        save_checkpoint(folder / "run.safetensors", run.trainer, {});
    } catch (const FileError& error) {
        message = error.what();
    }
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);

    CHECK(message == folder / "run.safetensors" + ": cannot write: File too large");
    CHECK(folder.count() == 1);
    load_checkpoint(folder / "run.safetensors", other.trainer);
    CHECK(other.bits() == saved);
}

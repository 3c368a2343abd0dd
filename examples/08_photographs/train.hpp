// Training: photographs in, damage drawn on the fly. The program is compiled once for each kind of network.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>

#include "commands.hpp"
#include "depix/data/loader.hpp"
#include "depix/data/sources/image_source.hpp"
#include "depix/restore/restore.hpp"
#include "depix/train/checkpoint.hpp"
#include "depix/train/moving_average.hpp"
#include "depix/train/schedule.hpp"
#include "depix/train/trainer.hpp"

namespace example {

/// Parts of photographs, a third of them without colour, and damaged. The damage is done to a part that is larger by
/// `margin`, and cut out at its corner or anywhere within it: so JPEG's blocks begin where the picture does, as in most
/// files, or anywhere, as in a part of one.
class DamagedParts {
  public:
    static constexpr int margin = 8;

    DamagedParts(depix::DamagedImageSource parts, const Task& task, std::uint64_t seed)
        : parts_(std::move(parts)), task_(task), seed_(seed) {}

    std::size_t size() const { return parts_.size(); }
    depix::Shape input_shape() const {
        const auto [channels, height, width] = target_shape();
        return {task_.input_channels, height / task_.scale, width / task_.scale};
    }
    depix::Shape target_shape() const {
        const auto [channels, height, width] = parts_.target_shape();
        return {channels, height - margin, width - margin};
    }

    void pair(std::uint64_t epoch, std::size_t index, depix::View<float> input, depix::View<float> target) const {
        depix::Image clean(parts_.target_shape()), damaged(parts_.input_shape());
        parts_.pair(epoch, index, damaged.view(), clean.view());
        depix::Random random(seed_, epoch, index);
        const bool is_grey = random.uniform() < 0.35;
        if (is_grey) clean = depix::quantized(without_colour(clean));
        damaged = task_.training_damage(clean, is_grey, random);
        const bool is_part = random.uniform() < 0.4;
        const int scale = task_.scale, last = margin / scale;  // of the input's rows and columns
        const int top = is_part ? random.integer(0, last) : 0, left = is_part ? random.integer(0, last) : 0;
        cut(damaged, top, left, input);
        cut(clean, scale * top, scale * left, target);
    }

  private:
    static void cut(const depix::Image& image, int top, int left, depix::View<float> part) {
        depix::copy(depix::as_view(depix::crop(image, top, left, part.height, part.width)), part);
    }

    depix::DamagedImageSource parts_;
    Task task_;
    std::uint64_t seed_;
};

/// The middles of the photographs that are held out.
inline std::vector<depix::Image> validation_images(const depix::ImageFolder& folder) {
    std::vector<depix::Image> images;
    for (std::size_t i = 0; i < folder.size(); ++i) {
        const depix::Image whole = folder.read(i);
        const int height = std::min(whole.shape.height, 192) / 4 * 4, width = std::min(whole.shape.width, 192) / 4 * 4;
        images.push_back(
            depix::crop(whole, (whole.shape.height - height) / 2, (whole.shape.width - width) / 2, height, width));
    }
    return images;
}

/// The mean PSNR over the pictures, kind by kind.
template <depix::Module Network>
std::string validate(const depix::Model<Network>& model, const Task& task, const std::vector<depix::Image>& images,
                     int threads) {
    const depix::Inference<Network> network(model, threads);
    std::string text;
    for (const NamedDamage& kind : task.test_damages) {
        double sum = 0;
        for (std::size_t i = 0; i < images.size(); ++i) {
            depix::Random random(2026, 0, i);
            const depix::Image input = kind.degrade(images[i], false, random);
            sum += score(task, depix::quantized(depix::restore(network, input)), images[i], mask_of(input));
        }
        std::array<char, 32> number{};
        std::snprintf(number.data(), number.size(), ",%.2f", sum / static_cast<double>(images.size()));
        text += number.data();
    }
    return text;
}

/// Small last convolutions: every block starts near the identity, and so does the network.
template <depix::Module Network>
void calm(depix::Model<Network>& model) {
    for (auto& tensor : model.tensors()) {
        const float factor = tensor.name.ends_with("conv2.weight")  ? 0.2f
                             : tensor.name.ends_with("tail.weight") ? 0.05f
                                                                    : 1.0f;
        for (float& value : tensor.values) value *= factor;
    }
}

/// The log, with a line of names if it is new.
inline std::FILE* open_log(const std::string& path, const Task& task) {
    std::FILE* log = std::fopen(path.c_str(), "a");
    if (log == nullptr) throw depix::FileError(path, "cannot be written");
    if (std::filesystem::file_size(path) > 0) return log;
    std::fprintf(log, "step,seconds,learning_rate,loss");
    for (const NamedDamage& kind : task.test_damages) {
        std::string name = kind.name;
        std::erase(name, ',');
        std::fprintf(log, ",%s", name.c_str());
    }
    std::fprintf(log, "\n");
    return log;
}

template <depix::Module Network, class Loss>
int train_network(const TrainOptions& options, Loss loss) {
    const std::filesystem::path run =
        options.run.empty() ? std::filesystem::path("runs") / options.task.name : options.run;
    std::filesystem::create_directories(run);
    const auto file = [&](const std::string& name) { return (run / name).string(); };
    const std::string checkpoint = file("checkpoint.safetensors"), average_file = file("average.safetensors");

    const int whole = options.task.scale * options.size + DamagedParts::margin;
    const depix::ImageOptions cut{.shape = {3, whole, whole},
                                  .enlarge = true,
                                  .crops_per_image = 64,
                                  .damage = [](depix::Image&, depix::Random&) {},
                                  .seed = 2 * options.seed};
    const depix::ImageFolder folder(options.images / "train", {.channels = 3});
    const depix::Loader loader{
        depix::AnyPairSource(DamagedParts(depix::DamagedImageSource(folder, cut, depix::Keep::InMemory, 1),
                                          options.task, 2 * options.seed + 1)),
        {.batch_size = options.batch_size, .threads = 1, .ahead = 4, .seed = options.seed, .keep_partial = false}};
    const auto held_out = validation_images(depix::ImageFolder(options.images / "held_out", {.channels = 3}));

    depix::Model<Network> model(options.seed, depix::Initialisation::HeNormal);
    calm(model);
    if (!options.start.empty()) depix::load(model, options.start.string());
    depix::Trainer trainer{model,         loss,
                           depix::Adam{}, depix::TrainerOptions{.max_gradient_norm = options.max_gradient_norm},
                           depix::Cpu{},  options.threads};
    const depix::WarmUpCosine schedule{
        .learning_rate = options.learning_rate, .steps = options.steps, .warm_up_steps = 300};
    depix::Progress<Network> progress;
    progress.steps_per_epoch = static_cast<std::int64_t>(loader.steps());
    depix::Model<Network> average = model;
    if (std::filesystem::exists(checkpoint)) {
        progress = depix::load_checkpoint(checkpoint, trainer, progress.steps_per_epoch);
        depix::load(average, average_file);
    }

    // The average is written first: a run that is killed between the two only averages a few steps twice.
    const auto save = [&] {
        depix::save(average, average_file);
        depix::save(average, file(options.task.name + ".safetensors"), {.dtype = depix::DataType::F16});
        depix::save_checkpoint(checkpoint, trainer, progress);
    };
    std::FILE* log = open_log(file("log.csv"), options.task);

    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    double loss_sum = 0;
    std::int64_t losses = 0;
    std::int64_t done = progress.epoch * progress.steps_per_epoch + progress.step;
    while (done < options.steps) {
        auto&& batches =
            loader.epoch(static_cast<std::uint64_t>(progress.epoch), static_cast<std::size_t>(progress.step));
        for (const auto& [damaged, target] : batches) {
            trainer.optimizer.learning_rate = schedule(done);
            loss_sum += trainer.step(damaged, target);
            ++losses;
            ++done;
            ++progress.step;

            // A young average forgets faster: the first weights are no better than chance.
            const double young = static_cast<double>(1 + done) / (10.0 + static_cast<double>(done));
            depix::move_average(average, model, std::min(options.average_decay, young));

            if (done % options.validate_every == 0 || done == options.steps) {
                std::fprintf(log, "%lld,%.0f,%.3g,%.6f%s\n", static_cast<long long>(done),
                             std::chrono::duration<double>(Clock::now() - start).count(),
                             trainer.optimizer.learning_rate, loss_sum / static_cast<double>(losses),
                             validate(average, options.task, held_out, options.threads).c_str());
                std::fflush(log);
                loss_sum = 0;
                losses = 0;
            }
            if (done % options.save_every == 0 || done == options.steps) save();
            if (done == options.steps) break;
        }
        if (progress.step == progress.steps_per_epoch) {
            ++progress.epoch;
            progress.step = 0;
        }
    }
    std::fclose(log);
    return 0;
}

int train_enlarger(const TrainOptions& options);

}  // namespace example

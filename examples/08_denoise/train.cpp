// train: photographs in, noise drawn on the fly.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <string>

#include "commands.hpp"
#include "depix/data/loader.hpp"
#include "depix/data/sources/picture_source.hpp"
#include "depix/models/denoiser.hpp"
#include "depix/restore/restore.hpp"
#include "depix/train/checkpoint.hpp"
#include "depix/train/trainer.hpp"
#include "noise.hpp"

namespace {

using depix::Denoiser;

/// sqrt((y - t)^2 + e^2), e = 1/1000: an absolute error with a derivative at 0 (Charbonnier et al. 1994). Unlike the
/// squared error it does not forget weak noise over strong noise.
struct Charbonnier {
    static constexpr const char* name = "charbonnier";
    template <class T>
    static constexpr T value(T y, T t) {
        return std::sqrt((y - t) * (y - t) + T(1e-6));
    }
    template <class T>
    static constexpr T gradient(T y, T t) {
        return (y - t) / std::sqrt((y - t) * (y - t) + T(1e-6));
    }
};

/// Parts of photographs, a third of them without colour, and noise.
class NoisyParts {
  public:
    NoisyParts(depix::DamagedPictureSource parts, std::uint64_t seed) : parts_(std::move(parts)), seed_(seed) {}

    std::size_t size() const { return parts_.size(); }
    depix::Shape input_shape() const { return parts_.input_shape(); }
    depix::Shape target_shape() const { return parts_.target_shape(); }

    void pair(std::uint64_t epoch, std::size_t index, depix::View<float> input, depix::View<float> target) const {
        parts_.pair(epoch, index, input, target);
        depix::Image picture(target_shape());
        const auto copy = [&](auto&& each) {
            float* pixel = picture.pixels.data();
            for (int channel = 0; channel < target.channels; ++channel)
                for (int y = 0; y < target.height; ++y, pixel += target.width) each(pixel, channel, y);
        };
        copy([&](float* pixel, int channel, int y) { std::copy_n(target.row(0, channel, y), target.width, pixel); });
        depix::Random random(seed_, epoch, index);
        const bool is_grey = random.uniform() < 0.35;
        if (is_grey) {
            picture = depix::quantized(example::without_colour(picture));
            copy(
                [&](float* pixel, int channel, int y) { std::copy_n(pixel, target.width, target.row(0, channel, y)); });
        }
        example::training_noise(picture, is_grey, random);
        copy([&](float* pixel, int channel, int y) { std::copy_n(pixel, input.width, input.row(0, channel, y)); });
    }

  private:
    depix::DamagedPictureSource parts_;
    std::uint64_t seed_;
};

/// The middles of the photographs that are held out.
std::vector<depix::Image> validation_pictures(const depix::PictureFolder& folder) {
    std::vector<depix::Image> pictures;
    for (std::size_t i = 0; i < folder.size(); ++i) {
        const depix::Image whole = folder.read(i);
        const int height = std::min(whole.shape.height, 192), width = std::min(whole.shape.width, 192);
        pictures.push_back(
            depix::crop(whole, (whole.shape.height - height) / 2, (whole.shape.width - width) / 2, height, width));
    }
    return pictures;
}

/// The mean PSNR over the pictures, kind by kind.
std::string validate(const depix::Model<Denoiser>& model, const std::vector<depix::Image>& pictures, int threads) {
    const depix::Inference<Denoiser> network(model, threads);
    std::string text;
    for (const example::NamedDamage& kind : example::test_noise()) {
        double sum = 0;
        for (std::size_t i = 0; i < pictures.size(); ++i) {
            depix::Image noisy = pictures[i];
            depix::Random random(2026, 0, i);
            kind.damage(noisy, random);
            const depix::Image restored = depix::restore(network, depix::quantized(std::move(noisy)));
            const double error = depix::mean_squared_error(depix::quantized(restored), pictures[i]);
            sum += depix::decibels(std::max(error, 1e-7));
        }
        std::array<char, 32> number{};
        std::snprintf(number.data(), number.size(), ",%.2f", sum / static_cast<double>(pictures.size()));
        text += number.data();
    }
    return text;
}

/// Small last convolutions: every block starts near the identity, and so does the network.
void calm(depix::Model<Denoiser>& model) {
    for (auto& tensor : model.tensors()) {
        const float factor = tensor.name.ends_with("conv2.weight") ? 0.2f : tensor.name == "tail.weight" ? 0.05f : 1.0f;
        for (float& value : tensor.values) value *= factor;
    }
}

}  // namespace

int example::train(const TrainOptions& options) {
    std::filesystem::create_directories(options.run);
    const auto file = [&](const char* name) { return (options.run / name).string(); };
    const std::string checkpoint = file("checkpoint.safetensors"), average_file = file("average.safetensors"),
                      log_file = file("log.csv");

    depix::PictureFolder folder(options.pictures / "train", {.channels = 3});
    depix::PictureOptions cut{.shape = {3, options.size, options.size},
                              .enlarge = true,
                              .crops_per_picture = 64,
                              .damage = [](depix::Image&, depix::Random&) {},
                              .seed = 2 * options.seed};
    const depix::Loader loader{
        depix::AnyPairSource(
            NoisyParts(depix::DamagedPictureSource(folder, cut, depix::Keep::InMemory, 1), 2 * options.seed + 1)),
        {.batch_size = options.batch_size, .threads = 1, .ahead = 4, .seed = options.seed, .keep_partial = false}};
    const auto held_out = validation_pictures(depix::PictureFolder(options.pictures / "held_out", {.channels = 3}));

    depix::Model<Denoiser> model(options.seed, depix::Initialisation::HeNormal);
    calm(model);
    if (!options.start.empty()) depix::load(model, options.start.string());
    depix::Trainer trainer{model, Charbonnier{}, depix::Adam{.learning_rate = options.learning_rate}, depix::Cpu{},
                           options.threads};
    depix::Progress<Denoiser> progress;
    progress.steps_per_epoch = static_cast<std::int64_t>(loader.steps());
    depix::Model<Denoiser> average = model;
    if (std::filesystem::exists(checkpoint)) {
        progress = depix::load_checkpoint(checkpoint, trainer, progress.steps_per_epoch);
        depix::load(average, average_file);
    }

    // The average is written first: a run that is killed between the two only averages a few steps twice.
    const auto save = [&] {
        depix::save(average, average_file);
        depix::save(average, file("denoiser.safetensors"), {.dtype = depix::DataType::F16});
        depix::save_checkpoint(checkpoint, trainer, progress);
    };
    std::FILE* log = std::fopen(log_file.c_str(), "a");
    if (log == nullptr) throw depix::FileError(log_file, "cannot be written");
    std::fprintf(log, "step,seconds,learning_rate,loss");
    for (const NamedDamage& kind : test_noise()) {
        std::string name = kind.name;
        std::erase(name, ',');
        std::fprintf(log, ",%s", name.c_str());
    }
    std::fprintf(log, "\n");

    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    double loss_sum = 0;
    std::int64_t losses = 0;
    std::int64_t done = progress.epoch * progress.steps_per_epoch + progress.step;
    while (done < options.steps) {
        auto&& batches =
            loader.epoch(static_cast<std::uint64_t>(progress.epoch), static_cast<std::size_t>(progress.step));
        for (const auto& [noisy, target] : batches) {
            const double part = static_cast<double>(done - options.from) /
                                static_cast<double>(std::max<std::int64_t>(options.steps - options.from, 1));
            const double warm_up = std::min(
                1.0, static_cast<double>(done - options.from + 1) / static_cast<double>(options.warm_up_steps));
            trainer.optimizer.learning_rate =
                options.learning_rate * warm_up * 0.5 * (1 + std::cos(std::numbers::pi * part));
            loss_sum += trainer.step(noisy, target);
            ++losses;
            ++done;
            ++progress.step;

            // A young average forgets faster: the first weights are no better than chance.
            const double keep =
                std::min(options.average_decay, static_cast<double>(1 + done) / (10.0 + static_cast<double>(done)));
            const auto now = std::as_const(model).parameters();
            const auto mean = average.parameters();
            for (std::size_t i = 0; i < now.size(); ++i)
                mean[i] = static_cast<float>(keep) * mean[i] + static_cast<float>(1 - keep) * now[i];

            if (done % options.validate_every == 0 || done == options.steps) {
                std::fprintf(log, "%lld,%.0f,%.3g,%.6f%s\n", static_cast<long long>(done), seconds(),
                             trainer.optimizer.learning_rate, loss_sum / static_cast<double>(losses),
                             validate(average, held_out, options.threads).c_str());
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

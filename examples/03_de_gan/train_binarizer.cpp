// train-binarizer: trains depix's own binarizer (depix/models/binarizer.hpp) on drawn pages, and on real ones if given.
// There is no discriminator: the loss is cross-entropy, and Dice's for each page, by which rare ink counts as much as
// frequent paper.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "binarizer_pages.hpp"
#include "commands.hpp"
#include "depix/data/loader.hpp"
#include "depix/metrics/binarization.hpp"
#include "depix/models/binarizer.hpp"
#include "depix/restore/binarize_page.hpp"
#include "depix/train/checkpoint.hpp"
#include "depix/train/moving_average.hpp"
#include "depix/train/schedule.hpp"
#include "depix/train/trainer.hpp"

namespace {

using Network = depix::Binarizer;

/// The mean over pictures of
///
///     cross-entropy + dice (1 - (2 sum(p q) + 100) / (sum(p) + sum(q) + 100))
///
/// with the ink's probability p and the true ink q. The 100 pixels keep pages without ink finite.
struct CrossEntropyAndDice {
    static constexpr const char* name = "cross-entropy and Dice";
    double dice = 0.3;

    template <class T>
    double add(depix::View<const T> y, depix::View<const T> t, depix::View<T> dy, double weight) const {
        const double pixels = static_cast<double>(y.shape().size());
        double total = 0;
        for (int n = 0; n < y.batch; ++n) {
            const double share = weight / y.batch;
            total += depix::sum_loss(depix::BinaryCrossEntropy{}, y, t, dy, n, static_cast<T>(share / pixels), true) /
                     pixels;
            double both = 100, sum = 100;
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) {
                    const double p = 1 - static_cast<double>(y(n, 0, i, j)), q = 1 - static_cast<double>(t(n, 0, i, j));
                    both += 2 * p * q;
                    sum += p + q;
                }
            total += dice * (1 - both / sum);
            if (dy.data == nullptr) continue;
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) {
                    const double q = 1 - static_cast<double>(t(n, 0, i, j));
                    dy(n, 0, i, j) += static_cast<T>(share * dice * (2 * q / sum - both / (sum * sum)));
                }
        }
        return total / y.batch;
    }
};

/// Small last convolutions: every block starts near the identity.
void calm(depix::Model<Network>& model) {
    for (auto& tensor : model.tensors()) {
        const float factor = tensor.name.ends_with("conv2.weight")  ? 0.2f
                             : tensor.name.ends_with("tail.weight") ? 0.1f
                                                                    : 1.0f;
        for (float& value : tensor.values) value *= factor;
    }
}

/// The mean F-measure of drawn pages that have ink.
double validate(const depix::Model<Network>& model, const example::BinarizerPages& pages, int threads) {
    const depix::Inference<Network> network(model, threads);
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < pages.size(); ++i) {
        const example::PagePair page = pages.page(0, i);
        if (std::ranges::none_of(page.clean.pixels, [](float value) { return value < 0.5f; })) continue;
        const depix::Image found = depix::binarize(depix::binarize_page(network, page.degraded), 0.5);
        sum += depix::score_binarization(found, page.clean).f_measure;
        ++count;
    }
    return sum / std::max(count, 1.0);
}

std::FILE* open_log(const std::string& path) {
    std::FILE* log = std::fopen(path.c_str(), "a");
    if (log == nullptr) throw depix::FileError(path, "cannot be written");
    if (std::filesystem::file_size(path) == 0) std::fprintf(log, "step,seconds,learning_rate,loss,drawn_f_measure\n");
    return log;
}

}  // namespace

int example::train_binarizer(const TrainBinarizerOptions& options) {
    std::filesystem::create_directories(options.run);
    const auto file = [&](const std::string& name) { return (options.run / name).string(); };
    const std::string checkpoint = file("checkpoint.safetensors"), average_file = file("average.safetensors");

    const std::vector<PagePair> real =
        options.pages.empty() ? std::vector<PagePair>{} : read_pages(options.pages, options.only);
    const depix::Loader loader{
        depix::AnyPairSource(BinarizerPages(real, {.real_share = options.real_share, .seed = 2 * options.seed})),
        {.batch_size = options.batch_size, .threads = 1, .ahead = 4, .seed = options.seed}};
    const BinarizerPages held_out({}, {.pairs = 48, .seed = 2 * options.seed + 1});

    depix::Model<Network> model(options.seed, depix::Initialisation::HeNormal);
    calm(model);
    if (!options.start.empty()) depix::load(model, options.start.string());
    depix::Trainer trainer{model,         CrossEntropyAndDice{},
                           depix::Adam{}, depix::TrainerOptions{.max_gradient_norm = options.max_gradient_norm},
                           depix::Cpu{},  options.threads};
    const depix::WarmUpCosine schedule{
        .learning_rate = options.learning_rate, .steps = options.steps, .warm_up_steps = options.steps / 50};
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
        depix::save(average, file("binarizer.safetensors"), {.dtype = depix::DataType::F16});
        depix::save_checkpoint(checkpoint, trainer, progress);
    };
    std::FILE* log = open_log(file("log.csv"));

    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    double loss_sum = 0;
    std::int64_t losses = 0;
    std::int64_t done = progress.epoch * progress.steps_per_epoch + progress.step;
    while (done < options.steps) {
        auto&& batches =
            loader.epoch(static_cast<std::uint64_t>(progress.epoch), static_cast<std::size_t>(progress.step));
        for (const auto& [contrast, target] : batches) {
            trainer.optimizer.learning_rate = schedule(done);
            loss_sum += trainer.step(contrast, target);
            ++losses;
            ++done;
            ++progress.step;
            // A young average forgets faster: the first weights are no better than chance.
            const double young = static_cast<double>(1 + done) / (10.0 + static_cast<double>(done));
            depix::move_average(average, model, std::min(options.average_decay, young));
            const bool last = done == options.steps;
            if (done % options.validate_every == 0 || last) {
                std::fprintf(log, "%lld,%.0f,%.3g,%.5f,%.2f\n", static_cast<long long>(done),
                             std::chrono::duration<double>(Clock::now() - start).count(),
                             trainer.optimizer.learning_rate, loss_sum / static_cast<double>(losses),
                             validate(average, held_out, options.threads));
                std::fflush(log);
                loss_sum = 0;
                losses = 0;
            }
            if (done % options.save_every == 0 || last) save();
            if (last) break;
        }
        if (progress.step == progress.steps_per_epoch) {
            ++progress.epoch;
            progress.step = 0;
        }
    }
    std::fclose(log);
    return 0;
}

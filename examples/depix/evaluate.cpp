// evaluate: damages clean pictures, always in the same way, restores them by every model that is meant for that and by
// methods that need no training, and prints how near each comes to the clean picture.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "choose.hpp"
#include "commands.hpp"
#include "depix/data/sources/image_folder.hpp"
#include "depix/image/resize.hpp"
#include "depix/metrics/fidelity.hpp"
#include "evaluation.hpp"
#include "examine.hpp"
#include "image.hpp"
#include "models.hpp"

namespace {

using depix::Image;

// A column of a table: what is restored, how well, and in which time.
struct Column {
    std::string name;
    std::function<Image(const tool::Damaged&)> restore;  // empty: the damaged picture itself
    double sum = 0;                                      // of the scores of a row
    double seconds = 0, megapixels = 0;
};

int width_of(const Column& column) { return std::max(9, static_cast<int>(column.name.size())) + 2; }

std::function<Image(const tool::Damaged&)> restored_by(const std::string& name, int scale, int threads) {
    tool::ModelOptions named;
    named.name = name;
    const auto model = std::make_shared<const tool::ChosenModel>(tool::choose_model(named));
    const std::shared_ptr<const tool::Restorer> network =
        model->architecture->load(model->weights, tool::Backend::Cpu, threads, model->noise);
    tool::RestoreOptions options;
    options.scale = scale;
    const tool::Recipe recipe = tool::make_recipe(*model, options);
    return [model, network, recipe](const tool::Damaged& damaged) {
        const auto [channels, height, width] = damaged.picture.shape;
        const tool::Cut cut = tool::cut_image(*model->architecture, height, width, 0, 1);
        tool::Recipe own = recipe;
        own.mask.picture = damaged.mask;
        return tool::restore_image(*network, own, {.color = damaged.picture}, cut.tiles).color;
    };
}

std::vector<Column> columns_of(const tool::Evaluation& evaluation, int threads) {
    std::vector<Column> columns;
    if (evaluation.scale == 1) columns.push_back({"damaged", {}});
    for (const tool::ClassicalMethod& method : evaluation.methods) columns.push_back({method.name, method.restore});
    for (const std::string& name : evaluation.models)
        columns.push_back({name, restored_by(name, evaluation.scale, threads)});
    return columns;
}

void measure(Column& column, const tool::Evaluation& evaluation, const tool::Damaged& damaged) {
    if (!column.restore) {
        column.sum += evaluation.score(damaged.picture, damaged);
        return;
    }
    const auto start = std::chrono::steady_clock::now();
    const Image restored = column.restore(damaged);
    column.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    column.megapixels += static_cast<double>(damaged.picture.shape.area()) / 1e6;
    const Image channels = depix::convert_channels(restored, damaged.truth.shape.channels);
    column.sum += evaluation.score(depix::quantized(channels), damaged);
}

void print_line(const std::string& name, const std::vector<Column>& columns, double (*value)(const Column&)) {
    std::printf("%-36s", name.c_str());
    for (const Column& column : columns) {
        const double number = value(column);
        if (number < 0)
            std::printf("%*s", width_of(column), "-");
        else
            std::printf("%*.2f", width_of(column), number);
    }
    std::printf("\n");
    std::fflush(stdout);
}

// Calls visit(damaged) for each picture of the folder, damaged in this way.
void for_each_damaged(const tool::DamageKind& damage, const depix::ImageFolder& folder, std::size_t count,
                      const tool::EvaluateOptions& options, const std::function<void(const tool::Damaged&)>& visit) {
    for (std::size_t i = 0; i < count; ++i) {
        Image clean = folder.read(i);
        if (options.grey && !options.pages) clean = depix::quantized(depix::convert_channels(depix::luma(clean), 3));
        try {
            depix::Random random(options.seed, 0, i);
            visit(damage.draw(clean, options.grey, random));
        } catch (const depix::FileError&) {
            throw;
        } catch (const depix::Error& error) {  // too small for this damage
            throw depix::FileError(folder.path(i), error.what());
        }
    }
}

// How often the right model is chosen for a picture of which nothing is said.
void evaluate_choice(const tool::Evaluation& evaluation, const depix::ImageFolder& folder, std::size_t count,
                     const tool::EvaluateOptions& options) {
    if (!evaluation.is_choosable) return;
    for (const tool::DamageKind& damage : evaluation.damages) {
        std::map<std::string, std::size_t> chosen;
        for_each_damaged(damage, folder, count, options, [&](const tool::Damaged& damaged) {
            tool::Findings found = tool::examine(damaged.picture);
            found.jpeg_quality = damage.jpeg_quality;
            ++chosen[tool::choose(found, 0).model];
        });
        std::printf("%-36s  %4zu of %zu right:", damage.name.c_str(), chosen[damage.right], count);
        for (const auto& [model, times] : chosen)
            if (times > 0) std::printf(" %s %zu", model.empty() ? "nothing" : model.c_str(), times);
        std::printf("\n");
        std::fflush(stdout);
    }
}

void evaluate_one(const tool::Evaluation& evaluation, const depix::ImageFolder& folder, std::size_t count,
                  const tool::EvaluateOptions& options) {
    std::vector<Column> columns = columns_of(evaluation, options.threads);
    std::printf("\n%s, %zu %s%s\n%-36s", evaluation.title.c_str(), count, count == 1 ? "picture" : "pictures",
                options.grey ? ", grey as RGB" : "", "");
    for (const Column& column : columns) std::printf("%*s", width_of(column), column.name.c_str());
    std::printf("\n");
    for (const tool::DamageKind& damage : evaluation.damages) {
        for (Column& column : columns) column.sum = 0;
        for_each_damaged(damage, folder, count, options, [&](const tool::Damaged& damaged) {
            for (Column& column : columns) measure(column, evaluation, damaged);
        });
        for (Column& column : columns) column.sum /= static_cast<double>(count);
        print_line(damage.name, columns, [](const Column& column) { return column.sum; });
    }
    print_line("seconds a megapixel of the input", columns,
               [](const Column& column) { return column.restore ? column.seconds / column.megapixels : -1.0; });
}

}  // namespace

int tool::evaluate(const EvaluateOptions& options) {
    const depix::ImageFolder folder(options.pictures, {.channels = options.pages ? 1 : 3});
    if (folder.size() == 0) throw depix::FileError(options.pictures, "holds no picture");
    const std::size_t count =
        options.most > 0 ? std::min(folder.size(), static_cast<std::size_t>(options.most)) : folder.size();
    std::string names;
    bool found = false;
    for (const Evaluation& evaluation : options.pages ? page_evaluations() : photograph_evaluations()) {
        if (!names.ends_with(evaluation.name)) names += (names.empty() ? "" : ", ") + evaluation.name;
        if (!options.task.empty() && evaluation.name != options.task) continue;
        (options.choice ? evaluate_choice : evaluate_one)(evaluation, folder, count, options);
        found = true;
    }
    if (!found) throw UsageError("--task " + options.task + ": there are " + names);
    return 0;
}

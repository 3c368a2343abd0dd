// restore: restores a picture, or a folder of them.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "automatic.hpp"
#include "commands.hpp"
#include "files.hpp"
#include "folder.hpp"
#include "image.hpp"
#include "jobs.hpp"
#include "models.hpp"
#include "progress.hpp"

namespace fs = std::filesystem;

namespace {

// Says what was chosen, and why.
void announce(const tool::Job& job, const tool::Choice& choice) {
    const std::string name = job.input == "-" ? "standard input" : job.input.string();
    if (choice.model.empty())
        std::fprintf(stderr, "depix: %s: there is nothing to do, because %s\n", name.c_str(), choice.why.c_str());
    else
        std::fprintf(stderr, "depix: %s: -m %s, because %s\n", name.c_str(), choice.model.c_str(), choice.why.c_str());
}

int write(const tool::RestoreOptions& options, const tool::Job& job, const tool::Picture& picture,
          const tool::Format& format) {
    tool::write_picture(job.output, picture, format, options.quality);
    for (const std::string& warning : tool::warnings_of(picture.image, format))
        std::fprintf(stderr, "depix: warning: %s: %s\n",
                     job.input == "-" ? "standard input" : job.input.string().c_str(), warning.c_str());
    return 0;
}

// A model and what it is told, which holds for all pictures.
struct Prepared {
    tool::ChosenModel model;
    tool::Recipe recipe;
};

Prepared prepare(const tool::ModelOptions& named, const tool::RestoreOptions& options) {
    Prepared prepared{tool::choose_model(named), {}};
    prepared.recipe = tool::make_recipe(prepared.model, options);
    return prepared;
}

// Restores a picture that has been read.
int restore_read(const tool::RestoreOptions& options, const Prepared& prepared, const tool::Job& job,
                 tool::Picture picture) {
    const tool::ChosenModel& model = prepared.model;
    const tool::Recipe& recipe = prepared.recipe;
    const tool::Format& format = tool::output_format(options, job.output);

    const int height = picture.image.color.shape.height, width = picture.image.color.shape.width;
    tool::Cut cut = tool::cut_image(*model.architecture, height, width, options.tile, options.threads.restore);
    const auto network = model.architecture->load(model.weights, model.backend, cut.threads, model.noise);

    tool::Progress progress(
        static_cast<std::size_t>(cut.count) * static_cast<std::size_t>(picture.pages) * (recipe.flips ? 8 : 1),
        "tiles");
    std::size_t done = 0;
    if (cut.count > 0) cut.tiles.progress = [&](int, int) { progress.show(++done); };
    const auto start = std::chrono::steady_clock::now();
    // The first page decides on the threads, and each on its tiles.
    const auto restore_page = [&](depix::ImageFile page) {
        const depix::Shape shape = page.color.shape;
        const tool::Cut own =
            tool::cut_image(*model.architecture, shape.height, shape.width, options.tile, options.threads.restore);
        cut.tiles.size = own.tiles.size;
        return tool::restore_image(*network, recipe, std::move(page), cut.tiles);
    };
    picture = tool::restore_pages(std::move(picture), job.input, options, format, restore_page);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    progress.clear();
    if (options.verbose) {
        const depix::Shape result = picture.image.color.shape;
        const std::string size = picture.pages > 1
                                     ? std::to_string(picture.pages) + " pages"
                                     : std::to_string(result.width) + "x" + std::to_string(result.height) + " pixels";
        std::fprintf(stderr, "%s: %dx%d to %s in %.3f s, %s\n", job.input.string().c_str(), width, height, size.c_str(),
                     time.count(), to_string(cut).c_str());
    }
    return write(options, job, picture, format);
}

// Without a model, one is chosen.
int restore_one(const tool::RestoreOptions& options, const Prepared* prepared) {
    const tool::Job job = tool::plan_file(options);
    const tool::Format& format = tool::output_format(options, job.output);
    if (options.skip_existing && job.output != "-" && fs::exists(job.output)) return 0;

    tool::check_writable(job.output);
    tool::Picture picture = tool::read_picture(job.input, options, format);
    if (prepared != nullptr) return restore_read(options, *prepared, job, std::move(picture));
    const tool::Choice choice = tool::choose_for(picture, options.scale);
    announce(job, choice);
    if (choice.model.empty()) {
        picture.is_unchanged = options.page == 0;
        return write(options, job, picture, format);
    }
    tool::ModelOptions named = options.model;
    named.name = choice.model;
    return restore_read(options, prepare(named, options), job, std::move(picture));
}

// "denoise 12, dejpeg 3, left as they are 5".
std::string list_of(const std::map<std::string, std::size_t>& chosen) {
    std::string text;
    for (const auto& [model, count] : chosen)
        if (!model.empty()) text += (text.empty() ? "" : ", ") + model + " " + std::to_string(count);
    const auto unchanged = chosen.find("");
    if (unchanged != chosen.end())
        text += (text.empty() ? "left as they are " : ", left as they are ") + std::to_string(unchanged->second);
    return text;
}

// Each picture is restored by one thread, and as many pictures at a time as there are threads.
tool::FolderResult restore_all(const tool::RestoreOptions& options, const Prepared* prepared,
                               const std::vector<tool::Job>& jobs) {
    if (prepared == nullptr) {
        tool::AutomaticRestorer restorer(options);
        const auto restore = [&restorer](const tool::Job& job, tool::Picture picture) {
            return restorer(job, std::move(picture));
        };
        tool::FolderResult result = tool::restore_folder(restore, jobs, options);
        if (!restorer.chosen().empty())
            std::fprintf(stderr, "depix: models chosen: %s (-v says why)\n", list_of(restorer.chosen()).c_str());
        return result;
    }
    const tool::ChosenModel& model = prepared->model;
    const auto network = model.architecture->load(model.weights, model.backend, 1, model.noise);
    return tool::restore_folder(tool::restorer_of(*network, prepared->recipe, options), jobs, options);
}

int restore_many(const tool::RestoreOptions& options, const Prepared* prepared) {
    const tool::FolderJobs plan = tool::plan_folder(options);
    const tool::FolderResult result = restore_all(options, prepared, plan.jobs);

    for (const auto& [text, pictures] : result.warnings)
        std::fprintf(stderr, "depix: warning: %s%s: %s\n", pictures.first.c_str(), pictures.others().c_str(),
                     text.c_str());
    std::fprintf(stderr, "depix: %zu of %zu pictures restored in %.1f s, %.1f a second", result.restored,
                 plan.jobs.size(), result.seconds,
                 result.seconds > 0 ? static_cast<double>(result.restored) / result.seconds : 0.0);
    if (plan.skipped > 0) std::fprintf(stderr, "; %zu were there already", plan.skipped);
    if (result.failures.empty() && plan.left_out.empty() && !result.interrupted)
        std::fprintf(stderr, "; none left out");
    std::fprintf(stderr, "\n");
    if (!result.failures.empty()) {
        std::fprintf(stderr, "depix: %zu of %zu pictures could not be restored:\n", result.failures.size(),
                     plan.jobs.size());
        for (const tool::Failure& failure : result.failures) {
            const bool named = failure.why.starts_with(failure.input);  // the error names the file itself
            std::fprintf(stderr, "  %s%s%s\n", named ? "" : failure.input.c_str(), named ? "" : ": ",
                         failure.why.c_str());
        }
    }
    if (!plan.left_out.empty()) {
        std::fprintf(stderr, "depix: %zu left out:\n", plan.left_out.size());
        for (const auto& [path, why] : plan.left_out) std::fprintf(stderr, "  %s: %s\n", path.c_str(), why.c_str());
    }
    if (result.interrupted) {
        std::fprintf(stderr, "depix: interrupted; --skip-existing goes on from here\n");
        return 130;  // as in shells
    }
    return result.failures.empty() && plan.left_out.empty() ? 0 : 1;
}

}  // namespace

int tool::restore(const RestoreOptions& options) {
    ModelOptions options_of_model = options.model;
    const bool has_mask = !options.mask.empty() || !options.mask_colour.empty();
    if (options_of_model.name.empty() && has_mask) options_of_model.name = "inpaint";
    if (options.scale == std::floor(options.scale) && options.scale < 100)
        options_of_model.scale = static_cast<int>(options.scale);  // -n NAME -s 2 is NAME-x2
    const bool folder = options.input != "-" && fs::is_directory(options.input);
    std::optional<Prepared> prepared;
    if (!options_of_model.name.empty()) {
        prepared = prepare(options_of_model, options);  // refuses a scale that the model does not have
        require_mask(prepared->recipe);
        if (options.verbose) {
            const ChosenModel& model = prepared->model;
            std::fprintf(stderr, "%s: %s, %zu parameters, on %s; threads %d:%d:%d\n", model.name.c_str(),
                         model.architecture->name.c_str(), model.architecture->parameters,
                         options.model.backend.c_str(), options.threads.load, options.threads.restore,
                         options.threads.save);
        }
    } else {  // what no model takes is refused, whatever the pictures need
        ModelOptions any = options.model;
        any.name = "denoise";
        choose_model(any);
        if (options.scale != 0 && options.scale < 1) throw UsageError("-s: no model makes a picture smaller");
    }
    const Prepared* const chosen = prepared ? &*prepared : nullptr;
    if (!folder) return restore_one(options, chosen);
    if (options.output == "-") throw UsageError("-o -: a folder of pictures goes to a folder");
    return restore_many(options, chosen);
}

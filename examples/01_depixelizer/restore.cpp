// restore: restores a picture, or a folder of pictures.
//
// Reading the weights, preparing the network and restoring a picture are one line each:
//
//     load(model, "depixelizer.safetensors");
//     const Inference<Depixelizer> network{model};
//     Image clean = network(read_image("pixeled.png"));
//
// The rest of this file handles whole folders, and makes a sheet that shows before and after. (The networks of
// networks.cpp restore pictures of any size. The depixelizer halves a picture three times, so it needs sides that
// are multiples of 8; depix::restore continues other pictures by reflection.)
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>

#include "../plan_jobs.hpp"
#include "commands.hpp"
#include "depix/image/pixelate.hpp"
#include "depix/metrics/fidelity.hpp"
#include "images.hpp"
#include "networks.hpp"

namespace fs = std::filesystem;

namespace {

struct Task {
    example::Job job;
    std::optional<fs::path> clean;
};

struct Result {
    depix::Image damaged, restored;
    std::optional<depix::Image> clean;
};

// Decides what to restore, and where to put it. Results of a folder are PNG files, so that nothing is lost.
std::vector<Task> plan(const fs::path& input, const fs::path& output) {
    if (!fs::is_directory(input)) return {{example::plan_file(input, output, ".png"), {}}};
    const bool pairs = fs::is_directory(input / "pixeled") && fs::is_directory(input / "clean");
    const example::Plan plan = example::plan_folder(pairs ? input / "pixeled" : input, output, {});
    if (!plan.left_out.empty())
        throw depix::FileError(plan.left_out[0].path, plan.left_out[0].why + "; nothing was written");
    std::vector<Task> tasks;
    for (const example::Job& job : plan.jobs) {
        const fs::path twin = input / "clean" / job.input.filename();
        tasks.push_back({job, pairs && fs::exists(twin) ? std::optional(twin) : std::nullopt});
    }
    example::make_folder(output);
    return tasks;
}

// A sheet with one row for each picture: before, after and, where it is known, the clean picture, side by side.
depix::Image make_sheet(const std::vector<Result>& results) {
    constexpr int gap = 8;
    int width = 0, height = 0, columns = 2;
    for (const Result& result : results) {
        width = std::max(width, result.damaged.shape.width);
        height = std::max(height, result.damaged.shape.height);
        if (result.clean) columns = 3;
    }
    const int rows = static_cast<int>(results.size());
    depix::Image sheet({3, rows * (height + gap) + gap, columns * (width + gap) + gap}, 0.75f);
    const auto paste = [&](const depix::Image& image, int row, int column) {
        for (int c = 0; c < 3; ++c)
            for (int y = 0; y < image.shape.height; ++y)
                for (int x = 0; x < image.shape.width; ++x)
                    sheet(c, row * (height + gap) + gap + y, column * (width + gap) + gap + x) = image(c, y, x);
    };
    for (int row = 0; row < rows; ++row) {
        const Result& result = results[static_cast<std::size_t>(row)];
        paste(result.damaged, row, 0);
        paste(result.restored, row, 1);
        if (result.clean) paste(*result.clean, row, 2);
    }
    return sheet;
}

}  // namespace

int example::restore(const RestoreOptions& options) {
    const depix::AnyRestorer network =
        load_network(options.network, options.weights, options.normalise, options.threads, options.device);

    const std::vector<Task> tasks = plan(options.input, options.output);
    std::vector<Result> shown;
    std::vector<double> milliseconds;
    double error_before = 0, error_after = 0;
    int compared = 0, failed = 0;
    for (const auto& [job, clean] : tasks) {
        try {
            Result result{read_image(job.input), {}, {}};
            const auto start = std::chrono::steady_clock::now();
            result.restored = network(result.damaged);
            // Rounded as in the file.
            for (float& value : result.restored.pixels) value = depix::from_byte(depix::to_byte(value));
            milliseconds.push_back(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
            write_image(job.output, result.restored);
            std::printf("%s", job.output.string().c_str());
            if (clean) {
                result.clean = read_image(*clean);
                const double before = depix::mean_squared_error(result.damaged, *result.clean);
                const double after = depix::mean_squared_error(result.restored, *result.clean);
                std::printf("   PSNR %.2f -> %.2f dB", depix::decibels(before), depix::decibels(after));
                error_before += before;
                error_after += after;
                ++compared;
            }
            std::printf("   %.2f ms\n", milliseconds.back());
            if (shown.size() < 16) shown.push_back(std::move(result));
        } catch (const std::exception& error) {  // one bad file does not stop the others
            std::fprintf(stderr, "depixelizer: %s\n", error.what());
            ++failed;
        }
    }
    if (tasks.size() > 1 && !shown.empty()) {
        const fs::path sheet = options.output / "before_after.png";
        // A picture of this name keeps its result.
        if (std::ranges::none_of(tasks, [&](const auto& task) { return task.job.output == sheet; }))
            write_image(sheet, make_sheet(shown));
        std::sort(milliseconds.begin(), milliseconds.end());
        std::printf("%zu pictures, median %.2f ms each", milliseconds.size(), milliseconds[milliseconds.size() / 2]);
        if (compared > 0)
            std::printf("; PSNR of the mean error %.2f -> %.2f dB", depix::decibels(error_before / compared),
                        depix::decibels(error_after / compared));
        std::printf("\nbefore, after%s: %s\n", compared > 0 ? ", and the clean pictures" : "", sheet.string().c_str());
    }
    if (failed > 0)
        std::fprintf(stderr, "depixelizer: %d of %zu pictures could not be restored\n", failed, tasks.size());
    return failed > 0 ? 1 : 0;
}

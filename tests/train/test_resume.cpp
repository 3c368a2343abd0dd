// A run that is killed with SIGKILL again and again, at any moment, ends with the same bits as one that is not killed.
//
// The test starts itself: it runs the program again with only the case "train in a child process", which is otherwise
// left out. So the child begins as any program does, with its own threads, and can be killed without a trace.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../io/temporary_folder.hpp"
#include "tiny.hpp"

using namespace depix;

namespace {

const tiny::Batches training{.count = 30, .seed = 1};
const tiny::Batches validation{.count = 2, .seed = 2};
constexpr int epochs = 6;

struct Run {
    Model<tiny::Network> model{1};
    Trainer<tiny::Network, MeanSquaredError, Adam> trainer{model, MeanSquaredError{}, Adam{}, Cpu{}, 1};
};

FitOptions options(const std::string& folder, std::size_t checkpoint_every_steps = 1) {
    return {
        .epochs = epochs,
        .patience = 2,
        .checkpoint = folder + "/run.safetensors",
        .checkpoint_every_steps = checkpoint_every_steps,
        .best_weights = folder + "/best.safetensors",
        .history_csv = folder + "/history.csv",
        .loss_curve_svg = folder + "/loss.svg",
        .schedule = [](std::int64_t step) { return step < 120 ? 1e-2 : -1e-2; }};  // stops early, after its best epoch
}

constexpr const char* folder_variable = "DEPIX_TEST_RESUME_FOLDER";
constexpr const char* crash_variable = "DEPIX_TEST_RESUME_CRASH";

/// Starts the child; with crash_step > 0 it dies in the middle of writing the checkpoint of that step.
pid_t start_child(const std::string& folder, int crash_step = 0) {
    // All allocations happen before the fork, because after it only exec is safe if this process has threads.
    std::array<const char*, 4> arguments{"test_resume", "--no-skip", "--test-case=train in a child process", nullptr};
    ::setenv(folder_variable, folder.c_str(), 1);
    ::setenv(crash_variable, std::to_string(crash_step).c_str(), 1);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(STDOUT_FILENO);  // the child's doctest report is not needed
        ::execv("/proc/self/exe", const_cast<char* const*>(arguments.data()));
        ::_exit(127);
    }
    REQUIRE(child > 0);
    return child;
}

/// Waits for the child. Returns whether it ran to its end.
bool finished(pid_t child, int expected_signal) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) {
        CHECK(WTERMSIG(status) == expected_signal);
        return false;
    }
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    return true;
}

/// The global step of a checkpoint, or -1 if there is none yet. The file must be whole at any time.
std::int64_t saved_step(const std::string& path) {
    if (!std::filesystem::exists(path)) return -1;
    Run run;
    const auto progress = load_checkpoint(path, run.trainer);
    return progress.epoch * progress.steps_per_epoch + progress.step;
}

/// The values of a file's tensors, without the times that a run took.
std::map<std::string, std::vector<double>> content(const std::string& path) {
    const SafetensorsFile file = SafetensorsFile::read(path);
    std::map<std::string, std::vector<double>> tensors;
    for (const auto& [name, entry] : file.entries) {
        if (name.ends_with("seconds") || name.ends_with("per_second")) continue;
        if (info(entry.dtype).floating) {
            tensors[name] = file.values<double>(name);
        } else {
            // As two halves, which a double holds exactly.
            for (const std::int64_t value : file.values<std::int64_t>(name)) {
                tensors[name].push_back(static_cast<double>(value >> 32));
                tensors[name].push_back(static_cast<double>(value & 0xffffffff));
            }
        }
    }
    return tensors;
}

/// One run, never interrupted, in this process.
const TemporaryFolder& uninterrupted() {
    static const TemporaryFolder folder;
    static const bool done = [] {
        Run run;
        const FitResult result = fit(run.trainer, training, validation, options(folder.path.string(), 0));
        CHECK(result.stopped_early);
        save(run.model, folder / "final.safetensors");
        return true;
    }();
    CHECK(done);
    return folder;
}

void check_equal_to_uninterrupted(const TemporaryFolder& folder) {
    for (const char* name : {"final.safetensors", "best.safetensors"})
        CHECK(read_file(folder / name) == read_file(uninterrupted() / name));
    // The last weights, the optimizer's state, the random state and the history must be equal too.
    CHECK(content(folder / "run.safetensors") == content(uninterrupted() / "run.safetensors"));
}

}  // namespace

TEST_CASE("train in a child process" * doctest::skip()) {
    const char* const folder = std::getenv(folder_variable);
    if (folder == nullptr) return;  // when all cases are run with --no-skip
    const int crash_step = std::atoi(std::getenv(crash_variable));
    Run run;
    const auto crash = [&](const StepReport& report) {
        if (static_cast<std::size_t>(report.epoch - 1) * report.steps + report.step !=
            static_cast<std::size_t>(crash_step))
            return;
        // A file that grows beyond half a checkpoint ends the process, by SIGXFSZ.
        const auto size = std::filesystem::file_size(std::string(folder) + "/run.safetensors");
        const rlimit limit{size / 2, size / 2}, no_core{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core);
        ::setrlimit(RLIMIT_FSIZE, &limit);
    };
    fit(run.trainer, training, validation, options(folder), crash);
    save(run.model, std::string(folder) + "/final.safetensors");
}

TEST_CASE("resume: killed thirty times at random moments") {
    Random random(static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()));
    int kills = 0, kills_in_training = 0, runs = 0, longest = 50;
    std::size_t left_behind = 0;
    for (; kills < 30; ++runs) {
        REQUIRE(runs < 30);
        const TemporaryFolder folder;
        std::int64_t step = -1;
        // The last child of the last run is not killed.
        for (bool complete = false; !complete;) {
            const pid_t child = start_child(folder.path.string());
            if (kills < 30) {
                std::this_thread::sleep_for(std::chrono::microseconds(random.integer(1000, 1000 * longest)));
                ::kill(child, SIGKILL);
            }
            complete = finished(child, SIGKILL);
            kills += complete ? 0 : 1;
            const std::int64_t now = saved_step(folder / "run.safetensors");
            CHECK(now >= step);  // what is saved is never lost
            if (!complete && now > step) ++kills_in_training;
            if (now == step) longest = std::min(longest * 5 / 4, 10'000);  // on a slow machine it must at least start
            step = now;
        }
        left_behind += folder.count() - 5;  // run, best, final, history, loss
        check_equal_to_uninterrupted(folder);
    }
    MESSAGE(kills, " kills, ", kills_in_training, " of them after some more steps, in ", runs, " runs; ", left_behind,
            " temporary files left behind");
    CHECK(kills_in_training > 0);
}

TEST_CASE("resume: killed in the middle of writing a checkpoint") {
    const TemporaryFolder folder;
    CHECK(!finished(start_child(folder.path.string(), 50), SIGXFSZ));
    CHECK(saved_step(folder / "run.safetensors") == 49);

    // Half a checkpoint is there, under a name of its own, or none where the system has files without names.
    int halves = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path))
        if (entry.path().extension() == ".tmp") {
            ++halves;
            CHECK_THROWS_AS(SafetensorsFile::read(entry.path().string()), FileError);
        }
    CHECK(halves <= 1);

    CHECK(finished(start_child(folder.path.string()), 0));
    check_equal_to_uninterrupted(folder);
}

// Three kinds of threads with two queues between them: readers take files in their order, workers restore, writers
// encode and write. A queue that is full makes those before it wait, so that no more than a few pictures are in memory
// at any time, however many the folder holds. The pictures are independent, so nothing that is written depends on the
// number of threads.
#include "folder.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "bounded_queue.hpp"
#include "files.hpp"
#include "progress.hpp"

namespace {

std::atomic<int> interrupted{0};
static_assert(std::atomic<int>::is_always_lock_free);  // or a signal could not set it

extern "C" void interrupt(int signal) {
    interrupted = 1;
    std::signal(signal, SIG_DFL);
}

struct Task {
    const tool::Job* job = nullptr;
    depix::PictureFile picture;
};

class Report {
  public:
    explicit Report(std::size_t total) : progress_(total) {}

    void restored() {
        const std::lock_guard lock(mutex_);
        ++result_.restored;
        progress_.show(result_.restored + result_.failures.size());
    }
    void failed(const tool::Job& job, const char* why) {
        const std::lock_guard lock(mutex_);
        result_.failures.push_back({job.input.string(), why});
        progress_.show(result_.restored + result_.failures.size());
    }
    /// When all threads are done.
    tool::FolderResult result() {
        result_.seconds = progress_.seconds();
        result_.interrupted = interrupted != 0;
        std::sort(result_.failures.begin(), result_.failures.end(),
                  [](const tool::Failure& a, const tool::Failure& b) { return a.input < b.input; });
        progress_.clear();
        return std::move(result_);
    }

  private:
    std::mutex mutex_;
    tool::Progress progress_;
    tool::FolderResult result_;
};

void join(std::vector<std::thread>& threads) {
    for (std::thread& thread : threads) thread.join();
}

}  // namespace

tool::FolderResult tool::restore_folder(const Restorer& network, const Recipe& recipe, const std::vector<Job>& jobs,
                                        const RestoreOptions& options) {
    for (const int signal : {SIGINT, SIGTERM})  // one that is ignored, as under nohup, stays so
        if (std::signal(signal, interrupt) == SIG_IGN) std::signal(signal, SIG_IGN);
    Report report(jobs.size());
    const auto workers = static_cast<std::size_t>(options.threads.restore);
    BoundedQueue<Task> read(workers), restored(workers);

    // What one picture throws is that picture's failure.
    const auto guarded = [&report](const Job& job, const auto& work) {
        try {
            work();
        } catch (const std::exception& error) {
            report.failed(job, error.what());
        }
    };
    std::atomic<std::size_t> next{0};
    const auto read_pictures = [&] {
        for (std::size_t i = next++; i < jobs.size() && interrupted == 0; i = next++)
            guarded(jobs[i], [&] { read.push({&jobs[i], read_picture(jobs[i].input, options.limits)}); });
    };
    const auto restore_pictures = [&] {
        while (std::optional<Task> task = read.pop())
            guarded(*task->job, [&] {
                const depix::Shape shape = task->picture.color.shape;
                const Cut cut = cut_picture(*recipe.architecture, shape.height, shape.width, options.tile, 1);
                task->picture = restore_picture(network, recipe, std::move(task->picture), cut.tiles);
                restored.push(std::move(*task));
            });
    };
    const auto write_pictures = [&] {
        while (const std::optional<Task> task = restored.pop())
            guarded(*task->job, [&] {
                const Job& job = *task->job;
                write_picture(job.output, task->picture, output_format(options, job.output), options.quality);
                report.restored();
            });
    };

    const auto start = [](int count, const std::function<void()>& work) {
        std::vector<std::thread> threads;
        try {
            for (int i = 0; i < count; ++i) threads.emplace_back(work);
        } catch (const std::system_error&) {  // no more threads: those that there are do the work
            if (threads.empty()) throw;
        }
        return threads;
    };
    std::vector<std::thread> readers = start(options.threads.load, read_pictures);
    std::vector<std::thread> restorers = start(options.threads.restore, restore_pictures);
    std::vector<std::thread> writers = start(options.threads.save, write_pictures);
    join(readers);
    read.close();
    join(restorers);
    restored.close();
    join(writers);
    return report.result();
}

// Three kinds of threads with two queues between them: readers take files in their order, workers restore, writers
// encode and write. A full queue makes the threads that fill it wait, so that no more than a few pictures are in memory
// at any time, however many the folder holds. The pictures are independent, so nothing that is written depends on the
// number of threads.
#include "folder.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <exception>
#include <functional>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "bounded_queue.hpp"
#include "files.hpp"
#include "progress.hpp"

namespace {

std::atomic<int> interrupted{0};
static_assert(std::atomic<int>::is_always_lock_free);  // a signal handler sets it

extern "C" void interrupt(int signal) {
    interrupted = 1;
    std::signal(signal, SIG_DFL);
}

struct Task {
    const tool::Job* job = nullptr;
    tool::Picture picture;
};

class Report {
  public:
    explicit Report(std::size_t total) : progress_(total) {}

    void restored(const tool::Job& job, const std::vector<std::string>& warnings) {
        const std::lock_guard lock(mutex_);
        ++result_.restored;
        try {
            for (const std::string& warning : warnings) {
                tool::WarnedPictures& pictures = result_.warnings[warning];
                if (pictures.count++ == 0 || job.input.string() < pictures.first) pictures.first = job.input.string();
            }
        } catch (const std::bad_alloc&) {  // the picture is there, and only what was to be said of it is lost
        }
        progress_.show(result_.restored + result_.failures.size() + unnamed_);
    }
    /// Throws nothing: where memory runs out even for the report, the failure is counted without its name.
    void failed(const tool::Job& job, const char* why) noexcept {
        const std::lock_guard lock(mutex_);
        try {
            result_.failures.push_back({job.input.string(), why});
        } catch (const std::exception&) {
            ++unnamed_;
        }
    }
    /// To be called when all threads are done.
    tool::FolderResult result() {
        if (unnamed_ > 0)
            result_.failures.push_back({std::to_string(unnamed_) + " pictures", "not enough memory for their names"});
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
    std::size_t unnamed_ = 0;
};

// `count` threads that do the same, or as many as the system grants, perhaps none.
class ThreadGroup {
  public:
    template <class Work>
    ThreadGroup(const Work& work, int count) {
        try {
            threads_.reserve(static_cast<std::size_t>(count));
            for (int i = 0; i < count; ++i) threads_.emplace_back(std::cref(work));
        } catch (const std::exception&) {  // no more threads, or no memory for them
        }
    }
    ThreadGroup(const ThreadGroup&) = delete;
    ThreadGroup& operator=(const ThreadGroup&) = delete;
    ~ThreadGroup() { join(); }

    bool empty() const { return threads_.empty(); }
    void join() {
        for (std::thread& thread : threads_)
            if (thread.joinable()) thread.join();
    }

  private:
    std::vector<std::thread> threads_;
};

}  // namespace

tool::PictureRestorer tool::restorer_of(const Restorer& network, const Recipe& recipe, const RestoreOptions& options) {
    return [&network, &recipe, &options](const Job& job, Picture picture) {
        const auto restore_page = [&](depix::ImageFile image) {
            const depix::Shape shape = image.color.shape;
            const Cut cut = cut_image(*recipe.architecture, shape.height, shape.width, options.tile, 1);
            return restore_image(network, recipe, std::move(image), cut.tiles);
        };
        return restore_pages(std::move(picture), job.input, options, output_format(options, job.output), restore_page);
    };
}

tool::FolderResult tool::restore_folder(const PictureRestorer& restore, const std::vector<Job>& jobs,
                                        const RestoreOptions& options) {
    for (const int signal : {SIGINT, SIGTERM})  // an ignored signal, as under nohup, stays ignored
        if (std::signal(signal, interrupt) == SIG_IGN) std::signal(signal, SIG_IGN);
    Report report(jobs.size());
    const auto workers = static_cast<std::size_t>(options.threads.restore);
    BoundedQueue<Task> read(workers), restored(workers);

    // An exception is reported as the failure of its picture.
    const auto guarded = [&report](const Job& job, const auto& work) {
        try {
            work();
        } catch (const std::exception& error) {
            report.failed(job, error.what());
        }
    };
    const auto read_job = [&](const Job& job) {
        return read_picture(job.input, options, output_format(options, job.output));
    };
    std::atomic<std::size_t> next{0};
    const auto read_images = [&] {
        for (std::size_t i = next++; i < jobs.size() && interrupted == 0; i = next++)
            guarded(jobs[i], [&] { read.push({&jobs[i], read_job(jobs[i])}); });
    };
    const auto restore_images = [&] {
        while (std::optional<Task> task = read.pop())
            guarded(*task->job, [&] { restored.push({task->job, restore(*task->job, std::move(task->picture))}); });
    };
    const auto write = [&](const Job& job, const Picture& picture) {
        const Format& format = output_format(options, job.output);
        const std::vector<std::string> warnings = warnings_of(picture.image, format);
        write_picture(job.output, picture, format, options.quality);
        report.restored(job, warnings);
    };
    const auto write_images = [&] {
        while (const std::optional<Task> task = restored.pop())
            guarded(*task->job, [&] { write(*task->job, task->picture); });
    };

    // The consumers start first, so that nothing has been read yet if the system has no more threads.
    ThreadGroup writers(write_images, options.threads.save);
    ThreadGroup restorers(restore_images, writers.empty() ? 0 : options.threads.restore);
    ThreadGroup readers(read_images, restorers.empty() ? 0 : options.threads.load);
    if (readers.empty()) {  // then this thread does everything, picture by picture
        read.close();
        restored.close();
        for (const Job& job : jobs) {
            if (interrupted != 0) break;
            guarded(job, [&] { write(job, restore(job, read_job(job))); });
        }
    }
    readers.join();
    read.close();
    restorers.join();
    restored.close();
    writers.join();
    return report.result();
}

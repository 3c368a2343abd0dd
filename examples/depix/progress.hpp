// Progress shows how far a folder is, in one line on the terminal that it overwrites. Elsewhere it shows nothing.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

#include "../system_calls.hpp"
#include "depix/train/progress.hpp"

namespace tool {

class Progress {
  public:
    explicit Progress(std::size_t total, const char* unit = "pictures")
        : total_(total), unit_(unit), terminal_(example::is_terminal(stderr)) {}
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

    /// `done` of the total are done. Called by one thread at a time. The line is shown at most ten times a second.
    void show(std::size_t done) {
        const auto now = Clock::now();
        if (!terminal_ || now - shown_ < std::chrono::milliseconds(100)) return;
        shown_ = now;
        const std::string line = text(done, total_, unit_, seconds());
        std::fprintf(stderr, "\r%-79s", line.c_str());
    }

    /// Leaves an empty line for what is printed next.
    void clear() {
        if (terminal_ && shown_ != Clock::time_point{}) std::fprintf(stderr, "\r%79s\r", "");
        shown_ = {};
    }

    /// "[#####------]  312/1000    41.2 pictures/s    0:17 left"
    static std::string text(std::size_t done, std::size_t total, const char* unit, double seconds) {
        constexpr std::size_t cells = 30;
        const std::size_t filled = total > 0 ? std::min(cells, cells * done / total) : cells;
        const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
        const double left = rate > 0 ? static_cast<double>(total - done) / rate : 0;
        char numbers[96];
        std::snprintf(numbers, sizeof numbers, "] %zu/%zu %7.1f %s/s  %s left", done, total, rate, unit,
                      depix::ProgressLine::duration_text(left).c_str());
        std::string line = "[";
        line.append(filled, '#').append(cells - filled, '-').append(numbers);
        return line;
    }

  private:
    using Clock = std::chrono::steady_clock;

    std::size_t total_;
    const char* unit_;
    bool terminal_;
    Clock::time_point start_ = Clock::now(), shown_{};
};

}  // namespace tool

// ProgressLine: shows the progress of a training run on a terminal, in one line that is rewritten in place.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iostream>
#include <ostream>
#include <string>
#include <utility>

#include "depix/train/history.hpp"

#if __has_include(<unistd.h>)
#include <unistd.h>
#elif __has_include(<io.h>)
#include <io.h>
#endif

namespace depix {

/// What `fit` passes to its callbacks after every step. Epochs and steps count from 1.
struct StepReport {
    int epoch = 0;
    int epochs = 0;  ///< Largest number; early stopping may end the run earlier.
    std::size_t step = 0;
    std::size_t steps = 0;         ///< Steps of an epoch.
    double loss = 0;               ///< Loss of this step's batch.
    double mean_loss = 0;          ///< Mean loss of the epoch so far.
    double images_per_second = 0;  ///< In the epoch so far.
    double seconds_left = 0;       ///< Time to the epoch's end, if the speed stays the same.
    std::string note = {};         ///< Where many processes train: which one is slow, or nothing.
};

/// What `fit` passes to its callbacks after every epoch.
struct EpochReport {
    EpochRecord record;
    int epochs = 0;           ///< Largest number of epochs.
    bool best = false;        ///< Whether the validation loss is the lowest so far.
    int epochs_since = 0;     ///< Epochs since the best one.
    double seconds_left = 0;  ///< Time to the run's end, if no epoch is slower and none stops it early.
};

/// What a ProgressLine does when its stream is a file or a pipe.
enum class NoTerminal {
    Quiet,        ///< Writes nothing.
    LinePerEpoch  ///< Writes a line at the end of every epoch, for logs.
};

/// Shows training on a terminal; a callback of `fit`.
///
///     ProgressLine progress(stderr);
///     fit(trainer, loader, validation, options, progress);
///
///     epoch  3/35 [#####------] 281/563  loss 0.00812    1440 pictures/s    0:06 left
///
/// On a terminal the line is rewritten in place, at most ten times a second, and the epoch's result replaces it at the
/// epoch's end. Otherwise nothing is written, or one line per epoch. The stream must outlive the object. Throws
/// nothing; text that the stream does not accept is lost.
class ProgressLine {
  public:
    explicit ProgressLine(std::FILE* stream, NoTerminal otherwise = NoTerminal::Quiet)
        : ProgressLine(
              [stream](const std::string& text) {
                  std::fwrite(text.data(), 1, text.size(), stream);
                  std::fflush(stream);
              },
              is_terminal(stream), otherwise) {}

    /// std::cout, std::cerr and std::clog count as terminals if the process's streams are terminals; other streams
    /// never do.
    explicit ProgressLine(std::ostream& stream, NoTerminal otherwise = NoTerminal::Quiet)
        : ProgressLine([&stream](const std::string& text) { stream << text << std::flush; }, is_terminal(stream),
                       otherwise) {}

    /// Writes to anything that takes text, such as a window; `terminal` says whether it understands "\r".
    ProgressLine(std::function<void(const std::string&)> write, bool terminal, NoTerminal otherwise = NoTerminal::Quiet)
        : write_(std::move(write)), terminal_(terminal), otherwise_(otherwise) {}

    void operator()(const StepReport& report) {
        if (!terminal_) return;
        const auto now = std::chrono::steady_clock::now();
        if (report.step < report.steps && now - shown_ < std::chrono::milliseconds(100)) return;
        shown_ = now;
        rewrite(text(report));
    }

    void operator()(const EpochReport& report) {
        if (terminal_) {
            rewrite(text(report));
            write_("\n");
            width_ = 0;
        } else if (otherwise_ == NoTerminal::LinePerEpoch) {
            write_(text(report) + "\n");
        }
    }

    /// "epoch  3/35 [#####------] 281/563  loss 0.00812    1440 pictures/s    0:06 left", or with a note
    /// "epoch  3/35 [###----] 281/563  loss 0.00812    1440/s    0:06 left  rank 3: 1.6x"; the bar makes the line 79
    /// columns wide, so that a terminal of 80 columns does not break it.
    static std::string text(const StepReport& report) {
        const std::string steps = std::to_string(report.steps);
        const std::string before = epoch_text(report.epoch, report.epochs) + " [";
        const std::string after = "] " + pad(std::to_string(report.step), steps.size()) + "/" + steps + "  loss " +
                                  loss_text(report.mean_loss) + rate_text(report.images_per_second) +
                                  (report.note.empty() ? " pictures/s" : "/s") + "  " +
                                  pad(duration_text(report.seconds_left), 6) + " left" + report.note;
        constexpr std::size_t columns = 79, min_cells = 4;
        const std::size_t taken = before.size() + after.size();
        const std::size_t cells = (std::max)(taken < columns ? columns - taken : 0, min_cells);
        const std::size_t filled = report.steps > 0 ? (std::min)(cells, cells * report.step / report.steps) : 0;
        return before + std::string(filled, '#') + std::string(cells - filled, '-') + after;
    }

    /// "epoch  3/35  training 0.00812   validation 0.00791  (best)  1440/s    6:40 left"
    static std::string text(const EpochReport& report) {
        const std::string best = report.best ? "(best)" : pad("(+" + std::to_string(report.epochs_since) + ")", 6);
        return epoch_text(report.record.epoch, report.epochs) + "  training " + loss_text(report.record.training_loss) +
               " validation " + loss_text(report.record.validation_loss) + best +
               rate_text(report.record.images_per_second) + "/s  " + pad(duration_text(report.seconds_left), 6) +
               " left";
    }

    /// "0:07", "12:30", "1:02:03"; "?" if it is not known.
    static std::string duration_text(double seconds) {
        if (!(seconds >= 0 && seconds < 1e9)) return "?";
        const auto whole = std::lround(seconds);
        std::array<char, 32> text{};
        if (whole < 3600)
            std::snprintf(text.data(), text.size(), "%ld:%02ld", whole / 60, whole % 60);
        else
            std::snprintf(text.data(), text.size(), "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
        return text.data();
    }

  private:
    static bool is_terminal([[maybe_unused]] int descriptor) {
#if __has_include(<unistd.h>)
        return ::isatty(descriptor) == 1;
#elif __has_include(<io.h>)
        return ::_isatty(descriptor) != 0;
#else
        return false;
#endif
    }
    static bool is_terminal([[maybe_unused]] std::FILE* stream) {
#if __has_include(<unistd.h>)
        return is_terminal(::fileno(stream));
#elif __has_include(<io.h>)
        return is_terminal(::_fileno(stream));
#else
        return false;
#endif
    }
    static bool is_terminal(const std::ostream& stream) {
        if (&stream == &std::cout) return is_terminal(1);
        return (&stream == &std::cerr || &stream == &std::clog) && is_terminal(2);
    }

    static std::string pad(const std::string& text, std::size_t width) {
        return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
    }
    static std::string epoch_text(int epoch, int epochs) {
        const std::string all = std::to_string(epochs);
        return "epoch " + pad(std::to_string(epoch), all.size()) + "/" + all;
    }
    // Three significant digits in a constant width, so that the rest of the line does not move.
    static std::string loss_text(double loss) {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), loss < 1e-4 || loss >= 1e3 ? "%-9.1e" : "%-#9.3g", loss);
        return text.data();
    }
    static std::string rate_text(double images_per_second) {
        std::array<char, 48> text{};
        std::snprintf(text.data(), text.size(), "%6.0f", images_per_second);
        return text.data();
    }

    // Overwrites the previous line. Spaces cover the rest of a longer one, because not every terminal knows escape
    // codes.
    void rewrite(const std::string& text) {
        const std::size_t stale = width_ > text.size() ? width_ - text.size() : 0;
        write_("\r" + text + std::string(stale, ' '));
        width_ = text.size();
    }

    std::function<void(const std::string&)> write_;
    bool terminal_;
    NoTerminal otherwise_;
    std::chrono::steady_clock::time_point shown_{};
    std::size_t width_ = 0;
};

}  // namespace depix

// History: the results of each epoch of a training run, as a table in memory and as CSV.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "depix/io/atomic_file.hpp"

namespace depix {

/// The results of one epoch.
struct EpochRecord {
    int epoch = 0;                 ///< The first is 1.
    double training_loss = 0;      ///< Mean over the epoch's pictures, each with the weights at its step.
    double validation_loss = 0;    ///< Mean over the validation set, with the weights at the epoch's end.
    double learning_rate = 0;      ///< Learning rate of the epoch's last step.
    double seconds = 0;            ///< Time of its training steps; validation and saving are not counted.
    double images_per_second = 0;  ///< Speed of its training steps.

    friend bool operator==(const EpochRecord&, const EpochRecord&) = default;
};

/// All epochs of a run, in order.
using History = std::vector<EpochRecord>;

/// The columns of a history after `epoch`: the CSV's header, and the names of a checkpoint's tensors.
inline constexpr std::array<std::pair<const char*, double EpochRecord::*>, 5> history_columns{{
    {"training_loss", &EpochRecord::training_loss},
    {"validation_loss", &EpochRecord::validation_loss},
    {"learning_rate", &EpochRecord::learning_rate},
    {"seconds", &EpochRecord::seconds},
    {"pictures_per_second", &EpochRecord::images_per_second},
}};

namespace detail {

// The shortest text that reads back as the same number, with a point in every locale: "0.001", "1e-05", "nan".
inline std::string number_text(double value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

// The same with at most `digits` significant digits, without trailing zeros: "0.0123".
inline std::string number_text(double value, int digits) {
    std::array<char, 64> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, digits).ptr;
    return {text.data(), end};
}

}  // namespace detail

namespace detail {

/// Records with a number `epoch` and columns of doubles, as CSV.
template <class Record, std::size_t Columns>
std::string records_csv(const std::vector<Record>& records,
                        const std::array<std::pair<const char*, double Record::*>, Columns>& columns) {
    std::string text = "epoch";
    for (const auto& column : columns) text.append(",").append(column.first);
    text += "\n";
    for (const Record& record : records) {
        text += std::to_string(record.epoch);
        for (const auto& column : columns) text.append(",").append(number_text(record.*column.second));
        text += "\n";
    }
    return text;
}

}  // namespace detail

/// The history as CSV (RFC 4180 with line feeds): a header, then one line per epoch. Every number reads back exactly.
///
///     epoch,training_loss,validation_loss,learning_rate,seconds,pictures_per_second
///     1,0.0312,0.0187,0.001,12.5,1440
inline std::string history_csv(const History& history) { return detail::records_csv(history, history_columns); }

/// Writes `history_csv`, whole or not at all. Throws FileError.
inline void write_history_csv(const std::string& path, const History& history) {
    write_file(path, history_csv(history));
}

}  // namespace depix

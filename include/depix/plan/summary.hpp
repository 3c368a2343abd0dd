// What the type knows of itself: operations, receptive field, and the table that torchinfo prints.
#pragma once

#include <array>
#include <cstddef>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <string>

#include "depix/plan/plan.hpp"

namespace depix {

/// Multiply-adds of one picture: the multiplications of convolutions and dense layers by their weights, and of batch
/// norm by its scale. Twice this is what is usually called floating-point operations.
template <Module Network>
constexpr std::size_t multiply_adds(Shape input) {
    constexpr auto plan = flatten<Network>();
    const auto shapes = find_shapes(plan, input);
    std::size_t sum = 0;
    for (int i = 0; i < plan.step_count; ++i)
        sum += plan.step(i).layer.info->multiply_adds(shapes[static_cast<std::size_t>(plan.step(i).input)]);
    return sum;
}

/// Whether the network has a layer whose every output row depends on every input row (GlobalAveragePool, Dense): such a
/// network restores whole pictures only, never tiles.
template <Module Network>
constexpr bool is_global() {
    constexpr auto plan = flatten<Network>();
    for (int i = 0; i < plan.step_count; ++i)
        if (plan.step(i).layer.info->traits.global) return true;
    return false;
}

/// The input rows that output rows [first, last] are computed from, by following every path backwards. May reach
/// beyond the picture, into the zero padding; `every_row` if the network is global.
template <Module Network>
constexpr Interval input_rows(Interval output_rows) {
    constexpr auto plan = flatten<Network>();
    std::array<Interval, plan.tensors.size()> needed{};
    for (Interval& rows : needed) rows = {every_row.last, every_row.first};  // none yet
    const auto widen = [&](int tensor, Interval rows) {
        Interval& now = needed[static_cast<std::size_t>(tensor)];
        now = {rows.first < now.first ? rows.first : now.first, rows.last > now.last ? rows.last : now.last};
    };
    widen(plan.output, output_rows);
    for (int i = plan.step_count - 1; i >= 0; --i) {
        const PlanStep& step = plan.step(i);
        const Interval wanted = needed[static_cast<std::size_t>(step.output)];
        const Interval rows = wanted == every_row ? every_row : step.layer.info->needs(wanted);
        widen(step.input, rows);
        if (step.other >= 0) widen(step.other, rows);
    }
    return needed[static_cast<std::size_t>(plan.input)];
}

/// The receptive field of a global network.
inline constexpr int whole_picture = every_row.last - every_row.first + 1;

/// The receptive field: the most input rows (and columns) that one output pixel can see; `whole_picture` if the network
/// is global.
template <Module Network>
constexpr int receptive_field() {
    constexpr Scaling scale = scale_after<Network>(Scaling{});
    const int period = scale.multiple / scale.down * scale.up;  // output rows after which the pattern repeats
    int widest = 0;
    for (int row = 0; row < period; ++row) {
        const Interval rows = input_rows<Network>({row, row});
        if (rows.last - rows.first + 1 > widest) widest = rows.last - rows.first + 1;
    }
    return widest;
}

/// One line of the summary.
struct SummaryRow {
    const char* layer = "";
    Shape output;
    std::size_t parameters = 0;
    std::size_t multiply_adds = 0;
};

/// The layers of a network in order, and their sums. Print it with operator<<.
template <std::size_t Rows>
struct Summary {
    std::array<SummaryRow, Rows> rows{};
    Shape input;
    std::size_t parameters = 0;
    std::size_t multiply_adds = 0;
};

/// The table that torchinfo prints, for a picture of this shape. Multiply-adds are those of the arithmetic, so they
/// differ from torchinfo's, which also counts biases, and counts a transposed convolution by its output.
template <Module Network>
constexpr auto summary(Shape input) {
    constexpr auto plan = flatten<Network>();
    const auto shapes = find_shapes(plan, input);
    Summary<plan.steps.size()> table;
    table.input = input;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const PlanStep& step = plan.steps[i];
        table.rows[i] = {step.layer.info->name, shapes[static_cast<std::size_t>(step.output)],
                         step.layer.info->parameter_count,
                         step.layer.info->multiply_adds(shapes[static_cast<std::size_t>(step.input)])};
        table.parameters += table.rows[i].parameters;
        table.multiply_adds += table.rows[i].multiply_adds;
    }
    return table;
}

namespace detail {

// 1234567 as "1,234,567".
inline std::string with_commas(std::size_t number) {
    const std::string digits = std::to_string(number);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text.push_back(',');
        text.push_back(digits[i]);
    }
    return text;
}

inline void write_summary_line(std::ostream& stream, const std::string& layer, const std::string& output,
                               const std::string& parameters, const std::string& multiply_adds) {
    stream << std::left << std::setw(28) << layer << std::setw(22) << output << std::right << std::setw(14)
           << parameters << std::setw(18) << multiply_adds << "\n";
}

}  // namespace detail

/// Writes the table as torchinfo lays it out.
template <std::size_t Rows>
std::ostream& operator<<(std::ostream& stream, const Summary<Rows>& table) {
    const std::string rule(82, '=');
    const auto shape = [](Shape s) {
        std::ostringstream text;
        text << "[" << s.channels << ", " << s.height << ", " << s.width << "]";
        return text.str();
    };
    const auto number = [](std::size_t n) { return n == 0 ? std::string("--") : detail::with_commas(n); };
    stream << rule << "\n";
    detail::write_summary_line(stream, "Layer", "Output Shape", "Param #", "Mult-Adds");
    stream << rule << "\n";
    detail::write_summary_line(stream, "Input", shape(table.input), "--", "--");
    int index = 1;
    for (const SummaryRow& row : table.rows) {
        std::ostringstream name;
        name << row.layer << ": " << index++;
        detail::write_summary_line(stream, name.str(), shape(row.output), number(row.parameters),
                                   number(row.multiply_adds));
    }
    return stream << rule << "\nTotal params: " << detail::with_commas(table.parameters)
                  << "\nTotal mult-adds: " << detail::with_commas(table.multiply_adds) << "\n"
                  << rule << "\n";
}

}  // namespace depix

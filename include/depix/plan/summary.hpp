// What the type knows of itself: its operations, and the table that torchinfo prints.
#pragma once

#include <array>
#include <cstddef>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <string>

#include "depix/plan/flatten.hpp"

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

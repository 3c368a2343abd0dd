// What follows from a network's type: its number of operations, and a table like torchinfo's.
#pragma once

#include <array>
#include <cstddef>
#include <iomanip>
#include <ostream>
#include <span>
#include <sstream>
#include <string>

#include "depix/plan/flatten.hpp"

namespace depix {

/// Multiply-adds of one picture: the multiplications of convolutions and dense layers by their weights, and of batch
/// norm by its scale. Twice this number is usually called the floating-point operations.
template <Module Network>
constexpr std::size_t multiply_adds(Shape input) {
    constexpr auto plan = flatten<Network>();
    const auto shapes = find_shapes(plan, input);
    std::size_t sum = 0;
    for (int i = 0; i < plan.step_count; ++i)
        sum += plan.step(i).layer.info->multiply_adds(shapes[static_cast<std::size_t>(plan.step(i).input)]);
    return sum;
}

/// One line of the summary: a layer, or a part of the network that has layers.
struct SummaryRow {
    const char* name = "";   ///< as in the parameters' names; empty if it has a number there
    int index = -1;          ///< this number; -1 if it has a name, and for a join, which has none
    int depth = 0;           ///< the number of parts that it lies in
    bool is_part = false;    ///< false: a layer or a join
    const char* layer = "";  ///< PyTorch's name of the layer
    Shape output;
    std::size_t parameters = 0;  ///< 0 for a part, whose layers have them
    std::size_t multiply_adds = 0;
    int first_step = 0, last_step = 0;  ///< in flatten<Network>()
};

/// The layers of a network in order, under the parts that they belong to, and their sums. Print it with operator<<.
template <std::size_t Rows>
struct Summary {
    std::array<SummaryRow, Rows> rows{};
    Shape input;
    std::size_t parameters = 0;  ///< all are trainable; running statistics are not counted
    std::size_t multiply_adds = 0;
};

namespace detail {

// Writes a row for every layer, under a row for each part that it belongs to. If `rows` is empty it only counts them.
class SummaryVisitor {
  public:
    constexpr explicit SummaryVisitor(std::span<SummaryRow> rows) : rows_(rows) {}

    constexpr void enter(const char* name) { enter(name, -1); }
    constexpr void enter(int index) { enter("", index); }
    constexpr void leave() { finish(path_[static_cast<std::size_t>(--depth_)].row); }
    template <Layer L>
    constexpr int layer(int) {
        Part whole{};  // for a network that is one layer
        Part& own = depth_ > 0 ? path_[static_cast<std::size_t>(depth_ - 1)] : whole;
        own.row = add_row(own.name, own.index, depth_ > 0 ? depth_ - 1 : 0);
        ++steps_;
        return 0;
    }
    template <class Join>
    constexpr int join(int, int) {
        add_row("", -1, depth_);
        ++steps_;
        return 0;
    }
    constexpr std::size_t rows() const { return count_; }

  private:
    struct Part {
        const char* name = "";
        int index = -1;
        int row = -1;  // -1: it has none yet
    };

    constexpr void enter(const char* name, int index) {
        if (depth_ > 0) {
            Part& around = path_[static_cast<std::size_t>(depth_ - 1)];
            if (around.row < 0) around.row = add_row(around.name, around.index, depth_ - 1, true);
        }
        path_[static_cast<std::size_t>(depth_++)] = {name, index, -1};
    }
    constexpr int add_row(const char* name, int index, int depth, bool is_part = false) {
        if (count_ < rows_.size()) {
            rows_[count_].name = name;
            rows_[count_].index = index;
            rows_[count_].depth = depth;
            rows_[count_].is_part = is_part;
            rows_[count_].first_step = rows_[count_].last_step = steps_;
        }
        return static_cast<int>(count_++);
    }
    // The row's last step is the one that was added last.
    constexpr void finish(int row) {
        if (row >= 0 && static_cast<std::size_t>(row) < rows_.size())
            rows_[static_cast<std::size_t>(row)].last_step = steps_ - 1;
    }

    std::span<SummaryRow> rows_;
    std::size_t count_ = 0;
    int steps_ = 0, depth_ = 0;
    std::array<Part, 64> path_{};
};

}  // namespace detail

/// A table like torchinfo's, for a picture of this shape. Multiply-adds are those of the arithmetic, so they differ
/// from torchinfo's: it also counts biases, and it counts a transposed convolution by its output.
template <Module Network>
constexpr auto summary(Shape input) {
    constexpr auto plan = flatten<Network>();
    constexpr std::size_t count = [] {
        detail::SummaryVisitor visitor({});
        walk<Network>(visitor, 0);
        return visitor.rows();
    }();
    const auto shapes = find_shapes(plan, input);
    Summary<count> table;
    table.input = input;
    detail::SummaryVisitor visitor(table.rows);
    walk<Network>(visitor, 0);
    for (std::size_t i = 0; i < count; ++i) {
        SummaryRow& row = table.rows[i];
        const PlanStep& step = plan.step(row.last_step);
        row.output = shapes[static_cast<std::size_t>(step.output)];
        if (row.is_part) continue;
        row.layer = step.layer.info->name;
        row.parameters = step.layer.info->parameter_count;
        row.multiply_adds = step.layer.info->multiply_adds(shapes[static_cast<std::size_t>(step.input)]);
        table.parameters += row.parameters;
        table.multiply_adds += row.multiply_adds;
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
    for (const SummaryRow& row : table.rows) {
        std::string name(static_cast<std::size_t>(2 * row.depth), ' ');
        name += row.index >= 0 ? std::to_string(row.index) : row.name;
        if (!row.is_part) name.append(row.index >= 0 || row.name[0] != '\0' ? ": " : "").append(row.layer);
        detail::write_summary_line(stream, name, shape(row.output), number(row.parameters), number(row.multiply_adds));
    }
    return stream << rule << "\nTotal params: " << detail::with_commas(table.parameters)
                  << "\nTrainable params: " << detail::with_commas(table.parameters) << "\nNon-trainable params: 0"
                  << "\nTotal mult-adds: " << detail::with_commas(table.multiply_adds) << "\n"
                  << rule << "\n";
}

}  // namespace depix

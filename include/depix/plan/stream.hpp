// stream_plan: in which order a network's rows are computed if its picture comes row by row, and which rows it keeps.
//
// A row of a map is computed as late as possible: only when the next row of the output, or a row on the way to it,
// needs it. So the order depends only on the layers, and it repeats itself after a few rows of the picture, as the
// network's strides do. One period of it is a constant, and so is the number of rows that any map ever holds.
#pragma once

#include <array>
#include <cstddef>

#include "depix/plan/receptive_field.hpp"

namespace depix::detail {

/// How many rows a layer computes at once when it streams: the copies of an input row, otherwise one.
constexpr int rows_at_once(const Traits& traits) {
    return traits.role == Role::PixelShuffle || traits.role == Role::Upsample ? traits.up : 1;
}

/// Lets an elementwise step overwrite its input if no other step reads it. The halves of a concatenation lie apart,
/// because one of them may have to wait many rows for the other.
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> alias_for_streaming(Plan<T, S> plan) {
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        if (step.layer.info->traits.elementwise && plan.tensor(step.input).consumers == 1)
            plan.tensor(step.output).parent = step.input;
    }
    return plan;
}

/// The plan of a network that streams: one step for each layer.
template <Module Network>
constexpr auto plan_for_streaming() {
    return alias_for_streaming(flatten<Network>());
}

/// Computes rows of a picture without beginning and end, on demand, and counts the rows that wait in every map.
template <std::size_t T, std::size_t S>
class RowCounter {
  public:
    /// Begins with the rows that the output's row 0 needs.
    constexpr explicit RowCounter(const Plan<T, S>& plan) : plan_(plan) {
        std::array<bool, T> wanted{};
        const auto widen = [&](int tensor, int first) {
            int& now = next_[static_cast<std::size_t>(tensor)];
            bool& known = wanted[static_cast<std::size_t>(tensor)];
            if (!known || first < now) now = first;
            known = true;
        };
        widen(plan.output, 0);
        for (int i = plan.step_count - 1; i >= 0; --i) {
            const PlanStep& step = plan.step(i);
            const int at_once = rows_at_once(step.layer.info->traits);
            int& next = next_[static_cast<std::size_t>(step.output)];
            next = floor_divide(next, at_once) * at_once;
            find_needs(i);
            widen(step.input, needs(i).first);
            if (step.other >= 0) widen(step.other, needs(i).first);
        }
        for (int i = 0; i < plan.tensor_count; ++i) root_[static_cast<std::size_t>(i)] = plan.root(i);
    }

    /// The row of this tensor that is computed next.
    constexpr int next(int tensor) const { return next_[static_cast<std::size_t>(tensor)]; }
    constexpr int root(int tensor) const { return root_[static_cast<std::size_t>(tensor)]; }

    /// Computes everything that this row of the output needs. Calls before(step) before a step computes its next rows,
    /// and after(step) after it. Step -1 takes a row of the picture.
    template <class Before, class After>
    constexpr void advance(int output_row, Before&& before, After&& after) {
        struct Demand {
            int tensor, row;
        };
        std::array<Demand, T + 1> waiting{};
        std::size_t count = 0;
        waiting[count++] = {plan_.output, output_row};
        while (count > 0) {
            const Demand demand = waiting[count - 1];
            if (next(demand.tensor) > demand.row) {
                --count;
                continue;
            }
            const int producer = plan_.tensor(demand.tensor).producer;
            if (producer >= 0) {
                const PlanStep& step = plan_.step(producer);
                const int last = needs(producer).last;
                const bool has_input = next(step.input) > last;
                if (!has_input || (step.other >= 0 && next(step.other) <= last)) {
                    waiting[count++] = {has_input ? step.other : step.input, last};
                    continue;
                }
            }
            before(producer);
            next_[static_cast<std::size_t>(demand.tensor)] += rows_of(producer);
            if (producer >= 0) find_needs(producer);
            after(producer);
        }
    }

    constexpr int rows_of(int step) const { return step >= 0 ? rows_at_once(plan_.step(step).layer.info->traits) : 1; }

    /// The rows of a root that were computed and that a step still reads.
    constexpr int waiting_rows(int of) const {
        int first = next(of);
        for (int i = 0; i < plan_.step_count; ++i) {
            if (needs(i).first >= first) continue;
            const PlanStep& step = plan_.step(i);
            if (root(step.input) == of || (step.other >= 0 && root(step.other) == of)) first = needs(i).first;
        }
        return next(of) - first;
    }

  private:
    // The rows of its inputs that a step's next rows are computed from.
    constexpr const RowRange& needs(int step) const { return needs_[static_cast<std::size_t>(step)]; }
    constexpr void find_needs(int step) {
        const int row = next(plan_.step(step).output);
        needs_[static_cast<std::size_t>(step)] = plan_.step(step).layer.info->needs({row, row + rows_of(step) - 1});
    }

    const Plan<T, S>& plan_;
    std::array<int, T> next_{}, root_{};
    std::array<RowRange, S> needs_{};
};

/// What a network does with each period of rows, and what it keeps between them. Tensors are those of
/// plan_for_streaming<Network>(); what is said of a root holds for all tensors inside it.
template <std::size_t T, std::size_t Slots>
struct StreamPlan {
    static constexpr std::size_t slots = Slots;
    std::array<short, Slots>
        order{};                    ///< the steps that compute rows, one after the other; -1 takes one of the picture
    std::array<int, T> start{};     ///< the row of each tensor with which the first period begins, at most 0
    std::array<int, T> rows{};      ///< the most rows of each root that are alive together
    std::array<int, T> capacity{};  ///< the rows of its buffer
    std::array<std::array<int, T>, Slots> used{};  ///< the rows of each buffer that are used while a step runs
    int lead = 0;                                  ///< rows of the picture that the first row of the output needs

    /// Whether the rows of a map move to the beginning of its buffer as soon as one of them is no longer needed. If
    /// they are many, they move only when the buffer is full. It then has an eighth more rows, so that each moves about
    /// eight times.
    constexpr bool moves_at_once(std::size_t root) const { return rows[root] < 8; }
};

/// How many rows of the output a period has.
template <Module Network>
constexpr int rows_of_period() {
    constexpr Scaling scale = scale_after<Network>(Scaling{});
    return scale.multiple / scale.down * scale.up;
}

// Finds it by computing two periods of an endless picture, of which the first fills the maps. Rows::plan is a plan for
// streaming, and Rows::period what rows_of_period says.
template <class Rows>
constexpr auto plan_stream() {
    constexpr auto& plan = Rows::plan;
    constexpr int period = Rows::period;
    constexpr auto nothing = [](int) {};
    constexpr std::size_t slots = [&] {
        RowCounter counter(plan);
        std::size_t count = 0;
        counter.advance(0, nothing, nothing);
        for (int row = 1; row <= period; ++row) counter.advance(row, nothing, [&](int) { ++count; });
        return count;
    }();
    constexpr std::size_t tensors = plan.tensors.size();

    StreamPlan<tensors, slots> stream;
    RowCounter counter(plan);
    counter.advance(0, nothing, nothing);
    stream.lead = counter.next(plan.input);
    std::array<int, tensors> waiting{}, begin{};
    for (int i = 0; i < plan.tensor_count; ++i) {
        begin[static_cast<std::size_t>(i)] = counter.next(i);
        if (plan.tensor(i).parent < 0) waiting[static_cast<std::size_t>(i)] = counter.waiting_rows(i);
    }

    std::size_t slot = 0;
    const auto before = [&](int step) {
        stream.order[slot] = static_cast<short>(step);
        stream.used[slot] = waiting;
        const int output = step >= 0 ? plan.step(step).output : plan.input;
        if (counter.root(output) == output)
            stream.used[slot][static_cast<std::size_t>(output)] += counter.rows_of(step);
        for (std::size_t i = 0; i < tensors; ++i)
            if (stream.used[slot][i] > stream.rows[i]) stream.rows[i] = stream.used[slot][i];
    };
    const auto after = [&](int step) {
        const auto count = [&](int tensor) {
            const int root = counter.root(tensor);
            waiting[static_cast<std::size_t>(root)] = counter.waiting_rows(root);
        };
        count(step >= 0 ? plan.step(step).output : plan.input);
        if (step >= 0) count(plan.step(step).input);
        if (step >= 0 && plan.step(step).other >= 0) count(plan.step(step).other);
        ++slot;
    };
    for (int row = 1; row <= period; ++row) counter.advance(row, before, after);

    // The first period begins so early that no row of the picture has been computed yet.
    int periods = 0;
    for (int i = 0; i < plan.tensor_count; ++i) {
        const int first = begin[static_cast<std::size_t>(i)], rows = counter.next(i) - first;
        if (rows > 0 && periods < (first + rows - 1) / rows) periods = (first + rows - 1) / rows;
    }
    for (std::size_t i = 0; i < tensors; ++i) {
        stream.start[i] = begin[i] - periods * (counter.next(static_cast<int>(i)) - begin[i]);
        stream.capacity[i] = stream.moves_at_once(i) ? stream.rows[i] : stream.rows[i] + stream.rows[i] / 8;
        for (auto& used : stream.used)
            if (used[i] > 0 && !stream.moves_at_once(i)) used[i] = stream.capacity[i];
    }
    return stream;
}

/// What a network does with each period of rows.
template <class Rows>
inline constexpr auto stream_plan = plan_stream<Rows>();

}  // namespace depix::detail

// Placement: where each tensor lies in one workspace. Tensors that are never alive at the same time may share memory.
#pragma once

#include <array>
#include <cstddef>

#include "depix/plan/plan.hpp"

namespace depix {

/// Where the roots lie, in elements from the start of the workspace.
template <std::size_t TensorCapacity>
struct Placement {
    std::array<std::size_t, TensorCapacity> offset{};
    std::size_t total = 0;        ///< elements of the workspace
    std::size_t lower_bound = 0;  ///< the largest sum of tensors alive at one step: no placement needs less
};

namespace detail {

/// Places the tensors of `order` one after the other, each at the lowest offset where it overlaps no placed tensor that
/// is alive at the same time.
template <std::size_t T, std::size_t S>
constexpr void place_in_order(const Plan<T, S>& plan, const std::array<std::size_t, T>& sizes,
                              const std::array<std::size_t, T>& order, std::size_t count, Placement<T>& placement) {
    const auto live_together = [&](std::size_t a, std::size_t b) {
        return plan.tensors[a].first <= plan.tensors[b].last && plan.tensors[b].first <= plan.tensors[a].last;
    };
    placement.total = 0;
    for (std::size_t k = 0; k < count; ++k) {
        const std::size_t tensor = order[k];
        std::size_t at = 0;
        for (bool moved = true; moved;) {
            moved = false;
            for (std::size_t q = 0; q < k; ++q) {
                const std::size_t placed = order[q];
                const bool overlap =
                    at < placement.offset[placed] + sizes[placed] && placement.offset[placed] < at + sizes[tensor];
                if (overlap && live_together(tensor, placed)) {
                    at = placement.offset[placed] + sizes[placed];
                    moved = true;
                }
            }
        }
        placement.offset[tensor] = at;
        if (at + sizes[tensor] > placement.total) placement.total = at + sizes[tensor];
    }
}

/// Sorts the first `count` tensors, those with the largest urgency(tensor) first.
template <std::size_t T, class Urgency>
constexpr void sort_by(std::array<std::size_t, T>& order, std::size_t count, Urgency&& urgency) {
    for (std::size_t i = 1; i < count; ++i)
        for (std::size_t j = i; j > 0 && urgency(order[j]) > urgency(order[j - 1]); --j) {
            const std::size_t held = order[j];
            order[j] = order[j - 1];
            order[j - 1] = held;
        }
}

}  // namespace detail

/// Greedy, in the best of four orders: largest first, longest-lived first, largest product of both first, and the order
/// of the plan. This is not optimal in general, but all networks of models/, when fused, need only the lower bound.
/// `sizes` holds the elements of each root, and 0 for a tensor that lies elsewhere.
template <std::size_t T, std::size_t S>
constexpr Placement<T> place(const Plan<T, S>& plan, const std::array<std::size_t, T>& sizes) {
    std::array<std::size_t, T> order{};
    std::size_t count = 0, lower_bound = 0;
    for (std::size_t i = 0; i < T; ++i)
        if (sizes[i] > 0) order[count++] = i;
    for (int step = 0; step < plan.step_count; ++step) {
        std::size_t alive = 0;
        for (std::size_t k = 0; k < count; ++k)
            if (plan.tensors[order[k]].first <= step && step <= plan.tensors[order[k]].last) alive += sizes[order[k]];
        if (alive > lower_bound) lower_bound = alive;
    }

    const auto steps = [&](std::size_t tensor) {
        return static_cast<std::size_t>(plan.tensors[tensor].last - plan.tensors[tensor].first + 1);
    };
    Placement<T> best;
    for (int attempt = 0; attempt < 4; ++attempt) {
        if (attempt == 0) detail::sort_by(order, count, [&](std::size_t tensor) { return sizes[tensor]; });
        if (attempt == 1) detail::sort_by(order, count, steps);
        if (attempt == 2)
            detail::sort_by(order, count, [&](std::size_t tensor) { return steps(tensor) * sizes[tensor]; });
        if (attempt == 3) detail::sort_by(order, count, [](std::size_t tensor) { return T - tensor; });
        Placement<T> placement;
        detail::place_in_order(plan, sizes, order, count, placement);
        if (attempt == 0 || placement.total < best.total) best = placement;
        if (best.total == lower_bound) break;
    }
    best.lower_bound = lower_bound;
    return best;
}

/// Places the tensors one after the other, so that no two share memory.
template <std::size_t T>
constexpr Placement<T> place_apart(const std::array<std::size_t, T>& sizes) {
    Placement<T> placement;
    for (std::size_t i = 0; i < T; ++i) {
        placement.offset[i] = placement.total;
        placement.total += sizes[i];
    }
    return placement;
}

/// The root that, with all tensors inside it, is written directly into the caller's output. It is the output's root,
/// unless that is larger than the output or holds the network's input. -1 means that the output is copied at the end.
template <std::size_t T, std::size_t S>
constexpr int output_root(const Plan<T, S>& plan) {
    const int root = plan.root(plan.output);
    const bool fits = plan.tensor(root).channels == plan.tensor(plan.output).channels;
    return fits && root != plan.root(plan.input) ? root : -1;
}

/// The elements of every root if tensors are stored without halos. What the caller owns counts as 0: the network's
/// input, unless it lies inside another tensor, and the root of its output.
template <std::size_t T, std::size_t S>
constexpr std::array<std::size_t, T> close_sizes(const Plan<T, S>& plan, Shape input) {
    const auto shapes = find_shapes(plan, input);
    std::array<std::size_t, T> sizes{};
    for (int i = 0; i < plan.tensor_count; ++i) {
        const bool callers = i == plan.input || i == output_root(plan);
        if (plan.tensor(i).channels > 0 && plan.tensor(i).parent < 0 && !callers)
            sizes[static_cast<std::size_t>(i)] = shapes[static_cast<std::size_t>(i)].size();
    }
    return sizes;
}

}  // namespace depix

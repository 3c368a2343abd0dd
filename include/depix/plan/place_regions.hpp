// place_in_regions: which maps lie in a small fast memory and which in a large one, and where.
#pragma once

#include <array>
#include <cstddef>

#include "depix/plan/place.hpp"

namespace depix::detail {

/// Where the roots lie. Offsets and totals are in elements, each from the start of its region.
template <std::size_t T>
struct RegionPlacement {
    std::array<bool, T> is_fast{};
    std::array<std::size_t, T> offset{};
    std::size_t fast = 0;   ///< elements of the fast region
    std::size_t large = 0;  ///< elements of the large region
};

/// How often each element of a root is read or written, on average, by the textbook: a step reads its input once for
/// each multiplication that it makes, at least once, and writes its output once.
template <std::size_t T, std::size_t S>
constexpr std::array<double, T> count_accesses(const Plan<T, S>& plan, const std::array<Shape, T>& shapes) {
    std::array<double, T> accesses{};
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        const auto add = [&](int tensor, std::size_t count) {
            const auto root = static_cast<std::size_t>(plan.root(tensor));
            accesses[root] += static_cast<double>(count) / static_cast<double>(shapes[root].size());
        };
        const Shape input = shapes[static_cast<std::size_t>(step.input)];
        const std::size_t products = step.layer.info->multiply_adds(input);
        add(step.input, products > input.size() ? products : input.size());
        if (step.other >= 0) add(step.other, shapes[static_cast<std::size_t>(step.other)].size());
        add(step.output, shapes[static_cast<std::size_t>(step.output)].size());
    }
    return accesses;
}

/// The roots are placed in the fast region in the order of count_accesses, the most accessed first, each at the lowest
/// offset. A root that would reach beyond `fast_limit` elements is placed in the large region instead. `sizes` holds
/// the elements of each root, and 0 for a tensor that lies elsewhere.
template <std::size_t T, std::size_t S>
constexpr RegionPlacement<T> place_in_regions(const Plan<T, S>& plan, const std::array<Shape, T>& shapes,
                                              const std::array<std::size_t, T>& sizes, std::size_t fast_limit) {
    const std::array<double, T> accesses = count_accesses(plan, shapes);
    std::array<std::size_t, T> order{}, chosen{}, rest = sizes;
    std::size_t count = 0, fast_count = 0;
    for (std::size_t i = 0; i < T; ++i)
        if (sizes[i] > 0) order[count++] = i;
    sort_by(order, count, [&](std::size_t root) { return accesses[root]; });

    RegionPlacement<T> placement;
    for (std::size_t k = 0; k < count; ++k) {
        Placement<T> fast;
        chosen[fast_count] = order[k];
        place_in_order(plan, sizes, chosen, fast_count + 1, fast);
        if (fast.total > fast_limit) continue;
        ++fast_count;
        placement.is_fast[order[k]] = true;
        placement.offset[order[k]] = fast.offset[order[k]];
        placement.fast = fast.total;
        rest[order[k]] = 0;
    }
    const Placement<T> large = place(plan, rest);
    placement.large = large.total;
    for (std::size_t i = 0; i < T; ++i)
        if (rest[i] > 0) placement.offset[i] = large.offset[i];
    return placement;
}

}  // namespace depix::detail

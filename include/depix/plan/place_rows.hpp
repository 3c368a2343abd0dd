// place_rows: where the buffers of a network that streams lie in one workspace. A buffer fills and empties with every
// few rows, so two of them may overlap where they are never full together.
#pragma once

#include <array>
#include <cstddef>

#include "depix/plan/place.hpp"
#include "depix/plan/stream.hpp"

namespace depix::detail {

/// Where the buffers lie, in elements from the start of the workspace.
template <std::size_t T>
struct RowPlacement {
    std::size_t offset[T]{};
    bool downwards[T]{};          ///< the buffer fills from its end
    std::size_t total = 0;        ///< elements of the workspace
    std::size_t lower_bound = 0;  ///< the most elements that are used at once: no placement needs less
};

/// Places buffers one after the other at the lowest offset at which they meet no other, upwards or downwards.
template <std::size_t T>
class RowPlacer {
  public:
    /// row_sizes holds the elements of a row of each root.
    template <std::size_t Slots>
    constexpr RowPlacer(const StreamPlan<T, Slots>& stream, const std::array<std::size_t, T>& row_sizes) {
        // Only what has changed since the step before can give a new maximum: compilers limit the work at compile time.
        std::size_t before[T]{}, now[T]{};
        for (const auto& rows : stream.used) {
            std::size_t there[T]{}, count = 0, sum = 0;
            for (std::size_t i = 0; i < T; ++i) {
                before[i] = now[i];
                now[i] = static_cast<std::size_t>(rows[i]) * row_sizes[i];
                if (now[i] == 0) continue;
                sum += now[i];
                ++lifetime[i];
                if (now[i] > size[i]) size[i] = now[i];
                there[count++] = i;
            }
            if (sum > lower_bound) lower_bound = sum;
            for (std::size_t k = 0; k < count; ++k) {
                const std::size_t a = there[k];
                for (std::size_t q = 0; now[a] != before[a] && q < count; ++q) {
                    const std::size_t b = there[q];
                    if (now[b] > beside_[a][b]) beside_[a][b] = now[b];
                    if (now[a] > beside_[b][a]) beside_[b][a] = now[a];
                    if (now[a] + now[b] > both_[a][b]) both_[a][b] = both_[b][a] = now[a] + now[b];
                }
            }
        }
    }

    std::size_t size[T]{}, lifetime[T]{};
    std::size_t lower_bound = 0;

    constexpr RowPlacement<T> place(const std::array<std::size_t, T>& order, std::size_t count) const {
        RowPlacement<T> placement;
        placement.lower_bound = lower_bound;
        for (std::size_t k = 0; k < count; ++k) {
            const std::size_t buffer = order[k];
            const std::size_t up = find_offset(placement, order, k, false);
            const std::size_t down = find_offset(placement, order, k, true);
            placement.downwards[buffer] = down < up;
            placement.offset[buffer] = down < up ? down : up;
            const std::size_t end = placement.offset[buffer] + size[buffer];
            if (end > placement.total) placement.total = end;
        }
        return placement;
    }

  private:
    constexpr std::size_t find_offset(const RowPlacement<T>& placement, const std::array<std::size_t, T>& order,
                                      std::size_t k, bool downwards) const {
        std::size_t at = 0;
        for (bool moved = true; moved;) {
            moved = false;
            for (std::size_t q = 0; q < k; ++q) {
                const std::size_t free = next_free(placement, order[k], downwards, order[q], at);
                moved = moved || free != at;
                at = free;
            }
        }
        return at;
    }

    /// The lowest offset, from `at` on, at which buffer a does not meet the placed buffer b.
    constexpr std::size_t next_free(const RowPlacement<T>& placement, std::size_t a, bool downwards, std::size_t b,
                                    std::size_t at) const {
        const std::size_t own = beside_[b][a], other = beside_[a][b], both = both_[a][b];
        if (both == 0) return at;  // they are never used together
        const std::size_t begin = placement.offset[b], end = begin + size[b], top = at + size[a];
        if (!downwards && !placement.downwards[b]) {
            if (at >= begin ? at < begin + other : begin < at + own) return begin + other;
        } else if (!downwards) {
            if (at < end && at + both > end) return end;
        } else if (placement.downwards[b]) {
            if (top <= end ? top + other > end : top < end + own) return end + own - size[a];
        } else {
            if (begin < top && top < begin + both) return begin + both - size[a];
        }
        return at;
    }

    // [a][b]: the most elements of b that are used while a is, and the most of both together.
    std::size_t beside_[T][T]{}, both_[T][T]{};
};

/// Greedy, in the best of three orders: largest first, longest used first, largest product of both first; and a few
/// times with the buffer first that reaches highest.
template <std::size_t T, std::size_t Slots>
constexpr RowPlacement<T> place_rows(const StreamPlan<T, Slots>& stream, const std::array<std::size_t, T>& row_sizes) {
    const RowPlacer<T> placer(stream, row_sizes);
    RowPlacement<T> best;
    for (int attempt = 0; attempt < 3; ++attempt) {
        std::array<std::size_t, T> order{};
        std::size_t count = 0;
        for (std::size_t i = 0; i < T; ++i)
            if (placer.size[i] > 0) order[count++] = i;
        sort_by(order, count, [&](std::size_t i) {
            return attempt == 0   ? placer.size[i]
                   : attempt == 1 ? placer.lifetime[i]
                                  : placer.size[i] * placer.lifetime[i];
        });
        for (int repeat = 0; repeat < 4; ++repeat) {
            const RowPlacement<T> placement = placer.place(order, count);
            if (best.total == 0 || placement.total < best.total) best = placement;
            if (best.total == best.lower_bound) return best;
            std::size_t highest = 0;
            for (std::size_t k = 1; k < count; ++k)
                if (placement.offset[order[k]] + placer.size[order[k]] >
                    placement.offset[order[highest]] + placer.size[order[highest]])
                    highest = k;
            for (; highest > 0; --highest) {
                const std::size_t held = order[highest];
                order[highest] = order[highest - 1];
                order[highest - 1] = held;
            }
        }
    }
    return best;
}

}  // namespace depix::detail

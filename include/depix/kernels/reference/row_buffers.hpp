// RowBuffers: the maps of a network that is given its picture row by row, and when which of their rows are computed.
#pragma once

#include "depix/kernels/kernel.hpp"
#include "depix/plan/place_rows.hpp"

namespace depix::detail {

/// What a step is given to compute some rows.
template <class T>
struct RowCall {
    View<const T> input, other;
    View<T> output;
    kernels::Band band;
};

/// The rows that a network keeps. `Rows` says which network, in constants:
///
///     using Element = float;                 // in which its memory is counted
///     plan, period                           // as plan_stream reads them
///     row_widths, row_sizes                  // the elements of a row of one channel, and of a whole row, of each
///     tensor with_layer_of(step, body)              // calls body.template operator()<L>() for the layer of a step
///
/// It has no constructor, and nothing in it has an initial value, so that a static object needs no code before main().
template <class Rows>
class RowBuffers {
    using T = typename Rows::Element;
    static constexpr auto& plan = Rows::plan;
    static constexpr auto& stream = stream_plan<Rows>;
    static constexpr std::size_t tensors = plan.tensors.size();
    static constexpr auto placement = place_rows(stream, Rows::row_sizes);

    // What running needs of the plan. All else of it does not reach the flash.
    struct Step {
        short input, other, output;
    };
    struct Buffer {
        std::size_t first;  // element of its first row
        int row_step;       // from one row to the next; negative if it fills downwards
        int channels, width;
        short root, capacity, start;
        bool moves_at_once;
    };
    static constexpr auto steps = [] {
        std::array<Step, plan.steps.size()> all{};
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i] = {static_cast<short>(plan.steps[i].input), static_cast<short>(plan.steps[i].other),
                      static_cast<short>(plan.steps[i].output)};
        return all;
    }();
    static constexpr auto buffers = [] {
        std::array<Buffer, tensors> all{};
        for (std::size_t i = 0; i < tensors; ++i) {
            const auto root = static_cast<std::size_t>(plan.root(static_cast<int>(i)));
            const int step = static_cast<int>(Rows::row_sizes[root]);
            const std::size_t last_row = static_cast<std::size_t>(stream.capacity[root] - 1) * Rows::row_sizes[root];
            all[i] = {placement.offset[root] + (placement.downwards[root] ? last_row : 0),
                      placement.downwards[root] ? -step : step,
                      plan.tensors[root].channels,
                      Rows::row_widths[root],
                      static_cast<short>(root),
                      static_cast<short>(stream.capacity[root]),
                      static_cast<short>(stream.start[i]),
                      stream.moves_at_once(root)};
        }
        return all;
    }();
    static constexpr auto order = stream.order;

  public:
    /// The memory of all maps, in elements.
    static constexpr std::size_t size = placement.total;

    /// Begins a picture of this height. Returns false, and takes no rows, if the height is no positive multiple of
    /// `multiple`, or a map would be empty or of another height than a join needs.
    bool begin(int height, int multiple) {
        slot_ = 0;
        for (std::size_t i = 0; i < tensors; ++i) map_[i] = {.next = buffers[i].start, .height = 0, .origin = 0};
        for (std::size_t i = 0; i < steps.size(); ++i) needed_[i] = next_of(i, map(steps[i].output).next).wanted.first;
        return height > 0 && height % multiple == 0 && find_heights(height);
    }

    /// Computes all rows that the picture's next row allows. take(row) is asked for that row, which is a View of one
    /// row; compute(step, call) computes rows; give(row, elements) is given each row of the result.
    template <class Take, class Compute, class Give>
    void advance(Take&& take, Compute&& compute, Give&& give) {
        bool taken = false;
        while (map(plan.output).next < map(plan.output).height) {
            const int step = order[slot_];
            const bool wants_row =
                step < 0 && map(plan.input).next >= 0 && map(plan.input).next < map(plan.input).height;
            if (wants_row && taken) return;
            if (wants_row) take(next_rows(plan.input, 1));
            taken = taken || wants_row;
            if (step < 0)
                ++map(plan.input).next;
            else
                run_step(static_cast<std::size_t>(step), compute, give);
            slot_ = slot_ + 1 < order.size() ? slot_ + 1 : 0;
        }
    }

  private:
    struct Map {
        int next;    // the row that is computed next
        int height;  // of the whole map
        int origin;  // of a root: the row at the beginning of its buffer
    };
    Map& map(int tensor) { return map_[static_cast<std::size_t>(tensor)]; }
    const Map& map(int tensor) const { return map_[static_cast<std::size_t>(tensor)]; }

    static const Buffer& buffer(int tensor) { return buffers[static_cast<std::size_t>(tensor)]; }

    bool find_heights(int height) {
        map(plan.input).height = height;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const Step& step = steps[i];
            const int given = map(step.input).height;
            int& result = map(step.output).height;
            // The width is one at which no map is too small.
            Rows::with_layer_of(i, [&]<class L>() { result = L::output({1, given, 1 << 14}).height; });
            if (result > 0 && (step.other < 0 || map(step.other).height == given)) continue;
            map(plan.output).height = 0;
            return false;
        }
        return true;
    }

    T* row_at(const Buffer& buffer, int place) {
        return memory_ + static_cast<std::ptrdiff_t>(buffer.first) +
               place * static_cast<std::ptrdiff_t>(buffer.row_step);
    }

    /// Rows of a tensor, those of which it has. A row's channels lie one after the other.
    View<T> rows_of(int tensor, RowRange rows) {
        const Buffer& own = buffer(tensor);
        const int first = rows.first < 0 ? 0 : rows.first;
        const int end = rows.last < map(tensor).height ? rows.last + 1 : map(tensor).height;
        return View<T>(row_at(own, first - map(own.root).origin), 1,
                       {own.channels, end > first ? end - first : 0, own.width}, 0, own.width, own.row_step);
    }

    /// The next rows of a tensor, to be written.
    View<T> next_rows(int tensor, int count) {
        const Buffer& own = buffer(tensor);
        const int row = map(tensor).next;
        const bool full = row + count - map(tensor).origin > own.capacity;
        if (own.root == tensor && (full || own.moves_at_once)) drop_rows(tensor);
        return rows_of(tensor, {row, row + count - 1});
    }

    /// Moves the rows that are still needed to the beginning of the buffer.
    void drop_rows(int root) {
        Map& own = map(root);
        int first = own.next;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const Step& step = steps[i];
            const bool reads = buffer(step.input).root == root || (step.other >= 0 && buffer(step.other).root == root);
            if (reads && needed_[i] < first) first = needed_[i];
        }
        if (first <= own.origin) return;
        const Buffer& rows = buffer(root);
        const int count = rows.channels * rows.width;
        for (int row = first; row < own.next; ++row) {
            const T* from = row_at(rows, row - own.origin);
            T* to = row_at(rows, row - first);
            for (int i = 0; i < count; ++i) to[i] = from[i];
        }
        own.origin = first;
    }
    void drop_read_rows(int tensor) {
        if (tensor >= 0 && buffer(tensor).moves_at_once) drop_rows(buffer(tensor).root);
    }

    // The next rows of a step's output, and the rows of its inputs that they are computed from.
    struct Next {
        int row, count;
        RowRange wanted;
    };
    static Next next_of(std::size_t step, int row) {
        Next next{.row = row, .count = 1, .wanted = {}};
        Rows::with_layer_of(step, [&]<class L>() {
            next.count = rows_at_once(L::traits);
            next.wanted = L::needs({row, row + next.count - 1});
        });
        return next;
    }

    template <class Compute, class Give>
    void run_step(std::size_t index, Compute& compute, Give& give) {
        const Step& step = steps[index];
        const Next next = next_of(index, map(step.output).next);
        const bool exists = next.row >= 0 && next.row < map(step.output).height;
        if (exists) {
            RowCall<T> call;
            call.output = next_rows(step.output, next.count);
            call.input = rows_of(step.input, next.wanted);
            if (step.other >= 0) call.other = rows_of(step.other, next.wanted);
            call.band = {.first_input = next.wanted.first < 0 ? 0 : next.wanted.first,
                         .first_output = next.row,
                         .input_height = map(step.input).height};
            compute(index, call);
        }
        map(step.output).next += next.count;
        needed_[index] = next_of(index, map(step.output).next).wanted.first;
        for (int i = next.row; exists && step.output == plan.output && i < map(step.output).next; ++i)
            give(i, rows_of(step.output, {i, i}).data);
        drop_read_rows(step.input);
        drop_read_rows(step.other);
        if (step.output == plan.output) drop_read_rows(step.output);
    }

    std::size_t slot_;
    std::array<Map, tensors> map_;
    std::array<int, steps.size()> needed_;  // of each step: the first row of its inputs that it still reads
    alignas(4) alignas(T) T memory_[size];
};

}  // namespace depix::detail

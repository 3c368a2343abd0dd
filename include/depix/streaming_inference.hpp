// StreamingInference: a network for firmware that is given a picture row by row, and gives back the result row by row.
#pragma once

#include "depix/kernels/reference/rows.hpp"
#include "depix/plan/place_rows.hpp"
#include "depix/static_inference.hpp"

namespace depix {

/// Restores pictures of one width and any height, row by row, with weights that lie anywhere in memory. It keeps only
/// the rows that later layers still need; how many these are, also on the skips of a U-Net, the compiler counts.
///
///     static StreamingInference<DocumentsAutoencoder, 540> network;   // its RAM: sizeof network
///     network.begin(weights, statistics, 420);
///     for (int y = 0; y < 420; ++y)
///         network.push(row_of_sensor(y), [&](int row, const float* values) { print(row, values); });
///
/// A row has channels x width values, channel after channel. Every row of the result is given once, in order, to what
/// is called here with its number. All have been given after the last row of the picture. The values are those of
/// StaticInference, bit for bit, which runs the same kernels on whole maps. `weights` and `statistics` are as there.
///
/// It has no constructor, so several networks that run one after the other may share their memory in a union. `begin`
/// comes before all else.
template <Module Network, int Width, class T = float>
class StreamingInference {
    static constexpr int multiple_of = Network::size_multiple;
    // A height at which no map is too small, for checks of the width.
    static constexpr int tall = round_up(1 << 14, multiple_of);
    static_assert(Width > 0 && detail::CheckSize<Width % multiple_of == 0, tall, Width, multiple_of>::value);
    static_assert(detail::CheckLayersStream<layers_of<Network>, T>::value);

    static constexpr auto plan = detail::plan_for_streaming<Network>();
    static_assert(plan.step_count > 0, "depix: a network without layers");
    static constexpr std::size_t tensors = plan.tensors.size();
    static constexpr auto shapes = find_shapes(plan, {Network::in_channels, tall, Width});
    static constexpr int mismatch = find_mismatch(plan, shapes);
    static constexpr int given_width = [] {
        return shapes[static_cast<std::size_t>(mismatch < 0 ? plan.input : plan.step(mismatch).input)].width;
    }();
    static_assert(detail::CheckMisfit<mismatch, tall, given_width>::value);

    static constexpr auto row_sizes = [] {
        std::array<std::size_t, tensors> sizes{};
        for (std::size_t i = 0; i < tensors; ++i) sizes[i] = Shape{shapes[i].channels, 1, shapes[i].width}.size();
        return sizes;
    }();
    static constexpr auto placement = detail::place_rows(detail::stream_plan<Network>, row_sizes);

    // What `push` needs of the plan. All else of it does not reach the flash.
    struct Step {
        std::size_t parameters, statistics;
        short layer;  // its number in layers_of<Network>
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
        for (std::size_t i = 0; i < all.size(); ++i) {
            const PlanStep& step = plan.steps[i];
            all[i] = {step.layer.parameters,          step.layer.statistics,          detail::layer_numbers<Network>[i],
                      static_cast<short>(step.input), static_cast<short>(step.other), static_cast<short>(step.output)};
        }
        return all;
    }();
    static constexpr auto buffers = [] {
        std::array<Buffer, tensors> all{};
        constexpr auto& stream = detail::stream_plan<Network>;
        for (std::size_t i = 0; i < tensors; ++i) {
            const auto root = static_cast<std::size_t>(plan.root(static_cast<int>(i)));
            const int step = static_cast<int>(row_sizes[root]);
            const std::size_t last_row = static_cast<std::size_t>(stream.capacity[root] - 1) * row_sizes[root];
            all[i] = {placement.offset[root] + (placement.downwards[root] ? last_row : 0),
                      placement.downwards[root] ? -step : step,
                      shapes[root].channels,
                      shapes[root].width,
                      static_cast<short>(root),
                      static_cast<short>(stream.capacity[root]),
                      static_cast<short>(stream.start[i]),
                      stream.moves_at_once(root)};
        }
        return all;
    }();
    static constexpr auto order = detail::stream_plan<Network>.order;

  public:
    static constexpr int in_channels = Network::in_channels;
    static constexpr int out_channels = shapes[static_cast<std::size_t>(plan.output)].channels;
    static constexpr int output_width = shapes[static_cast<std::size_t>(plan.output)].width;
    /// The number of values in each of the two arrays that `begin` is given.
    static constexpr std::size_t parameter_count = Network::parameter_count;
    static constexpr std::size_t statistic_count = detail::count_statistics(plan);
    /// The memory of all maps, in elements and in bytes.
    static constexpr std::size_t workspace_size = placement.total;
    static constexpr std::size_t workspace_bytes = workspace_size * sizeof(T);
    /// How many rows of the picture the first row of the output needs.
    static constexpr int lead = detail::stream_plan<Network>.lead;
    /// How many rows of its input the layer with this number keeps for it and for all others that read the same map.
    static constexpr int kept_rows(int layer) {
        return detail::stream_plan<Network>.rows[static_cast<std::size_t>(plan.root(plan.step(layer).input))];
    }

    /// Begins a picture of this height. Returns false, and takes no rows, if the network cannot take such a picture:
    /// the height is no positive multiple of Network::size_multiple, or a map would be empty.
    bool begin(const T* weights, const T* statistics, int height) {
        weights_ = weights;
        statistics_ = statistics;
        slot_ = 0;
        for (std::size_t i = 0; i < tensors; ++i) map_[i] = {.next = buffers[i].start, .height = 0, .origin = 0};
        for (std::size_t i = 0; i < steps.size(); ++i) with_layer_of(i, [&]<class L>() { find_needed<L>(i); });
        return find_heights(height);
    }

    /// Takes the next row of the picture, and calls sink(row, values) for each row of the result that is ready. If the
    /// row's channels do not lie one after the other, `channel_stride` says how far apart they begin. Rows beyond the
    /// last are ignored.
    template <class Sink>
    void push(const T* row, Sink&& sink, std::ptrdiff_t channel_stride = Width) {
        bool taken = false;
        while (map(plan.output).next < map(plan.output).height) {
            const int step = order[slot_];
            const bool wants_row =
                step < 0 && map(plan.input).next >= 0 && map(plan.input).next < map(plan.input).height;
            if (wants_row && taken) return;
            if (wants_row) take(row, channel_stride);
            taken = taken || wants_row;
            if (step < 0)
                ++map(plan.input).next;
            else
                run_step(static_cast<std::size_t>(step), sink);
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

    /// Calls body.template operator()<L>() for the layer L of a step.
    template <class Body>
    static void with_layer_of(std::size_t step, Body&& body) {
        detail::with_layer_number<Network>(steps[step].layer, body);
    }

    bool find_heights(int height) {
        if (height <= 0 || height % multiple_of != 0) return false;
        map(plan.input).height = height;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const Step& step = steps[i];
            const int given = map(step.input).height;
            int& result = map(step.output).height;
            with_layer_of(i, [&]<class L>() { result = L::output({1, given, tall}).height; });
            if (result > 0 && (step.other < 0 || map(step.other).height == given)) continue;
            map(plan.output).height = 0;
            return false;
        }
        return true;
    }

    T* row_at(const Buffer& buffer, int place) {
        return workspace_ + static_cast<std::ptrdiff_t>(buffer.first) +
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
        const int size = rows.channels * rows.width;
        for (int row = first; row < own.next; ++row) {
            const T* from = row_at(rows, row - own.origin);
            T* to = row_at(rows, row - first);
            for (int i = 0; i < size; ++i) to[i] = from[i];
        }
        own.origin = first;
    }
    void drop_read_rows(int tensor) {
        if (tensor >= 0 && buffer(tensor).moves_at_once) drop_rows(buffer(tensor).root);
    }

    /// The first row that a step's next rows are computed from.
    template <Layer L>
    void find_needed(std::size_t step) {
        const int row = map(steps[step].output).next;
        needed_[step] = L::needs({row, row + detail::rows_at_once(L::traits) - 1}).first;
    }

    void take(const T* row, std::ptrdiff_t channel_stride) {
        copy(View<const T>(row, 1, {in_channels, 1, Width}, 0, channel_stride, Width), next_rows(plan.input, 1));
    }

    template <class Sink>
    void run_step(std::size_t index, Sink& sink) {
        const Step& step = steps[index];
        const int row = map(step.output).next;
        const bool exists = row >= 0 && row < map(step.output).height;
        with_layer_of(index, [&]<class L>() {
            constexpr int count = detail::rows_at_once(L::traits);
            if (exists) run_layer<L>(step, row);
            map(step.output).next += count;
            find_needed<L>(index);
        });
        for (int i = row; exists && step.output == plan.output && i < map(step.output).next; ++i)
            sink(i, static_cast<const T*>(rows_of(step.output, {i, i}).data));
        drop_read_rows(step.input);
        drop_read_rows(step.other);
        if (step.output == plan.output) drop_read_rows(step.output);
    }

    template <Layer L>
    void run_layer(const Step& step, int row) {
        constexpr int count = detail::rows_at_once(L::traits);
        const RowRange wanted = L::needs({row, row + count - 1});
        kernels::Forward<T> call;
        call.output = next_rows(step.output, count);
        call.input = rows_of(step.input, wanted);
        if (step.other >= 0) call.other = rows_of(step.other, wanted);
        call.parameters = weights_ + step.parameters;
        call.statistics = statistics_ + step.statistics;
        reference::forward_rows<L>(call, {.first_input = wanted.first < 0 ? 0 : wanted.first,
                                          .first_output = row,
                                          .input_height = map(step.input).height});
    }

    // Nothing has an initial value, so that a static object needs no code before main(); `begin` sets them.
    const T* weights_;
    const T* statistics_;
    std::size_t slot_;
    std::array<Map, tensors> map_;
    std::array<int, steps.size()> needed_;  // of each step: the first row of its inputs that it still reads
    T workspace_[workspace_size];
};

}  // namespace depix

// StreamingInference: a network for firmware that is given a picture row by row, and gives back the result row by row.
#pragma once

#include "depix/kernels/reference/row_buffers.hpp"
#include "depix/kernels/reference/rows.hpp"
#include "depix/static_inference.hpp"

namespace depix {

namespace detail {

/// The shapes of all tensors of a plan for pictures of one width, which are checked. The heights count for nothing.
template <Module Network, int Width, const auto& Plan>
struct ShapesOfRows {
    static constexpr int multiple_of = Network::size_multiple;
    // A height at which no map is too small, for checks of the width.
    static constexpr int tall = round_up(1 << 14, multiple_of);
    static_assert(Width > 0 && CheckSize<Width % multiple_of == 0, tall, Width, multiple_of>::value);
    static_assert(Plan.step_count > 0, "depix: a network without layers");

    static constexpr auto shapes = find_shapes(Plan, {Network::in_channels, tall, Width});
    static constexpr int mismatch = find_mismatch(Plan, shapes);
    static constexpr int given_width = [] {
        return shapes[static_cast<std::size_t>(mismatch < 0 ? Plan.input : Plan.step(mismatch).input)].width;
    }();
    static_assert(CheckMisfit<mismatch, tall, given_width>::value);
};

template <Module Network>
inline constexpr auto streaming_plan = plan_for_streaming<Network>();

/// A network of floats, as RowBuffers takes it.
template <Module Network, int Width, class T>
struct FloatRows {
    using Element = T;
    static_assert(CheckLayersStream<layers_of<Network>, T>::value);
    static constexpr auto& plan = streaming_plan<Network>;
    static constexpr int period = rows_of_period<Network>();
    static constexpr auto& shapes = ShapesOfRows<Network, Width, plan>::shapes;
    static constexpr auto row_widths = [] {
        std::array<int, plan.tensors.size()> widths{};
        for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = shapes[i].width;
        return widths;
    }();
    static constexpr auto row_sizes = [] {
        std::array<std::size_t, plan.tensors.size()> sizes{};
        for (std::size_t i = 0; i < sizes.size(); ++i) sizes[i] = Shape{shapes[i].channels, 1, shapes[i].width}.size();
        return sizes;
    }();

    template <class Body>
    static void with_layer_of(std::size_t step, Body&& body) {
        with_layer_number<Network>(layer_numbers<Network>[step], body);
    }
};

}  // namespace detail

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
    using Rows = detail::FloatRows<Network, Width, T>;
    static constexpr auto& plan = Rows::plan;
    static constexpr auto& stream = detail::stream_plan<Rows>;

    // Where the numbers of each layer begin.
    struct Offsets {
        std::size_t parameters, statistics;
    };
    static constexpr auto offsets = [] {
        std::array<Offsets, plan.steps.size()> all{};
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i] = {plan.steps[i].layer.parameters, plan.steps[i].layer.statistics};
        return all;
    }();

  public:
    static constexpr int in_channels = Network::in_channels;
    static constexpr int out_channels = Rows::shapes[static_cast<std::size_t>(plan.output)].channels;
    static constexpr int output_width = Rows::shapes[static_cast<std::size_t>(plan.output)].width;
    /// The number of values in each of the two arrays that `begin` is given.
    static constexpr std::size_t parameter_count = Network::parameter_count;
    static constexpr std::size_t statistic_count = detail::count_statistics(plan);
    /// The memory of all maps, in elements and in bytes.
    static constexpr std::size_t workspace_size = detail::RowBuffers<Rows>::size;
    static constexpr std::size_t workspace_bytes = workspace_size * sizeof(T);
    /// How many rows of the picture the first row of the output needs.
    static constexpr int lead = stream.lead;
    /// How many rows of its input the layer with this number keeps for it and for all others that read the same map.
    static constexpr int kept_rows(int layer) {
        return stream.rows[static_cast<std::size_t>(plan.root(plan.step(layer).input))];
    }

    /// Begins a picture of this height. Returns false, and takes no rows, if the network cannot take such a picture:
    /// the height is no positive multiple of Network::size_multiple, or a map would be empty.
    bool begin(const T* weights, const T* statistics, int height) {
        weights_ = weights;
        statistics_ = statistics;
        return rows_.begin(height, Network::size_multiple);
    }

    /// Takes the next row of the picture, and calls sink(row, values) for each row of the result that is ready. If the
    /// row's channels do not lie one after the other, `channel_stride` says how far apart they begin. Rows beyond the
    /// last are ignored.
    template <class Sink>
    void push(const T* row, Sink&& sink, std::ptrdiff_t channel_stride = Width) {
        rows_.advance([&](View<T> to) { copy(View<const T>(row, 1, to.shape(), 0, channel_stride, Width), to); },
                      [&](std::size_t step, const detail::RowCall<T>& now) {
                          kernels::Forward<T> call;
                          call.input = now.input;
                          call.other = now.other;
                          call.output = now.output;
                          call.parameters = weights_ + offsets[step].parameters;
                          call.statistics = statistics_ + offsets[step].statistics;
                          Rows::with_layer_of(step, [&]<class L>() { run_layer<L>(call, now.band); });
                      },
                      [&](int number, const T* values) { sink(number, values); });
    }

  private:
    // A function for each layer, so that the compiler can make one kernel for each size.
    template <Layer L>
    [[gnu::noinline]] static void run_layer(const kernels::Forward<T>& call, const kernels::Band& band) {
        reference::forward_rows<L>(call, band);
    }

    const T* weights_;
    const T* statistics_;
    detail::RowBuffers<Rows> rows_;
};

}  // namespace depix

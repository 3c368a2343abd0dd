// Quantized networks for firmware: StaticInference and StreamingInference on 8-bit integers.
#pragma once

#include "depix/quantize/static_whole.hpp"
#include "depix/streaming_inference.hpp"

namespace depix {

namespace detail {

template <Module Network, class Precision>
inline constexpr auto streaming_int8_plan = alias_for_streaming(mixed_plan<Network, Precision>.plan);

/// A network of integers, as RowBuffers takes it.
template <Module Network, int Width, class Precision>
struct Int8Rows {
    using Element = std::int8_t;
    using Steps = StaticSteps<Network, Precision>;
    static_assert(CheckLayersStream<layers_of<Network>, float>::value);
    static constexpr auto& plan = streaming_int8_plan<Network, Precision>;
    static constexpr int period = rows_of_period<Network>();
    static constexpr auto& shapes = ShapesOfRows<Network, Width, plan>::shapes;
    static constexpr auto row_widths = [] {
        std::array<int, Steps::tensors> widths{};
        for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = shapes[i].width * Steps::bytes_of(i);
        return widths;
    }();
    static constexpr auto row_sizes = [] {
        std::array<std::size_t, Steps::tensors> sizes{};
        for (std::size_t i = 0; i < sizes.size(); ++i)
            sizes[i] = Steps::round_bytes(Shape{shapes[i].channels, 1, row_widths[i]}.size());
        return sizes;
    }();

    template <class Body>
    static void with_layer_of(std::size_t step, Body&& body) {
        Steps::with_layer_of(step, body);
    }
};

}  // namespace detail

/// Restores pictures of one fixed shape with 8-bit integers. It needs no heap, no exceptions and no floating point,
/// except in steps that stay float. The bits are those of Inference<Network, Int8<Reference>>.
///
///     static StaticInference<Tiny, Shape{1, 32, 32}, StaticInt8<>> network;   // its RAM: network.workspace_bytes
///     network.run({page_weights, page_numbers}, picture, restored);           // arrays that `depix embed` wrote
template <Module Network, Shape InputShape, int... FloatSteps>
class StaticInference<Network, InputShape, StaticInt8<FloatSteps...>> {
    using Whole = detail::WholeInt8<Network, InputShape, StaticInt8<FloatSteps...>, 0>;
    using Steps = typename Whole::Steps;
    static constexpr std::size_t map_bytes = Whole::placement.large;

  public:
    using Input = typename Whole::Input;    ///< int8_t, or float if a step that stays float reads the picture
    using Output = typename Whole::Output;  ///< likewise of the result
    static constexpr Shape input_shape = InputShape;
    static constexpr Shape output_shape = Whole::Floats::output_shape;
    static constexpr detail::Int8Sizes sizes = Whole::Common::sizes;
    /// The workspace of the network in bytes, besides input and output.
    static constexpr std::size_t workspace_bytes =
        Steps::round_bytes(map_bytes) + sizeof(std::int16_t) * static_cast<std::size_t>(Steps::patch_size);

    /// input: input_shape.size() values, planar; output: output_shape.size() values. They must not overlap.
    void run(const Int8Arrays& arrays, const Input* input, Output* output) {
        Whole::run(arrays, input, output, workspace_, workspace_, patch_);
    }

  private:
    std::int16_t patch_[Steps::patch_size];
    alignas(4) std::int8_t workspace_[map_bytes > 0 ? map_bytes : 1];
};

/// Restores pictures of one width row by row, with 8-bit integers. See StreamingInference and the class above.
///
///     static StreamingInference<DocumentsAutoencoder, 540, StaticInt8<>> network;   // its RAM: sizeof network
///     network.begin({page_weights, page_numbers}, 420);
///     network.push(row, [&](int number, const std::int8_t* values) { print(number, values); });
template <Module Network, int Width, int... FloatSteps>
class StreamingInference<Network, Width, StaticInt8<FloatSteps...>> {
    using Precision = StaticInt8<FloatSteps...>;
    using Common = detail::Int8Network<Network, Precision>;
    using Steps = typename Common::Steps;
    using Rows = detail::Int8Rows<Network, Width, Precision>;

  public:
    using Input = typename Common::Input;    ///< int8_t, or float if a step that stays float reads the picture
    using Output = typename Common::Output;  ///< likewise of the result
    static constexpr int in_channels = Network::in_channels;
    static constexpr int out_channels = Rows::shapes[static_cast<std::size_t>(Rows::plan.output)].channels;
    static constexpr int output_width = Rows::shapes[static_cast<std::size_t>(Rows::plan.output)].width;
    static constexpr detail::Int8Sizes sizes = Common::sizes;
    /// The memory of all maps.
    static constexpr std::size_t workspace_bytes = detail::RowBuffers<Rows>::size;
    /// How many rows of the picture the first row of the output needs.
    static constexpr int lead = detail::stream_plan<Rows>.lead;

    /// As StreamingInference::begin.
    bool begin(const Int8Arrays& arrays, int height) {
        arrays_ = arrays;
        return rows_.begin(height, Network::size_multiple);
    }

    /// As StreamingInference::push.
    template <class Sink>
    void push(const Input* row, Sink&& sink, std::ptrdiff_t channel_stride = Width) {
        rows_.advance(
            [&](View<std::int8_t> to) {
                const View<const Input> picture(row, 1, {in_channels, 1, Width}, 0, channel_stride, Width);
                copy(Common::template bytes_in<const std::int8_t>(picture), to);
            },
            [&](std::size_t step, const typename Steps::Call& call) {
                Steps::template run<false>(step, arrays_, call, patch_);
            },
            [&](int number, const std::int8_t* values) { sink(number, detail::pointer_to<const Output>(values)); });
    }

  private:
    Int8Arrays arrays_;
    detail::RowBuffers<Rows> rows_;
    std::int16_t patch_[Steps::patch_size];
};

}  // namespace depix

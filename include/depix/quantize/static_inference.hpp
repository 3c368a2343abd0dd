// Quantized networks for firmware: StaticInference and StreamingInference on 8-bit integers.
#pragma once

#include "depix/quantize/static_steps.hpp"
#include "depix/streaming_inference.hpp"

namespace depix {

namespace detail {

/// What both have in common. A picture is int8_t, in the encoding of the network's input, or float if a step that
/// stays float reads it; the result likewise.
template <Module Network, class Precision>
struct Int8Network {
    using Steps = StaticSteps<Network, Precision>;
    static constexpr auto& mixed = Steps::mixed;
    static constexpr bool float_input = mixed.is_float[static_cast<std::size_t>(mixed.plan.input)];
    static constexpr bool float_output = mixed.is_float[static_cast<std::size_t>(mixed.plan.output)];
    using Input = std::conditional_t<float_input, float, std::int8_t>;
    using Output = std::conditional_t<float_output, float, std::int8_t>;
    /// The numbers in each array of Int8Arrays.
    static constexpr Int8Sizes sizes = Steps::described.total;

    /// The bytes of a view, whose width and strides are then counted in bytes.
    template <class Byte, class T>
    static View<Byte> bytes_in(const View<T>& x) {
        constexpr int size = sizeof(T);
        return View<Byte>(pointer_to<Byte>(x.data), 1, {x.channels, x.height, x.width * size}, 0,
                          x.channel_stride * size, x.row_stride * size);
    }
};

template <Module Network, class Precision>
inline constexpr auto static_int8_plan =
    find_lifetimes(alias_in_place(alias_slices(alias_concatenations(mixed_plan<Network, Precision>.plan))));

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
    using Precision = StaticInt8<FloatSteps...>;
    using Common = detail::Int8Network<Network, Precision>;
    using Steps = typename Common::Steps;
    using Floats = StaticInference<Network, InputShape>;  // checks the shape
    static constexpr auto& plan = detail::static_int8_plan<Network, Precision>;
    static constexpr auto shapes = find_shapes(plan, Floats::input_shape);
    static constexpr auto placement = [] {
        auto sizes = close_sizes(plan, Floats::input_shape);
        for (std::size_t i = 0; i < sizes.size(); ++i)
            sizes[i] = Steps::round_bytes(sizes[i] * static_cast<std::size_t>(Steps::bytes_of(i)));
        return place(plan, sizes);
    }();
    static constexpr int callers_root = output_root(plan);
    static constexpr bool keeps_input = plan.root(plan.input) != plan.input;

    // What running needs of the plan.
    struct Map {
        unsigned first;  // its byte in the workspace, or in the caller's output
        short channels, height, width_bytes;
        bool is_callers;
    };
    struct Links {
        short input, other, output;
    };
    static_assert(
        [] {
            for (std::size_t i = 0; i < Steps::tensors; ++i)
                if (shapes[i].height > 32767 || shapes[i].width * Steps::bytes_of(i) > 32767) return false;
            return true;
        }(),
        "depix: a map has a side of more than 32,767 bytes, which is too long here");
    static constexpr auto maps = [] {
        std::array<Map, Steps::tensors> all{};
        for (std::size_t i = 0; i < all.size(); ++i) {
            const int tensor = static_cast<int>(i), root = plan.root(tensor);
            const Shape& of_root = shapes[static_cast<std::size_t>(root)];
            const std::size_t channel = of_root.area() * static_cast<std::size_t>(Steps::bytes_of(i));
            const std::size_t in_root = static_cast<std::size_t>(plan.channel_in_root(tensor)) * channel;
            all[i] = {static_cast<unsigned>(placement.offset[static_cast<std::size_t>(root)] + in_root),
                      static_cast<short>(plan.tensor(tensor).channels), static_cast<short>(of_root.height),
                      static_cast<short>(of_root.width * Steps::bytes_of(i)), root == callers_root};
        }
        return all;
    }();
    static constexpr auto links = [] {
        std::array<Links, Steps::steps> all{};
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i] = {static_cast<short>(plan.steps[i].input), static_cast<short>(plan.steps[i].other),
                      static_cast<short>(plan.steps[i].output)};
        return all;
    }();

  public:
    using Input = typename Common::Input;    ///< int8_t, or float if a step that stays float reads the picture
    using Output = typename Common::Output;  ///< likewise of the result
    static constexpr Shape input_shape = InputShape;
    static constexpr Shape output_shape = Floats::output_shape;
    static constexpr detail::Int8Sizes sizes = Common::sizes;
    /// The workspace of the network in bytes, besides input and output.
    static constexpr std::size_t workspace_bytes =
        Steps::round_bytes(placement.total) + sizeof(std::int16_t) * static_cast<std::size_t>(Steps::patch_size);

    /// input: input_shape.size() values, planar; output: output_shape.size() values. They must not overlap.
    void run(const Int8Arrays& arrays, const Input* input, Output* output) {
        const View<const std::int8_t> picture =
            Common::template bytes_in<const std::int8_t>(View<const Input>(input, 1, InputShape));
        auto* result = detail::pointer_to<std::int8_t>(output);
        const auto readable = [&](int tensor) -> View<const std::int8_t> {
            return tensor == plan.input && !keeps_input ? picture : memory(tensor, result);
        };
        if (keeps_input) copy(picture, memory(plan.input, result));
        for (std::size_t i = 0; i < links.size(); ++i) {
            typename Steps::Call call;
            call.input = readable(links[i].input);
            if (links[i].other >= 0) call.other = readable(links[i].other);
            call.output = memory(links[i].output, result);
            call.band.input_height = call.input.height;
            Steps::template run<true>(i, arrays, call, patch_);
        }
        if (callers_root < 0)
            copy(readable(plan.output), Common::template bytes_in<std::int8_t>(View<Output>(output, 1, output_shape)));
    }

  private:
    View<std::int8_t> memory(int tensor, std::int8_t* output) {
        const Map& map = maps[static_cast<std::size_t>(tensor)];
        std::int8_t* first = (map.is_callers ? output : workspace_) + map.first;
        return View<std::int8_t>(first, 1, {map.channels, map.height, map.width_bytes});
    }

    std::int16_t patch_[Steps::patch_size];
    alignas(4) std::int8_t workspace_[placement.total > 0 ? placement.total : 1];
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

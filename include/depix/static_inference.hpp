// StaticInference: a network for firmware. It uses no heap, no exceptions and no threads; the compiler knows every
// size.
#pragma once

#include "depix/kernels/reference/engine.hpp"
#include "depix/plan/mismatch.hpp"

namespace depix {

namespace compile_message {
template <int Value>
struct height {};
template <int Value>
struct width {};
template <int Value>
struct multiple {};
}  // namespace compile_message

/// Appears in the compiler's message when a picture's size does not suit the network.
template <class Height, class Width, class Multiple>
struct size_not_divisible {
    static_assert(sizeof(Height) == 0,
                  "depix: height and width must be multiples of the network's size_multiple: see "
                  "size_not_divisible<height, width, multiple>");
};

/// Appears in the compiler's message when a picture's size does not suit one of the layers.
template <class LayerIndex, class Height, class Width>
struct size_mismatch {
    static_assert(
        sizeof(LayerIndex) == 0,
        "depix: the layer at this index (from 0, in order of execution) cannot take a map of this size: it is "
        "a Dense of another Size, or a skip whose sides differ, or the map is too small: see "
        "size_mismatch<layer_index, height, width>");
};

namespace detail {
template <int Misfit, int Height, int Width>
struct CheckMisfit {
    static constexpr bool value =
        sizeof(size_mismatch<compile_message::layer_index<Misfit>, compile_message::height<Height>,
                             compile_message::width<Width>>) > 0;
};
template <int Height, int Width>
struct CheckMisfit<-1, Height, Width> {
    static constexpr bool value = true;
};

// The running statistics of all layers.
template <std::size_t T, std::size_t S>
constexpr std::size_t count_statistics(const Plan<T, S>& plan) {
    std::size_t count = 0;
    for (int i = 0; i < plan.step_count; ++i) count += plan.step(i).layer.info->statistic_count;
    return count;
}

template <bool Divides, int Height, int Width, int Multiple>
struct CheckSize {
    static constexpr bool value = true;
};
template <int Height, int Width, int Multiple>
struct CheckSize<false, Height, Width, Multiple> {
    static constexpr bool value =
        sizeof(size_not_divisible<compile_message::height<Height>, compile_message::width<Width>,
                                  compile_message::multiple<Multiple>>) > 0;
};
}  // namespace detail

/// Restores pictures of one fixed shape with weights that lie anywhere in memory, such as in flash.
///
///     static StaticInference<Tiny, Shape{1, 32, 32}> network;   // its RAM: network.workspace_bytes
///     network.run(weights, statistics, picture, restored);      // all plain arrays of float
///
/// `weights` holds parameter_count values and `statistics` statistic_count, in the order of Model's arrays;
/// `write_weights_header` (io/weights_header.hpp) writes both as constexpr arrays. StaticInference runs the textbook
/// kernels without fusing; elementwise layers work in place.
template <Module Network, Shape Input, class T = float>
class StaticInference {
    static constexpr int multiple_of = Network::size_multiple;
    static_assert(detail::CheckSize < Input.height % multiple_of == 0 && Input.width % multiple_of == 0, Input.height,
                  Input.width, multiple_of > ::value);
    static_assert(Input.channels == Network::in_channels, "depix: the network takes another number of channels");

    static constexpr auto layout = reference::make_layout<Network>(Input);
    static constexpr int mismatch = find_mismatch(reference::inference_plan<Network>, layout.shapes);
    static constexpr Shape given = [] {
        if (mismatch < 0) return Input;
        return layout.shapes[static_cast<std::size_t>(reference::inference_plan<Network>.step(mismatch).input)];
    }();
    static_assert(detail::CheckMisfit<mismatch, given.height, given.width>::value);

  public:
    static constexpr Shape input_shape = Input;
    static constexpr Shape output_shape = Network::output(Input);
    /// The number of values in each of the two arrays that `run` reads.
    static constexpr std::size_t parameter_count = Network::parameter_count;
    static constexpr std::size_t statistic_count = detail::count_statistics(reference::inference_plan<Network>);
    /// The workspace of the network in elements and in bytes, besides input and output.
    static constexpr std::size_t workspace_size = layout.placement.total;
    static constexpr std::size_t workspace_bytes = workspace_size * sizeof(T);

    /// input: input_shape.size() values, planar; output: output_shape.size() values. They must not overlap.
    void run(const T* weights, const T* statistics, const T* input, T* output) {
        reference::infer<Network, T>(layout, weights, statistics, View<const T>(input, 1, Input),
                                     View<T>(output, 1, output_shape), workspace_);
    }

  private:
    T workspace_[workspace_size > 0 ? workspace_size : 1];
};

}  // namespace depix

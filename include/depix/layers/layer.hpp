// What every layer states about itself. The other files of this folder are written in these terms.
//
// A layer is a stateless type. It holds no weights and no pictures; it is the *description* from which the rest of the
// library derives everything: parameters, shapes, the plan, kernels. A new layer is one file that defines
//
//     static constexpr const char* name;                       // PyTorch's class, for the summary
//     static constexpr int in_channels;                        // 0: any number
//     static constexpr int in_height, in_width;                // 0: any number
//     static constexpr int out_channels(int channels);         // of the output, for this many input channels
//     static constexpr Shape output(Shape);                    // the shape rule
//     static constexpr std::array<TensorInfo, n> tensors;      // parameters and statistics, in state_dict order
//     static constexpr std::size_t multiply_adds(Shape);       // of one picture
//     static constexpr Traits traits;                          // what the planner may do with it
//
// and inherits from LayerBase, which supplies defaults for all but `name` and `traits`. The concept Layer below checks
// this list.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>

#include "depix/shape.hpp"

namespace depix {

/// How a tensor is initialised. `Uniform` is PyTorch's default, U(-1/sqrt(fan_in), 1/sqrt(fan_in)); `Quarter` is 1/4.
enum class Initial : unsigned char { Uniform, Zeros, Ones, Quarter };

/// One tensor of a layer: its name in PyTorch's state_dict, its shape there, and how it is initialised.
struct TensorInfo {
    const char* name = "";       ///< "": the tensor is called as the layer itself, without a name of its own
    std::array<int, 4> shape{};  ///< the first `rank` entries count
    int rank = 0;
    Initial initial = Initial::Zeros;
    int fan_in = 1;         ///< inputs that one output sums over
    bool trainable = true;  ///< false: a running statistic

    constexpr std::size_t size() const {
        std::size_t product = 1;
        for (int i = 0; i < rank; ++i) product *= static_cast<std::size_t>(shape[static_cast<std::size_t>(i)]);
        return product;
    }
};

/// What kind of layer it is for the planner, which fuses by role and never by name.
enum class Role : unsigned char {
    Convolution,
    TransposedConvolution,
    BatchNorm,
    Rectifier,   ///< x where x > 0, a number times x elsewhere
    Activation,  ///< any other formula of layers/elementwise.hpp
    MaxPool,
    PixelShuffle,
    Upsample,
    Add,
    Concatenate,
    Multiply,
    Slice,
    ChannelScale,  ///< a factor for each channel
    PixelNorm,     ///< a norm over the channels of each pixel
    Other
};

/// Rows (or columns) [first, last], both included. They may reach below 0 or beyond the last row, into the zero
/// padding.
struct RowRange {
    int first = 0;
    int last = 0;
    friend constexpr bool operator==(const RowRange&, const RowRange&) = default;
};

/// All rows, whatever their number. A global layer needs them.
inline constexpr RowRange every_row{-(1 << 29), 1 << 29};

/// What the planner may do with a layer, and what its backward pass reads.
struct Traits {
    Role role = Role::Other;
    int up = 1;                  ///< height and width are multiplied by up / down
    int down = 1;                ///<
    int halo = 0;                ///< zeros that a fast kernel needs around its input
    int gradient_halo = 0;       ///< zeros that a fast backward pass needs around the output's gradient
    bool elementwise = false;    ///< output[i] depends on input[i] alone (or is a norm's): inference may work in place
    bool global = false;         ///< an output row depends on every input row: a picture cannot be cut into tiles
    bool needs_input = true;     ///< the backward pass reads the input
    bool needs_output = false;   ///< the backward pass reads the output
    float negative_slope = 1.f;  ///< of a rectifier: y = x for x > 0, negative_slope * x below
    bool learned_slope = false;  ///< of a rectifier: the slope is its parameter instead
    int first_channel = 0;       ///< of a slice: the first channel of its input that it gives
    /// Of a convolution: it has a single group, no dilation and a square kernel. Only such a one is fused with layers
    /// that change the size.
    bool plain = true;
};

namespace detail {
// Placeholders in LayerBase for what each layer must define. With them the compiler can continue after it has reported
// what is missing, and it reports nothing else.
struct UnstatedTraits : Traits {};
struct UnstatedName {
    constexpr operator const char*() const { return "?"; }  // NOLINT: implicit, as the name would be
};
}  // namespace detail

/// The defaults. `Layer` is the derived class.
template <class Layer>
struct LayerBase {
    static constexpr bool is_layer = true;  ///< marks the type as a layer; the concept Layer checks the rest
    static constexpr detail::UnstatedName name{};
    static constexpr detail::UnstatedTraits traits{};
    static constexpr int in_channels = 0;
    static constexpr int in_height = 0;
    static constexpr int in_width = 0;
    static constexpr int channel_multiple = 1;  ///< if in_channels is 0: the channels must be a multiple of this
    static constexpr int out_channels(int channels) { return channels; }
    static constexpr Shape output(Shape input) { return input; }
    static constexpr std::array<TensorInfo, 0> tensors{};
    static constexpr std::size_t multiply_adds(Shape) { return 0; }
    /// The input rows that these output rows are computed from.
    static constexpr RowRange needs(RowRange output_rows) { return output_rows; }
    /// The elements that the forward pass of a batch keeps for the backward pass, besides input and output.
    static constexpr std::size_t saved_size(int /*batch*/, Shape /*input*/) { return 0; }
};

/// Appears in the compiler's message when a type is marked as a layer and lacks a part of one.
template <class L>
struct layer_is_incomplete {
    static_assert(
        requires {
            requires std::same_as < std::remove_cvref_t<decltype(L::name)>,
            const char* > ;
        },
        "depix: this layer has no name: it needs static constexpr const char* name = \"...\";");
    static_assert(
        requires { requires std::same_as<std::remove_cvref_t<decltype(L::traits)>, Traits>; },
        "depix: this layer has no traits: it needs static constexpr Traits traits{...}; see layers/layer.hpp");
    static_assert(
        requires {
            { L::in_channels } -> std::convertible_to<int>;
            { L::in_height } -> std::convertible_to<int>;
            { L::in_width } -> std::convertible_to<int>;
            { L::channel_multiple } -> std::convertible_to<int>;
        },
        "depix: this layer does not say what it takes: it needs in_channels, in_height, in_width and channel_multiple, "
        "which LayerBase supplies");
    static_assert(
        requires {
            { L::out_channels(1) } -> std::same_as<int>;
        },
        "depix: this layer needs static constexpr int out_channels(int), which LayerBase supplies");
    static_assert(
        requires {
            { L::output(Shape{}) } -> std::same_as<Shape>;
        },
        "depix: this layer needs static constexpr Shape output(Shape), which LayerBase supplies");
    static_assert(
        requires { requires std::same_as<std::remove_cvref_t<decltype(*L::tensors.data())>, TensorInfo>; },
        "depix: this layer needs a std::array<TensorInfo, n> tensors, which LayerBase supplies");
    static_assert(
        requires {
            { L::multiply_adds(Shape{}) } -> std::same_as<std::size_t>;
        },
        "depix: this layer needs static constexpr std::size_t multiply_adds(Shape), which LayerBase supplies");
    static_assert(
        requires {
            { L::needs(RowRange{}) } -> std::same_as<RowRange>;
        },
        "depix: this layer needs static constexpr RowRange needs(RowRange), which LayerBase supplies");
    static_assert(
        requires {
            { L::saved_size(1, Shape{}) } -> std::same_as<std::size_t>;
        },
        "depix: this layer needs static constexpr std::size_t saved_size(int, Shape), which LayerBase supplies");
};

/// A type that says that it is a layer. LayerBase does so for the types that inherit from it.
template <class T>
concept MarkedAsLayer = requires {
    requires T::is_layer;
};

/// A single layer of a network, in contrast to compositions such as Sequential. If a type is marked as a layer but is
/// not complete, the compiler stops with a message.
template <class T>
concept Layer = MarkedAsLayer<T> &&(sizeof(layer_is_incomplete<T>) > 0);

/// A layer as a value. The plan's steps point to it, and &layer_info<L> identifies L.
struct LayerInfo {
    const char* name;
    Traits traits;
    int in_channels;
    int in_height;
    int in_width;
    std::size_t parameter_count;
    std::size_t statistic_count;
    Shape (*output)(Shape);
    std::size_t (*multiply_adds)(Shape);
    RowRange (*needs)(RowRange);
    std::size_t (*saved_size)(int, Shape);
};

/// Trainable parameters of a layer.
template <Layer L>
constexpr std::size_t count_tensors(bool trainable) {
    std::size_t count = 0;
    for (const TensorInfo& tensor : L::tensors)
        if (tensor.trainable == trainable) count += tensor.size();
    return count;
}

template <Layer L>
inline constexpr LayerInfo layer_info{L::name,
                                      L::traits,
                                      L::in_channels,
                                      L::in_height,
                                      L::in_width,
                                      count_tensors<L>(true),
                                      count_tensors<L>(false),
                                      &L::output,
                                      &L::multiply_adds,
                                      &L::needs,
                                      &L::saved_size};

}  // namespace depix

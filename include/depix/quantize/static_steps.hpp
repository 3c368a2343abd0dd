// StaticSteps: runs the steps of a network of StaticInt8. It allocates nothing and needs only the language's headers.
#pragma once

#include "depix/kernels/reference/engine.hpp"
#include "depix/kernels/reference/int8.hpp"
#include "depix/kernels/reference/row_buffers.hpp"
#include "depix/kernels/reference/rows.hpp"
#include "depix/quantize/static_plan.hpp"

namespace depix {

/// The numbers of a quantized network, anywhere in memory, such as in flash. `depix embed --type int8` writes them as
/// arrays, and pack() (quantize/pack.hpp) makes them of a Quantized.
struct Int8Arrays {
    const std::int8_t* weights;
    const std::int32_t* numbers;  ///< biases, multipliers, shifts, zero points
    const float* parameters;      ///< of the steps that stay float; nullptr: there are none
    const float* statistics;
};

namespace detail {

/// A pointer to numbers that lie in an array of bytes, at a multiple of their size.
template <class To, class From>
To* pointer_to(From* bytes) {
    if constexpr (std::is_const_v<To>)
        return static_cast<To*>(static_cast<const void*>(bytes));
    else
        return static_cast<To*>(static_cast<void*>(bytes));
}

/// The floats in a view of bytes, whose width and strides are counted in bytes.
template <class Float, class Byte>
View<Float> floats_in(const View<Byte>& x) {
    constexpr int size = sizeof(float);
    return View<Float>(pointer_to<Float>(x.data), 1, {x.channels, x.height, x.width / size}, 0, x.channel_stride / size,
                       x.row_stride / size);
}

template <class L>
inline constexpr bool is_transposed = L::traits.role == Role::TransposedConvolution;

/// What the steps of mixed_plan have and need.
template <std::size_t Steps, std::size_t Layers>
struct DescribedNetwork {
    std::array<Int8Step, Steps> steps{};
    std::array<UsedLayers, Steps> layers{};
    std::array<bool, Layers + 2> runs_on_integers{}, runs_on_floats{};  ///< the layers; the last two are conversions
    Int8Sizes total{};
    int patch = 1;
    bool has_floats = false;
};

template <Module Network, class Precision>
inline constexpr auto described_steps = [] {
    constexpr auto& mixed = mixed_plan<Network, Precision>;
    DescribedNetwork<mixed.number.size(), layers_of<Network>::size> all;
    for (std::size_t i = 0; i < mixed.number.size(); ++i) {
        const PlanStep& step = mixed.plan.steps[i];
        const bool is_float = mixed.number[i] >= 0 && mixed.is_float[static_cast<std::size_t>(step.output)];
        all.steps[i] = describe_static_step<Network>(step, mixed.number[i], is_float, all.total);
        UsedLayers& used = all.layers[i];
        if (mixed.number[i] >= 0)
            used = used_layers<Network>[static_cast<std::size_t>(mixed.number[i])];
        else
            used.layer = static_cast<short>(number_of_layer<Network, Encode> +
                                            mixed.is_float[static_cast<std::size_t>(step.output)]);
        all.has_floats = all.has_floats || is_float;
        if (!is_float) all.runs_on_integers[static_cast<std::size_t>(used.layer)] = true;
        for (const short layer : {used.layer, used.batch_norm, used.activation})
            if (is_float && layer >= 0) all.runs_on_floats[static_cast<std::size_t>(layer)] = true;
        if (is_float || mixed.number[i] < 0) continue;
        with_layer_number<Network>(used.layer, [&]<class L>() {
            if constexpr (IntegerConvolution<L>)
                all.patch = larger(all.patch, integers::largest_patch(geometry_of<L>(), is_transposed<L>));
        });
    }
    return all;
}();

template <Module Network, class Precision>
struct StaticSteps {
    static constexpr auto& mixed = mixed_plan<Network, Precision>;
    static constexpr auto& described = described_steps<Network, Precision>;
    static constexpr std::size_t tensors = mixed.is_float.size(), steps = mixed.number.size();
    using Call = RowCall<std::int8_t>;
    static constexpr bool has_floats = described.has_floats;
    static constexpr int patch_size = described.patch;

    // A flash holds only what running needs: offsets in floats only if there are floats.
    struct Compact {
        unsigned weights, numbers;
        short layer;
        bool is_float, has_slopes, has_table;
    };
    static constexpr auto compact = [] {
        std::array<Compact, steps> all{};
        for (std::size_t i = 0; i < steps; ++i) {
            const Int8Step& step = described.steps[i];
            all[i] = {static_cast<unsigned>(step.first.weights),
                      static_cast<unsigned>(step.first.numbers),
                      described.layers[i].layer,
                      step.is_float,
                      step.has_slopes,
                      step.has_table};
        }
        return all;
    }();

    /// The bytes of a row of one channel and of a whole row of each tensor. Rows of floats begin at multiples of 4.
    static constexpr std::size_t round_bytes(std::size_t bytes) {
        return has_floats ? (bytes + sizeof(float) - 1) / sizeof(float) * sizeof(float) : bytes;
    }
    static constexpr int bytes_of(std::size_t tensor) { return mixed.is_float[tensor] ? int{sizeof(float)} : 1; }

    template <class Body>
    static void with_layer_of(std::size_t step, Body&& body) {
        const short number = compact[step].layer;
        with_layer_number<Network>(number, body);
        if constexpr (has_floats) {
            if (number == static_cast<short>(number_of_layer<Network, Encode>)) body.template operator()<Encode>();
            if (number == static_cast<short>(number_of_layer<Network, Decode>)) body.template operator()<Decode>();
        }
    }

    /// Computes rows of a step's output: all of them at once if IsWhole, so that layers which need whole maps run too.
    /// `patch` has room for patch_size numbers.
    template <bool IsWhole>
    static void run(std::size_t index, const Int8Arrays& arrays, const Call& call, std::int16_t* patch) {
        with_layer_of(index, [&]<class L>() { run_layer<L, IsWhole>(index, arrays, call, patch); });
    }

  private:
    template <class L, bool IsWhole>
    static void run_layer(std::size_t index, const Int8Arrays& arrays, const Call& call, std::int16_t* patch) {
        const Compact& step = compact[index];
        if constexpr (described.runs_on_floats[number_of_layer<Network, L>])
            if (step.is_float) return run_floats<L, IsWhole>(index, arrays, call);
        if constexpr (described.runs_on_integers[number_of_layer<Network, L>])
            run_integers<L>(index, arrays, call, patch);
    }

    template <class L>
    static void run_integers(std::size_t index, const Int8Arrays& arrays, const Call& call,
                             [[maybe_unused]] std::int16_t* patch) {
        const Compact& step = compact[index];
        [[maybe_unused]] const std::int8_t* bytes = arrays.weights + step.weights;
        [[maybe_unused]] const std::int32_t* numbers = arrays.numbers + step.numbers;
        const View<const std::int8_t>&x = call.input, &other = call.other;
        const View<std::int8_t>& y = call.output;
        if constexpr (std::is_same_v<L, Encode>) {
            reference::int8_encode({scale_of(index, arrays), numbers[0]}, floats_in<const float>(x), y);
        } else if constexpr (std::is_same_v<L, Decode>) {
            reference::int8_decode({scale_of(index, arrays), numbers[0]}, x, floats_in<float>(y));
        } else {
            using enum integers::Operation;
            constexpr integers::Operation operation = operation_of<L>();
            if constexpr (IntegerConvolution<L>) run_convolution<L>(step, bytes, numbers, call, patch);
            if constexpr (operation == MaxPool) reference::max_pool_rows<L, std::int8_t>(x, y, call.band);
            if constexpr (operation == Add)
                reference::int8_add(
                    {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]}, x, other, y);
            if constexpr (operation == Concatenate) {
                copy<std::int8_t>(x, y.slice(0, x.channels));
                copy<std::int8_t>(other, y.slice(x.channels, other.channels));
            }
            if constexpr (operation == Slice) copy<std::int8_t>(x.slice(L::traits.first_channel, y.channels), y);
            if constexpr (operation == Copy) copy<std::int8_t>(x, y);
            if constexpr (operation == PixelShuffle) reference::int8_pixel_shuffle(L::factor, x, y);
            if constexpr (operation == Upsample) reference::int8_upsample(L::factor, x, y);
            if constexpr (operation == Table) reference::int8_table(bytes, x, y);
        }
    }

    template <class L>
    static void run_convolution(const Compact& step, const std::int8_t* bytes, const std::int32_t* numbers,
                                const Call& call, std::int16_t* patch) {
        static constexpr ConvGeometry g = geometry_of<L>();
        // Some rows of a map: the padding above moves with them.
        const int shift = is_transposed<L> ? call.band.first_output - call.band.first_input * g.stride
                                           : call.band.first_input - call.band.first_output * g.stride;
        const std::int32_t* of_channels = numbers + 3;
        const integers::Epilogue requantized{
            .bias = of_channels,
            .multiplier = of_channels + g.out_channels,
            .negative_multiplier = step.has_slopes ? of_channels + 3 * g.out_channels : nullptr,
            .shift = of_channels + 2 * g.out_channels,
            .zero_point = numbers[1],
            .low = numbers[2],
            .table = step.has_table ? bytes + g.weight_count() : nullptr};
        integers::conv_by_patches(g, is_transposed<L>, g.padding_before + shift, call.input, numbers[0], bytes,
                                  requantized, call.output, patch);
    }

    // Where the numbers of each layer of a float step begin; of a conversion the first ones are its scale.
    struct FloatOffsets {
        std::array<unsigned, 3> parameters, statistics;
        short batch_norm, activation;
    };
    static constexpr auto float_offsets = [] {
        std::array<FloatOffsets, has_floats ? steps : 0> all{};
        for (std::size_t i = 0; i < all.size(); ++i) {
            const PlanStep& step = mixed.plan.steps[i];
            auto parameters = static_cast<unsigned>(described.steps[i].first.parameters);
            auto statistics = static_cast<unsigned>(described.steps[i].first.statistics);
            std::size_t k = 0;
            for (const PlanLayer* layer : {&step.layer, &step.batch_norm, &step.activation}) {
                all[i].parameters[k] = parameters;
                all[i].statistics[k++] = statistics;
                if (!*layer) continue;
                parameters += static_cast<unsigned>(layer->info->parameter_count);
                statistics += static_cast<unsigned>(layer->info->statistic_count);
            }
            all[i].batch_norm = described.layers[i].batch_norm;
            all[i].activation = described.layers[i].activation;
        }
        return all;
    }();
    static float scale_of(std::size_t index, const Int8Arrays& arrays) {
        return arrays.parameters[float_offsets[index].parameters[0]];
    }

    template <class L, bool IsWhole>
    static void run_floats(std::size_t index, const Int8Arrays& arrays, const Call& now) {
        const FloatOffsets& offsets = float_offsets[index];
        kernels::Forward<float> call;
        call.input = floats_in<const float>(now.input);
        if (now.other.data) call.other = floats_in<const float>(now.other);
        call.output = floats_in<float>(now.output);
        call.parameters = arrays.parameters + offsets.parameters[0];
        call.statistics = arrays.statistics + offsets.statistics[0];
        if constexpr (IsWhole)
            reference::infer_layer<L>(call);
        else
            reference::forward_rows<L>(call, now.band);
        call.input = call.output;  // what follows the first layer works in place
        for (std::size_t k = 1; k < 3; ++k) {
            call.parameters = arrays.parameters + offsets.parameters[k];
            call.statistics = arrays.statistics + offsets.statistics[k];
            with_layer_number<Network>(k == 1 ? offsets.batch_norm : offsets.activation, [&]<class M>() {
                if constexpr (described.runs_on_floats[number_of_layer<Network, M>] && M::traits.elementwise)
                    reference::infer_layer<M>(call);
            });
        }
    }
};

}  // namespace detail
}  // namespace depix

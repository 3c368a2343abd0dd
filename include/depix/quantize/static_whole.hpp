// WholeInt8: a network of StaticInt8 on whole pictures of one shape, with its maps anywhere in memory.
#pragma once

#include "depix/plan/place_regions.hpp"
#include "depix/quantize/static_steps.hpp"
#include "depix/static_inference.hpp"

namespace depix::detail {

/// What all ways to run a network of StaticInt8 have in common. A picture is int8_t, in the encoding of the network's
/// input, or float if a step that stays float reads it; the result likewise.
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

/// The maps lie in two regions, as in RegionInference: in a fast one of at most FastBytes, and in a large one.
template <Module Network, Shape InputShape, class Precision, std::size_t FastBytes>
struct WholeInt8 {
    using Common = Int8Network<Network, Precision>;
    using Steps = typename Common::Steps;
    using Floats = StaticInference<Network, InputShape>;  // checks the shape
    using Input = typename Common::Input;
    using Output = typename Common::Output;
    static constexpr auto& plan = static_int8_plan<Network, Precision>;
    static constexpr auto shapes = find_shapes(plan, Floats::input_shape);
    /// Offsets and sizes in bytes.
    static constexpr auto placement = [] {
        auto sizes = close_sizes(plan, Floats::input_shape);
        for (std::size_t i = 0; i < sizes.size(); ++i)
            sizes[i] = Steps::round_bytes(sizes[i] * static_cast<std::size_t>(Steps::bytes_of(i)));
        return place_in_regions(plan, shapes, sizes, FastBytes);
    }();
    static constexpr int callers_root = output_root(plan);
    static constexpr bool keeps_input = plan.root(plan.input) != plan.input;

    // What running needs of the plan.
    struct Map {
        unsigned first;  // its byte in its region, or in the caller's output
        short channels, height, width_bytes;
        bool is_callers, is_fast;
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
            const int tensor = static_cast<int>(i);
            const auto root = static_cast<std::size_t>(plan.root(tensor));
            const std::size_t channel = shapes[root].area() * static_cast<std::size_t>(Steps::bytes_of(i));
            const std::size_t in_root = static_cast<std::size_t>(plan.channel_in_root(tensor)) * channel;
            all[i] = {static_cast<unsigned>(placement.offset[root] + in_root),
                      static_cast<short>(plan.tensor(tensor).channels),
                      static_cast<short>(shapes[root].height),
                      static_cast<short>(shapes[root].width * Steps::bytes_of(i)),
                      plan.root(tensor) == callers_root,
                      placement.is_fast[root]};
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

    /// The three memories in which maps lie.
    struct Memory {
        std::int8_t *fast, *large, *output;

        View<std::int8_t> operator()(int tensor) const {
            const Map& map = maps[static_cast<std::size_t>(tensor)];
            std::int8_t* first = map.is_callers ? output : large;
            if constexpr (placement.fast > 0) first = map.is_fast ? fast : first;
            return View<std::int8_t>(first + map.first, 1, {map.channels, map.height, map.width_bytes});
        }
    };

    /// The regions hold placement.fast and placement.large bytes, `patch` Steps::patch_size numbers.
    static void run(const Int8Arrays& arrays, const Input* input, Output* output, std::int8_t* fast, std::int8_t* large,
                    std::int16_t* patch) {
        const Memory memory{fast, large, pointer_to<std::int8_t>(output)};
        const View<const std::int8_t> picture =
            Common::template bytes_in<const std::int8_t>(View<const Input>(input, 1, InputShape));
        const auto readable = [&](int tensor) -> View<const std::int8_t> {
            return tensor == plan.input && !keeps_input ? picture : memory(tensor);
        };
        if (keeps_input) copy(picture, memory(plan.input));
        for (std::size_t i = 0; i < links.size(); ++i) {
            typename Steps::Call call;
            call.input = readable(links[i].input);
            if (links[i].other >= 0) call.other = readable(links[i].other);
            call.output = memory(links[i].output);
            call.band.input_height = call.input.height;
            Steps::template run<true>(i, arrays, call, patch);
        }
        if (callers_root < 0)
            copy(readable(plan.output),
                 Common::template bytes_in<std::int8_t>(View<Output>(output, 1, Floats::output_shape)));
    }
};

}  // namespace depix::detail

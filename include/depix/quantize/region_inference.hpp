// Quantized networks in two memories: RegionInference on 8-bit integers.
#pragma once

#include "depix/quantize/static_whole.hpp"
#include "depix/region_inference.hpp"

namespace depix {

/// Restores pictures of one fixed shape as StaticInference<Network, Shape, StaticInt8<...>> does, with the same bits.
/// Its maps lie in arrays of the caller, which floats may share: their sizes are in floats, so that they begin at
/// multiples of 4.
///
///     using Restore = RegionInference<Tiny, Shape{1, 32, 32}, 4 * 1024, StaticInt8<>>;
///     [[gnu::section(".dtcm")]] static float fast[Restore::fast_size];
///     static float large[Restore::large_size];
///     Restore::run(page, picture, restored, fast, large);
///
/// In the fast region lies what an output pixel is computed from, if it fits, and then maps as in RegionInference on
/// floats. Where all lies in one region, `run` takes this one array. An array that is too small does not compile.
template <Module Network, Shape InputShape, std::size_t FastBytes, int... FloatSteps>
class RegionInference<Network, InputShape, FastBytes, StaticInt8<FloatSteps...>> {
    using Steps = detail::StaticSteps<Network, StaticInt8<FloatSteps...>>;
    static constexpr std::size_t floats_in(std::size_t bytes) { return (bytes + sizeof(float) - 1) / sizeof(float); }
    static constexpr std::size_t patch_bytes =
        sizeof(float) * floats_in(sizeof(std::int16_t) * static_cast<std::size_t>(Steps::patch_size));
    static constexpr bool patch_is_fast = patch_bytes <= FastBytes;
    using Whole = detail::WholeInt8<Network, InputShape, StaticInt8<FloatSteps...>,
                                    FastBytes / 4 * 4 - (patch_is_fast ? patch_bytes : 0)>;

  public:
    using Input = typename Whole::Input;    ///< int8_t, or float if a step that stays float reads the picture
    using Output = typename Whole::Output;  ///< likewise of the result
    static constexpr Shape input_shape = InputShape;
    static constexpr Shape output_shape = Whole::Floats::output_shape;
    static constexpr detail::Int8Sizes sizes = Whole::Common::sizes;
    /// What the network needs of each region, in floats and in bytes.
    static constexpr std::size_t fast_size =
        floats_in(Whole::placement.fast) + (patch_is_fast ? patch_bytes / sizeof(float) : 0);
    static constexpr std::size_t large_size =
        floats_in(Whole::placement.large) + (patch_is_fast ? 0 : patch_bytes / sizeof(float));
    static constexpr std::size_t fast_bytes = fast_size * sizeof(float);
    static constexpr std::size_t large_bytes = large_size * sizeof(float);

    /// As StaticInference::run.
    template <std::size_t Fast, std::size_t Large>
    static void run(const Int8Arrays& arrays, const Input* input, Output* output, float (&fast)[Fast],
                    float (&large)[Large]) {
        check<compile_message::fast_region, fast_bytes, sizeof fast>();
        check<compile_message::large_region, large_bytes, sizeof large>();
        run_in(arrays, input, output, fast, large);
    }
    /// The same with one region, if all lies in the large one or all in the fast one.
    template <std::size_t Size>
    static void run(const Int8Arrays& arrays, const Input* input, Output* output, float (&region)[Size]) {
        static_assert(fast_size == 0 || large_size == 0,
                      "depix: this network has maps in both regions: run takes two arrays");
        check<std::conditional_t<fast_size == 0, compile_message::large_region, compile_message::fast_region>,
              fast_bytes + large_bytes, sizeof region>();
        run_in(arrays, input, output, region, region);
    }

  private:
    template <class Region, std::size_t Needs, std::size_t Has>
    static constexpr void check() {
        static_assert(detail::CheckRegion<Needs <= Has, Region, Needs, Has>::value);
    }
    // The patch comes first in its region.
    static void run_in(const Int8Arrays& arrays, const Input* input, Output* output, float* fast, float* large) {
        std::int8_t* fast_maps = detail::pointer_to<std::int8_t>(fast);
        std::int8_t* large_maps = detail::pointer_to<std::int8_t>(large);
        std::int8_t*& with_patch = patch_is_fast ? fast_maps : large_maps;
        auto* patch = detail::pointer_to<std::int16_t>(with_patch);
        with_patch += patch_bytes;
        Whole::run(arrays, input, output, fast_maps, large_maps, patch);
    }
};

}  // namespace depix

// RegionInference: StaticInference with its maps in one or two arrays of the caller, such as a microcontroller's fast
// and its large memory.
#pragma once

#include "depix/plan/place_regions.hpp"
#include "depix/static_inference.hpp"

namespace depix {

namespace compile_message {
struct fast_region {};
struct large_region {};
template <std::size_t Value>
struct needs_bytes {};
template <std::size_t Value>
struct has_bytes {};
}  // namespace compile_message

/// Appears in the compiler's message when an array is too small for a network's maps.
template <class Region, class NeedsBytes, class HasBytes>
struct region_too_small {
    static_assert(sizeof(Region) == 0,
                  "depix: this array is smaller than the maps that the network keeps in it: see "
                  "region_too_small<region, needs_bytes, has_bytes>");
};

namespace detail {
template <bool Fits, class Region, std::size_t Needs, std::size_t Has>
struct CheckRegion {
    static constexpr bool value = true;
};
template <class Region, std::size_t Needs, std::size_t Has>
struct CheckRegion<false, Region, Needs, Has> {
    static constexpr bool value =
        sizeof(region_too_small<Region, compile_message::needs_bytes<Needs>, compile_message::has_bytes<Has>>) > 0;
};
}  // namespace detail

/// Restores pictures of one fixed shape as StaticInference does, with the same bits. Its maps lie in arrays of the
/// caller, which may be used for other things between two pictures; so several networks can share them.
///
///     using Restore = RegionInference<Tiny, Shape{1, 32, 32}, 16 * 1024>;   // at most 16 KB of fast memory
///     [[gnu::section(".dtcm")]] static float fast[Restore::fast_size];
///     static float large[Restore::large_size];
///     Restore::run(weights, statistics, picture, restored, fast, large);
///
/// The maps whose elements are read and written most often (detail::count_accesses) lie in the fast region, as many as
/// fit into FastBytes. An array that is too small does not compile, and the message says how many bytes are needed.
template <Module Network, Shape Input, std::size_t FastBytes, class T = float>
class RegionInference {
    using Whole = StaticInference<Network, Input, T>;
    static constexpr auto& plan = reference::inference_plan<Network>;
    static constexpr auto shapes = find_shapes(plan, Input);
    static constexpr auto placement =
        detail::place_in_regions(plan, shapes, close_sizes(plan, Input), FastBytes / sizeof(T));

  public:
    static constexpr Shape input_shape = Input;
    static constexpr Shape output_shape = Whole::output_shape;
    static constexpr std::size_t parameter_count = Whole::parameter_count;
    static constexpr std::size_t statistic_count = Whole::statistic_count;
    /// What the network needs of each region, in elements and in bytes.
    static constexpr std::size_t fast_size = placement.fast;
    static constexpr std::size_t large_size = placement.large;
    static constexpr std::size_t fast_bytes = fast_size * sizeof(T);
    static constexpr std::size_t large_bytes = large_size * sizeof(T);

    /// As StaticInference::run.
    template <std::size_t Fast, std::size_t Large>
    static void run(const T* weights, const T* statistics, const T* input, T* output, T (&fast)[Fast],
                    T (&large)[Large]) {
        check<compile_message::fast_region, fast_bytes, Fast * sizeof(T)>();
        check<compile_message::large_region, large_bytes, Large * sizeof(T)>();
        run_in(weights, statistics, input, output, fast, large);
    }
    /// The same with one region, if all maps lie in the large one (FastBytes is 0) or all in the fast one.
    template <std::size_t Size>
    static void run(const T* weights, const T* statistics, const T* input, T* output, T (&region)[Size]) {
        static_assert(fast_size == 0 || large_size == 0,
                      "depix: this network has maps in both regions: run takes two arrays");
        check<std::conditional_t<fast_size == 0, compile_message::large_region, compile_message::fast_region>,
              fast_bytes + large_bytes, Size * sizeof(T)>();
        run_in(weights, statistics, input, output, region, region);
    }

  private:
    template <class Region, std::size_t Needs, std::size_t Has>
    static constexpr void check() {
        static_assert(detail::CheckRegion<Needs <= Has, Region, Needs, Has>::value);
    }
    static void run_in(const T* weights, const T* statistics, const T* input, T* output, T* fast, T* large) {
        reference::infer_in<Network, T>(
            shapes, weights, statistics, View<const T>(input, 1, Input), View<T>(output, 1, output_shape),
            [&](std::size_t root) { return (placement.is_fast[root] ? fast : large) + placement.offset[root]; },
            [](int, View<const T>) {});
    }
};

}  // namespace depix

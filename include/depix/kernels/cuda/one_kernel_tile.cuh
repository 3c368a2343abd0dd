// A chain of convolutions cut into tiles: which region of every map a tile needs, and how a block's threads share the
// work. All of this is known at compile time, because the chain and the tile's size are template arguments.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "depix/layers/conv.hpp"
#include "depix/network/type_list.hpp"

namespace depix::cuda {

inline constexpr int one_kernel_threads = 256;

/// One step of a chain: the convolution L, a rectifier whose slope is packed with the weights (1: none), a MaxPool<2>
/// if Pooled, and Activation, which is Sigmoid, Tanh, or void for none.
template <class L, bool Pooled, class ActivationLayer>
struct ChainStep {
    using Convolution = L;
    using Activation = ActivationLayer;
    static constexpr bool pooled = Pooled;
    static constexpr bool transposed = L::traits.role == Role::TransposedConvolution;
    static constexpr int in_channels = L::geometry.in_channels;
    static constexpr int out_channels = L::geometry.out_channels;
    static constexpr int kernel = L::geometry.kernel;
    static constexpr int stride = L::geometry.stride;
    static constexpr int padding_before = L::geometry.padding_before;
    static constexpr int up = transposed ? stride : 1;
    static constexpr int down = (transposed ? 1 : stride) * (pooled ? 2 : 1);

    /// The packed numbers are: weight (In, K, K, Out), with rows of Out padded to a multiple of 4; bias (Out), padded;
    /// slope, 0, 0, 0.
    static constexpr int weight_row = round_up(out_channels, 4);
    static constexpr int weight_floats = in_channels * kernel * kernel * weight_row;
    static constexpr int slope_at = weight_floats + weight_row;
    static constexpr int packed_floats = slope_at + 4;

    static constexpr Shape output(Shape input) {
        const Shape shape = L::output(input);
        return pooled ? Shape{shape.channels, shape.height / 2, shape.width / 2} : shape;
    }
    /// The input rows that these output rows are computed from.
    static constexpr RowRange needs(RowRange rows) {
        return L::needs(pooled ? RowRange{2 * rows.first, 2 * rows.last + 1} : rows);
    }
    /// The input row that row `row` of the convolution reads with tap `tap`, or no_row if it has no such tap.
    static constexpr int source(int row, int tap) {
        if (!transposed) return row * stride + tap - padding_before;
        const int stamp = row + padding_before - tap, result = floor_divide(stamp, stride);
        return result * stride == stamp ? result : no_row;
    }
    static constexpr int no_row = -(1 << 29);

    /// Multiply-adds for this many output pixels that have all their taps.
    static constexpr double multiply_adds(double pixels) {
        return pixels * in_channels * out_channels * kernel * kernel * (pooled ? 4 : 1) /
               (transposed ? stride * stride : 1);
    }
};

template <std::size_t Index, class First, class... Rest>
constexpr auto pick(TypeList<First, Rest...>) {
    if constexpr (Index == 0)
        return std::type_identity<First>{};
    else
        return pick<Index - 1>(TypeList<Rest...>{});
}
template <class List, std::size_t Index>
using type_at = typename decltype(pick<Index>(List{}))::type;

/// Rows (or columns) of a map. Those of tile number t begin at first + t * advance.
struct Span {
    int first = 0;
    int count = 0;
    int advance = 0;
};

/// The rows (or columns) of every map that a tile of `tile` output rows (or columns) needs, beginning with the
/// network's input. The tile's size must be such that tiles advance by whole rows in every map.
template <class... Steps>
constexpr auto find_spans(TypeList<Steps...>, int tile) {
    struct Link {
        RowRange (*needs)(RowRange);
        int up, down;
    };
    constexpr std::size_t count = sizeof...(Steps);
    const std::array<Link, count> links{Link{&Steps::needs, Steps::up, Steps::down}...};
    std::array<Span, count + 1> spans{};
    spans[count] = {0, tile, tile};
    for (std::size_t k = count; k-- > 0;) {
        const Span& out = spans[k + 1];
        const RowRange rows = links[k].needs({out.first, out.first + out.count - 1});
        spans[k] = {rows.first, rows.last - rows.first + 1, out.advance * links[k].down / links[k].up};
    }
    return spans;
}

constexpr int ceiling_divide(int a, int b) { return (a + b - 1) / b; }
constexpr int larger_of(int a, int b) { return a > b ? a : b; }

/// One axis of step number Index. The convolution's output is cut into patches of `patch` rows. All rows of a patch
/// read the same few input rows, which are its window.
template <class Chain, int Tile, std::size_t Index>
struct StepAxis {
    using Step = type_at<Chain, Index>;
    static constexpr Span in = find_spans(Chain{}, Tile)[Index];
    static constexpr Span out = find_spans(Chain{}, Tile)[Index + 1];
    static constexpr int in_first = in.first, in_count = in.count, in_advance = in.advance;
    static constexpr int out_first = out.first, out_count = out.count, out_advance = out.advance;
    static constexpr int per_output = Step::pooled ? 2 : 1;

    /// The window's row that row d of a patch reads with tap k, or a negative number if there is none.
    static constexpr int source(int d, int k) { return Step::source(per_output * out_first + d, k) - in_first; }
    static constexpr int window(int patch) {
        int rows = 0;
        for (int d = 0; d < patch; ++d)
            for (int k = 0; k < Step::kernel; ++k) rows = larger_of(rows, source(d, k) + 1);
        return rows;
    }
    /// How far the window moves from patch to patch.
    static constexpr int step(int patch) { return Step::transposed ? patch / Step::stride : patch * Step::stride; }
    static constexpr int patches(int patch) { return ceiling_divide(per_output * out_count, patch); }
    /// Input rows that all patches together read. The last patch may reach beyond the region; its results there are
    /// discarded.
    static constexpr int reads(int patch) { return (patches(patch) - 1) * step(patch) + window(patch); }
};

/// How a step's work is cut: a thread computes patch x patch pixels of the convolution, for `group` of the channels.
struct Blocking {
    int patch = 0;
    int group = 0;
    int cycles = 0;  ///< by the model of StepTile::measure
};

/// Step number Index on a tile of Height x Width output pixels.
template <class Chain, int Height, int Width, std::size_t Index>
struct StepTile {
    using Step = type_at<Chain, Index>;
    using Rows = StepAxis<Chain, Height, Index>;
    using Columns = StepAxis<Chain, Width, Index>;

    /// The multiply-adds of a thread for one input channel, and how many input channels it reads at a time. It reads
    /// several where each is little work, so that it waits less often.
    static constexpr int products(int side, int channels) {
        return Step::kernel * Step::kernel * channels * (Step::transposed ? 1 : side * side);
    }
    static constexpr int at_once(int side, int channels) { return products(side, channels) <= 64 ? 4 : 1; }

    /// A model of the time that a block takes, which is used to compare blockings. The time is the larger of two
    /// numbers: the instructions of its threads, of 128 threads at a time, because a multiprocessor has that many
    /// lanes; and the instructions of one thread plus its waiting for shared memory. One instruction reads up to four
    /// weights if the group's size is divisible by their number, and two input pixels if the window moves by even
    /// steps.
    static constexpr int measure(int side, int channels) {
        const int high = Rows::window(side), wide = Columns::window(side);
        const int reads = high * (Columns::step(side) % 2 == 0 ? ceiling_divide(wide, 2) : wide) +
                          Step::kernel * Step::kernel * channels / greatest_common_divisor(channels, 4);
        const int others = 40 + 4 * side * side * channels;  // for a thread's patch: its place, rectifier, stores
        const int work = Step::in_channels * (reads + products(side, channels)) + others;
        const int waiting = 40 * ceiling_divide(Step::in_channels, at_once(side, channels));
        const int jobs = Rows::patches(side) * Columns::patches(side) * (Step::out_channels / channels);
        return larger_of(ceiling_divide(jobs, 128) * work, ceiling_divide(jobs, one_kernel_threads) * (work + waiting));
    }
    /// The fastest blocking, by that model, whose sums and window fit into some 80 registers.
    static constexpr Blocking choose() {
        Blocking best;
        const int smallest = Step::transposed ? Step::stride : Step::pooled ? 2 : 1;
        for (int side = smallest; side <= (Step::transposed ? smallest : 2); ++side)
            for (int channels = 1; channels <= Step::out_channels; ++channels) {
                const int sums = side * side * channels, window = Rows::window(side) * Columns::window(side);
                const bool large = sums > 32 || sums + window > 80;
                if (Step::out_channels % channels != 0 || (large && best.patch > 0)) continue;
                const int time = measure(side, channels);
                if (best.patch == 0 || time < best.cycles) best = {side, channels, time};
            }
        return best;
    }
    static constexpr Blocking blocking = choose();
    static constexpr int patch = blocking.patch, group = blocking.group;
    static constexpr int inputs_at_once = at_once(patch, group);
    static constexpr int patch_columns = Columns::patches(patch), patches = Rows::patches(patch) * patch_columns;
    static constexpr int items = patches * (Step::out_channels / group);
    static constexpr int row_step = Rows::step(patch), column_step = Columns::step(patch);
    static constexpr bool pairs = column_step % 2 == 0;  // pixels are read two at a time
    static constexpr int window_height = Rows::window(patch);
    static constexpr int window_width = pairs ? round_up(Columns::window(patch), 2) : Columns::window(patch);

    /// The input in shared memory, (In, in_height, pitch): its region, and below and to the right of it the pixels that
    /// the last patches read without needing them, and that no thread writes.
    static constexpr int in_height = larger_of(Rows::in_count, Rows::reads(patch));
    static constexpr int pitch = round_up(larger_of(Columns::in_count, Columns::reads(patch)), 2);
    static constexpr int plane = in_height * pitch;
    static constexpr int in_floats = round_up(Step::in_channels * plane, 4);

    static constexpr double output_pixels = static_cast<double>(Rows::out_count) * Columns::out_count;
    static constexpr double share = static_cast<double>(Rows::out_advance) * Columns::out_advance;
};

/// A whole chain on a tile of Height x Width output pixels.
template <class Chain, int Height, int Width>
struct ChainTile {
    static constexpr std::size_t steps = Chain::size;
    template <std::size_t Index>
    using Step = StepTile<Chain, Height, Width, Index>;

    /// The sum of value(step) over all steps.
    template <class Number, class Value>
    static constexpr Number sum(Value&& value) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) { return (Number{0} + ... + value(Step<I>{})); }
        (std::make_index_sequence<steps>{});
    }
    /// The largest of the maps whose number is even (0), or odd (1).
    static constexpr int largest_map(std::size_t parity) {
        int largest = 0;
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((largest = I % 2 == parity ? larger_of(largest, Step<I>::in_floats) : largest), ...);
        }
        (std::make_index_sequence<steps>{});
        return largest;
    }

    /// Shared memory, in floats: all packed weights, then a place that maps number 0, 2, 4, ... use in turn, then one
    /// for 1, 3, 5, ...
    static constexpr int packed_floats = sum<int>([](auto step) { return decltype(step)::Step::packed_floats; });
    static constexpr int even_maps = packed_floats;
    static constexpr int odd_maps = even_maps + largest_map(0);
    static constexpr int shared_floats = odd_maps + largest_map(1);

    /// The block's time by the model of StepTile::measure, with some 8 instructions for each float that is fetched.
    static constexpr int cycles = sum<int>([](auto step) { return decltype(step)::blocking.cycles; }) +
                                  (packed_floats + Step<0>::in_floats) / 128 * 8;
    /// How often a pixel is computed, averaged over all multiply-adds. It is more than once, because regions of
    /// neighbouring tiles overlap.
    static constexpr double recomputation =
        sum<double>([](auto step) { return decltype(step)::Step::multiply_adds(decltype(step)::output_pixels); }) /
        sum<double>([](auto step) { return decltype(step)::Step::multiply_adds(decltype(step)::share); });
};

}  // namespace depix::cuda

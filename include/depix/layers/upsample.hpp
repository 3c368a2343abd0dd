// Upsample: enlargement by a whole number or a fraction, to the nearest neighbour, bilinear or bicubic.
#pragma once

#include "depix/layers/layer.hpp"
#include "depix/layers/options.hpp"

namespace depix {

namespace detail {

/// The input rows [first, first + taps) and their weights, of which one output row is the sum.
template <class T>
struct Taps {
    int first = 0;
    T weight[4]{};
};

/// Where the rows of an interpolation by the factor Up / Down lie. An output row i is at the input's row
///
///     (i + 1/2) * Down / Up - 1/2                         = ((2 i + 1) Down - Up) / (2 Up)
///     i * (size - 1) / (size * Up / Down - 1)             with Corners
///     i * Down / Up                                       the nearest neighbour, of 1 tap
///
/// so the distance t from the row above it is a fraction of whole numbers. Linear weights (2 taps) are 1 - t and t.
/// Cubic weights (4 taps) are Keys' (1981) with a = -3/4, PyTorch's.
template <int Up, int Down, int Taps, bool Corners>
struct Interpolation {
    static constexpr int taps = Taps;

    /// The rows of the output for this many of the input.
    static constexpr int output_size(int size) { return static_cast<int>(static_cast<long long>(size) * Up / Down); }

    template <class T>
    static constexpr depix::detail::Taps<T> taps_of(int i, int size) {
        if constexpr (taps == 1) return {whole_of(static_cast<long long>(i) * Down, Up), {T(1)}};
        long long above = (2LL * i + 1) * Down - Up, below = 2LL * Up;
        if (Corners) {
            above = static_cast<long long>(i) * (size - 1);
            below = output_size(size) > 1 ? output_size(size) - 1 : 1;
        }
        const int row = whole_of(above, below);
        const T t = static_cast<T>(above - row * below) / static_cast<T>(below);
        if constexpr (taps == 2) return {row, {T(1) - t, t}};
        return {row - 1, {outer(T(1) + t), inner(t), inner(T(1) - t), outer(T(2) - t)}};
    }

    /// The output rows that may be computed from input row r; others are not, these perhaps are.
    static constexpr RowRange reached(int r, int size) {
        const long long last = output_size(size) - 1;
        long long low = static_cast<long long>(Up) * (r - taps / 2) / Down - 1;
        long long high = static_cast<long long>(Up) * (r + taps / 2 + 1) / Down + 1;
        if (Corners) {
            low = size > 1 ? (r - 1) * last / (size - 1) : 0;
            high = size > 1 ? (r + 1) * last / (size - 1) + 1 : last;
        }
        return {static_cast<int>(low < 0 ? 0 : low), static_cast<int>(high < last ? high : last)};
    }

    /// The weight of input row r in output row i; rows beyond the edges are copies of the edge.
    template <class T>
    static constexpr T weight_of(int i, int r, int size) {
        const depix::detail::Taps<T> own = taps_of<T>(i, size);
        T sum = 0;
        for (int k = 0; k < taps; ++k)
            if (inside(own.first + k, size) == r) sum += own.weight[k];
        return sum;
    }

    static constexpr int inside(int row, int size) { return row < 0 ? 0 : row < size ? row : size - 1; }

  private:
    // above / below, rounded downwards.
    static constexpr int whole_of(long long above, long long below) {
        return static_cast<int>(above >= 0 ? above / below : -((below - 1 - above) / below));
    }
    template <class T>
    static constexpr T inner(T d) {  // distances of at most 1
        return (T(1.25) * d - T(2.25)) * d * d + T(1);
    }
    template <class T>
    static constexpr T outer(T d) {  // from 1 to 2
        return T(-0.75) * (((d - T(5)) * d + T(8)) * d - T(4));
    }
};

}  // namespace detail

/// Multiplies height and width by Factor. Upsample<Factor> without an option repeats every pixel; it stands below.
///
///     Upsample<2, Bilinear>                  PyTorch's nn.Upsample(scale_factor=2, mode="bilinear")
///     Upsample<2, Bilinear, AlignCorners>    the same with align_corners=True
///     Upsample<2, Bicubic>                   mode="bicubic", with a = -3/4 as in PyTorch
///     Upsample<3, Divisor<2>, Bilinear>      scale_factor=1.5, mode="bilinear"; sides must be multiples of 2
///     Upsample<3, Divisor<2>>                scale_factor=1.5, mode="nearest"
///
/// These are weighted sums of 2 x 2 or 4 x 4 pixels (detail::Interpolation). Pixels beyond the edges are copies of the
/// edge pixels. With AlignCorners the weights depend on the size of the whole map, so a network with it cannot be
/// restored in tiles of the exact halo, and is refused by the compiler there. A factor below 1 takes the same few
/// pixels and no mean of all that it leaves out, as in PyTorch.
template <int Factor, class... Options>
struct Upsample : LayerBase<Upsample<Factor, Options...>> {
    static_assert(Factor >= 1, "depix: Upsample<Factor> takes a positive number");
    static_assert(AllowedOptions<option_kind::Mode, option_kind::AlignCorners,
                                 option_kind::Divisor>::check<Upsample, Options...>());
    struct Nearest {
        static constexpr int taps = 1;
    };
    static constexpr int factor = Factor;
    static constexpr int divisor = find_option<option_kind::Divisor, Divisor<1>, Options...>::value;
    static constexpr int taps = find_option<option_kind::Mode, Nearest, Options...>::taps;
    static constexpr bool corners = !std::is_void_v<find_option<option_kind::AlignCorners, void, Options...>>;
    static_assert(greatest_common_divisor(Factor, divisor) == 1,
                  "depix: Upsample<Factor, Divisor<N>> takes a fraction in lowest terms");
    static_assert(!corners || taps == 2, "depix: AlignCorners is an option of Upsample<Factor, Bilinear>");
    static_assert(!corners || divisor <= Factor, "depix: AlignCorners is for factors of at least 1");
    using interpolation = detail::Interpolation<Factor, divisor, taps, corners>;

    static constexpr const char* name = "Upsample";
    static constexpr Shape output(Shape input) {
        return {input.channels, interpolation::output_size(input.height), interpolation::output_size(input.width)};
    }
    /// First all output rows are summed, then their columns.
    static constexpr std::size_t multiply_adds(Shape input) {
        const Shape rows{input.channels, output(input).height, input.width};
        return taps == 1 ? 0 : static_cast<std::size_t>(taps) * (rows.size() + output(input).size());
    }
    static constexpr RowRange needs(RowRange rows) {
        if (corners) return every_row;
        const int first = interpolation::template taps_of<float>(rows.first, 1).first;
        return {first, interpolation::template taps_of<float>(rows.last, 1).first + interpolation::taps - 1};
    }
    static constexpr Traits traits{.up = Factor, .down = divisor, .global = corners, .needs_input = false};
};

/// y[c][i][j] = x[c][i / Factor][j / Factor], rounded down: the nearest neighbour
///
/// PyTorch's nn.Upsample(scale_factor=Factor, mode="nearest"): height and width are multiplied by Factor.
template <int Factor>
struct Upsample<Factor> : LayerBase<Upsample<Factor>> {
    static_assert(Factor >= 1, "depix: Upsample<Factor> takes a positive number");
    static constexpr int factor = Factor;

    static constexpr const char* name = "Upsample";
    static constexpr Shape output(Shape input) { return {input.channels, input.height * Factor, input.width * Factor}; }
    static constexpr RowRange needs(RowRange rows) {
        return {floor_divide(rows.first, Factor), floor_divide(rows.last, Factor)};
    }
    static constexpr Traits traits{.role = Role::Upsample, .up = Factor, .needs_input = false};
};

namespace detail {

/// An Upsample that is a weighted sum, or by a fraction, for its kernels.
template <class L>
concept InterpolationLayer = Layer<L> && requires {
    typename L::interpolation;
};

}  // namespace detail

}  // namespace depix

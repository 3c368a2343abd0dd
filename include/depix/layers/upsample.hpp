// Upsample: enlargement by a whole number, to the nearest neighbour, bilinear or bicubic.
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

/// Where the rows of an interpolation lie. An output row i is at the input's row
///
///     (i + 1/2) / Factor - 1/2                            = (2 i + 1 - Factor) / (2 Factor)
///     i * (size - 1) / (Factor * size - 1)                with Corners
///
/// so the distance t from the row above it is a fraction of whole numbers. Linear weights are 1 - t and t. Cubic
/// weights are Keys' (1981) with a = -3/4, PyTorch's.
template <int Factor, bool Cubic, bool Corners>
struct Interpolation {
    static constexpr int taps = Cubic ? 4 : 2;

    template <class T>
    static constexpr Taps<T> taps_of(int i, int size) {
        long long above = 2LL * i + 1 - Factor, below = 2LL * Factor;
        if (Corners) {
            above = static_cast<long long>(i) * (size - 1);
            below = static_cast<long long>(size) * Factor > 1 ? static_cast<long long>(size) * Factor - 1 : 1;
        }
        const long long whole = above >= 0 ? above / below : -((below - 1 - above) / below);  // rounded downwards
        const T t = static_cast<T>(above - whole * below) / static_cast<T>(below);
        const int row = static_cast<int>(whole);
        if constexpr (!Cubic) return {row, {T(1) - t, t}};
        return {row - 1, {outer(T(1) + t), inner(t), inner(T(1) - t), outer(T(2) - t)}};
    }

    /// The output rows that may be computed from input row r; others are not, these perhaps are.
    static constexpr RowRange reached(int r, int size) {
        const long long last = static_cast<long long>(size) * Factor - 1;
        long long low = static_cast<long long>(Factor) * (r - taps / 2), high = low + Factor * (taps + 1);
        if (Corners) {
            low = size > 1 ? (r - 1) * last / (size - 1) : 0;
            high = size > 1 ? (r + 1) * last / (size - 1) + 1 : last;
        }
        return {static_cast<int>(low < 0 ? 0 : low), static_cast<int>(high < last ? high : last)};
    }

    /// The weight of input row r in output row i; rows beyond the edges are copies of the edge.
    template <class T>
    static constexpr T weight_of(int i, int r, int size) {
        const Taps<T> own = taps_of<T>(i, size);
        T sum = 0;
        for (int k = 0; k < taps; ++k)
            if (inside(own.first + k, size) == r) sum += own.weight[k];
        return sum;
    }

    static constexpr int inside(int row, int size) { return row < 0 ? 0 : row < size ? row : size - 1; }

  private:
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
///
/// These are weighted sums of 2 x 2 or 4 x 4 pixels (detail::Interpolation). Pixels beyond the edges are copies of the
/// edge pixels. With AlignCorners the weights depend on the size of the whole map, so a network with it cannot be
/// restored in tiles of the exact halo, and is refused by the compiler there.
template <int Factor, class... Options>
struct Upsample : LayerBase<Upsample<Factor, Options...>> {
    static_assert(Factor >= 1, "depix: Upsample<Factor> takes a positive number");
    static_assert(AllowedOptions<option_kind::Mode, option_kind::AlignCorners>::check<Upsample, Options...>());
    static constexpr int factor = Factor;
    static constexpr bool cubic = find_option<option_kind::Mode, Bilinear, Options...>::cubic;
    static constexpr bool corners = !std::is_void_v<find_option<option_kind::AlignCorners, void, Options...>>;
    static_assert(detail::count_options<option_kind::Mode, Options...> == 1 && !(cubic && corners),
                  "depix: AlignCorners is an option of Upsample<Factor, Bilinear>");
    using interpolation = detail::Interpolation<Factor, cubic, corners>;

    static constexpr const char* name = "Upsample";
    static constexpr Shape output(Shape input) { return {input.channels, input.height * Factor, input.width * Factor}; }
    /// First all output rows are summed, then their columns.
    static constexpr std::size_t multiply_adds(Shape input) {
        return static_cast<std::size_t>(interpolation::taps) * Factor * (input.size() + input.size() * Factor);
    }
    static constexpr RowRange needs(RowRange rows) {
        if (corners) return every_row;
        const int first = interpolation::template taps_of<float>(rows.first, 1).first;
        return {first, interpolation::template taps_of<float>(rows.last, 1).first + interpolation::taps - 1};
    }
    static constexpr Traits traits{.up = Factor, .global = corners, .needs_input = false};
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

/// An Upsample that is a weighted sum, for its kernels.
template <class L>
concept InterpolationLayer = Layer<L> && requires {
    typename L::interpolation;
};

}  // namespace detail

}  // namespace depix

// Upsample: enlargement by a whole number or a fraction, to the nearest neighbour, bilinear or bicubic.
#pragma once

#include "depix/layers/interpolation.hpp"
#include "depix/layers/options.hpp"

namespace depix {

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

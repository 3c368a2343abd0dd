// Options as named types: Conv<3, 16, 5, Stride<2>, NoBias>. They may come in any order, each at most once. An unknown
// option does not compile.
#pragma once

#include <ratio>
#include <type_traits>

namespace depix {

/// The kinds of options; an option derives from its kind. (Not for users.)
namespace option_kind {
struct Stride {};
struct Padding {};
struct OutputPadding {};
struct Groups {};
struct Dilation {};
struct KernelSize {};
struct Size {};
struct Bias {};
struct Momentum {};
struct Epsilon {};
struct Affine {};
struct Ceil {};
struct Mode {};
struct AlignCorners {};
struct Divisor {};
}  // namespace option_kind

/// Step between two windows, in both directions.
template <int N>
struct Stride : option_kind::Stride {
    static_assert(N >= 1, "depix: a stride is at least 1");
    static constexpr int value = N;
};

/// Zeros around the input: Before at top and left, After at bottom and right. Padding<0, 1> is Keras's "same" for 2x2.
/// (What max pooling pads is never the largest.)
template <int Before, int After = Before>
struct Padding : option_kind::Padding {
    static_assert(Before >= 0 && After >= 0, "depix: padding is not negative");
    static constexpr int before = Before;
    static constexpr int after = After;
};

/// Whether a pooling's number of windows is rounded up, so that the last one may reach beyond the padded input. It
/// begins inside the input or the padding before it. The default rounds down. PyTorch's ceil_mode.
template <bool RoundUp>
struct Ceil : option_kind::Ceil {
    static constexpr bool value = RoundUp;
};
using CeilMode = Ceil<true>;

/// Rows and columns added at the bottom and right of a transposed convolution's output.
template <int N>
struct OutputPadding : option_kind::OutputPadding {
    static_assert(N >= 0, "depix: output padding is not negative");
    static constexpr int value = N;
};

/// How Upsample enlarges, if not to the nearest neighbour: from 2 or 4 pixels in each direction.
struct Bilinear : option_kind::Mode {
    static constexpr int taps = 2;
};
struct Bicubic : option_kind::Mode {
    static constexpr int taps = 4;
};

/// A bilinear Upsample that maps the corner pixels' centres to each other, and not the corners of the whole maps.
struct AlignCorners : option_kind::AlignCorners {};

/// Upsample<3, Divisor<2>> enlarges by 3/2.
template <int N>
struct Divisor : option_kind::Divisor {
    static_assert(N >= 1, "depix: a divisor is at least 1");
    static constexpr int value = N;
};

/// Input and output channels fall into N groups, and an output channel reads only those of its group. With N equal to
/// the input channels the convolution is depthwise.
template <int N>
struct Groups : option_kind::Groups {
    static_assert(N >= 1, "depix: there is at least 1 group");
    static constexpr int value = N;
};

/// Step between two neighbouring taps of a kernel, in both directions.
template <int N>
struct Dilation : option_kind::Dilation {
    static_assert(N >= 1, "depix: a dilation is at least 1");
    static constexpr int value = N;
};

/// The height and width of a kernel that is not square.
template <int Height, int Width>
struct KernelSize : option_kind::KernelSize {
    static_assert(Height >= 1 && Width >= 1, "depix: a kernel is at least 1x1");
    static constexpr int height = Height;
    static constexpr int width = Width;
};

/// The height and width that a dense layer takes.
template <int Height, int Width>
struct Size : option_kind::Size {
    static_assert(Height >= 1 && Width >= 1, "depix: a size is at least 1x1");
    static constexpr int height = Height;
    static constexpr int width = Width;
};

/// A convolution or dense layer with (the default) or without a bias.
template <bool Present>
struct Bias : option_kind::Bias {
    static constexpr bool value = Present;
};
using NoBias = Bias<false>;

/// The weight of the new batch in batch norm's running statistics. This is PyTorch's meaning; Keras's is 1 minus this.
template <class Ratio>
struct Momentum : option_kind::Momentum {
    using value = Ratio;
};

/// What batch norm adds to the variance.
template <class Ratio>
struct Epsilon : option_kind::Epsilon {
    using value = Ratio;
};

/// A normalisation with or without a weight and a bias for each channel after it. Each layer states its default.
template <bool Present>
struct Affine : option_kind::Affine {
    static constexpr bool value = Present;
};
using NoAffine = Affine<false>;

/// A std::ratio as a number.
template <class Ratio>
inline constexpr double ratio_value = static_cast<double>(Ratio::num) / static_cast<double>(Ratio::den);

/// Appears in the compiler's message when a layer is given an option that it does not know, or one option twice.
template <class Layer, class Option>
struct unknown_option {
    static_assert(!std::is_same_v<Option, Option>,
                  "depix: this layer does not know this option, or was given it twice: see "
                  "unknown_option<Layer, Option> in this message");
};

namespace detail {

template <class Kind, class Default, class... Options>
struct FindOption {
    using type = Default;
};
template <class Kind, class Default, class First, class... Rest>
struct FindOption<Kind, Default, First, Rest...> {
    using type = typename std::conditional_t<std::is_base_of_v<Kind, First>, std::type_identity<First>,
                                             FindOption<Kind, Default, Rest...>>::type;
};

template <class Layer, class Option, bool Known>
struct CheckOption {
    static constexpr bool value = true;
};
template <class Layer, class Option>
struct CheckOption<Layer, Option, false> {
    static constexpr bool value = sizeof(unknown_option<Layer, Option>) > 0;
};

template <class Kind, class... Options>
inline constexpr int count_options = (0 + ... + (std::is_base_of_v<Kind, Options> ? 1 : 0));

}  // namespace detail

/// The option of this kind among those given, or the default.
template <class Kind, class Default, class... Options>
using find_option = typename detail::FindOption<Kind, Default, Options...>::type;

/// The options that a layer may be given. `check<L, Options...>` refuses every other option, and an option given twice.
template <class... Kinds>
struct AllowedOptions {
    template <class Option, class... All>
    static constexpr bool known = (false || ... ||
                                   (std::is_base_of_v<Kinds, Option> && detail::count_options<Kinds, All...> == 1));

    template <class Layer, class... Options>
    static constexpr bool check() {
        return (true && ... && detail::CheckOption<Layer, Options, known<Options, Options...>>::value);
    }
};

}  // namespace depix

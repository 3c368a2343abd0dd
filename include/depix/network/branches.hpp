// Sum, Concat, Product, Gate: branches that see the same input, and whose outputs are joined.
#pragma once

#include <cstddef>
#include <utility>

#include "depix/network/join.hpp"
#include "depix/network/sequential.hpp"

namespace depix {

/// What the compiler's message about branches that do not fit is made of, besides compose.hpp's.
namespace compile_message {
template <int Value>
struct branch {};
}  // namespace compile_message

/// Appears in the compiler's message when the branches of a join do not fit.
template <class Branch, class Expects, class Gets>
struct join_mismatch {
    static_assert(
        sizeof(Branch) == 0,
        "depix: join mismatch: the branches of Sum, Product, Gate and Residual must give equally many channels "
        "(a factor may have 1), and the branches of every join must scale height and width alike: see "
        "join_mismatch<branch, expects, gets>, where Residual's and SkipConcat's F is branch 1");
};

namespace detail {

template <bool Fits, int Branch, int Expected, int Given>
struct CheckJoin {
    static constexpr bool value = true;
};
template <int Branch, int Expected, int Given>
struct CheckJoin<false, Branch, Expected, Given> {
    static constexpr bool value =
        sizeof(join_mismatch<compile_message::branch<Branch>, compile_message::expects<Expected>,
                             compile_message::gets<Given>>) > 0;
};

// Scales alike: a / b is 1.
template <Module First, class Indices, Module... Rest>
struct CheckScales;
template <Module First, std::size_t... Indices, Module... Rest>
struct CheckScales<First, std::index_sequence<Indices...>, Rest...> {
    static constexpr Scaling first = scale_after<First>(Scaling{});
    template <Module Other>
    static constexpr int expected = first.up* scale_after<Other>(Scaling{}).down;
    template <Module Other>
    static constexpr int given = first.down* scale_after<Other>(Scaling{}).up;

    static constexpr bool value =
        (CheckJoin<expected<Rest> == given<Rest>, static_cast<int>(Indices) + 1, expected<Rest>, given<Rest>>::value &&
         ...);
};

// The channels that the branch with this number gives for so many; 0: not known.
template <int Index, int Channels, Module Branch>
constexpr int branch_channels() {
    if constexpr (Layer<Branch>)
        return Chain<Index, Channels, Branch>::out;
    else
        return Branch::template checked_out_channels<Channels>();
}

// Follows the channels through the branches from number Index on; `Joined` is what those before give together.
template <class Join, int Index, int Channels, int Joined>
constexpr int join_channels() {
    return Joined;
}
template <class Join, int Index, int Channels, int Joined, Module Branch, Module... Rest>
constexpr int join_channels() {
    constexpr int given = branch_channels<Index, Channels, Branch>();
    constexpr bool fits = Joined == 0 || given == 0 || Join::takes(Joined, given);
    static_assert(CheckJoin<fits, Index, Joined, given>::value);
    return join_channels<Join, Index + 1, Channels, Join::joined_channels(Joined, given), Rest...>();
}

// The first of these numbers that is not 0.
constexpr int first_known(int number) { return number; }
template <class... More>
constexpr int first_known(int number, More... more) {
    return number != 0 ? number : first_known(more...);
}

// A branch that is not numbered: its children are called as if they were the join's own.
template <Module... Children>
struct Body : Sequential<Children...> {
    static constexpr bool is_unnamed = true;
};

// Join(...Join(Join(First(x), Rest1(x)), Rest2(x))...). The branches are named "0", "1", ... unless they are Named.
template <class Join, Module First, Module... Rest>
struct Joined {
    static_assert(CheckScales<First, std::index_sequence_for<Rest...>, Rest...>::value);

    static constexpr bool is_composition = true;
    static constexpr int in_channels = first_known(First::in_channels, Rest::in_channels...);
    using layers = merge_lists<layers_of<First>, layers_of<Rest>..., TypeList<Join>>;
    static constexpr std::size_t parameter_count = (parameters_of<First>() + ... + parameters_of<Rest>());

    static constexpr int out_channels(int channels) {
        int joined = First::out_channels(channels);
        ((joined = Join::joined_channels(joined, Rest::out_channels(channels))), ...);
        return joined;
    }
    template <int Channels>
    static constexpr int checked_out_channels() {
        return join_channels<Join, 1, Channels, branch_channels<0, Channels, First>(), Rest...>();
    }
    static constexpr Shape output(Shape shape) {
        Shape joined = First::output(shape);
        ((joined = joined_shape<Join>(joined, Rest::output(shape))), ...);
        return joined;
    }
    // One branch may need a larger multiple than another.
    static constexpr Scaling scale_after(Scaling before) {
        Scaling after = depix::scale_after<First>(before);
        ((after.multiple = least_common_multiple(after.multiple, depix::scale_after<Rest>(before).multiple)), ...);
        return after;
    }
    static constexpr int size_multiple = scale_after(Scaling{}).multiple;

    template <class Visitor>
    static constexpr int walk(Visitor& visitor, int tensor) {
        int joined = walk_branch<First>(visitor, tensor, 0);
        int index = 1;
        ((joined = visitor.template join<Join>(joined, walk_branch<Rest>(visitor, tensor, index++))), ...);
        return joined;
    }

  private:
    template <Module Branch, class Visitor>
    static constexpr int walk_branch(Visitor& visitor, int tensor, int index) {
        if constexpr (requires { Branch::is_unnamed; })
            return depix::walk<Branch>(visitor, tensor);
        else
            return walk_child<Branch>(visitor, tensor, index);
    }
};

// Its input, unchanged; Channels of it, or any number if that is 0.
template <int Channels>
struct Unchanged {
    static constexpr bool is_composition = true;
    static constexpr bool is_unnamed = true;
    static constexpr int in_channels = Channels;
    using layers = TypeList<>;
    static constexpr std::size_t parameter_count = 0;
    static constexpr int size_multiple = 1;
    static constexpr int out_channels(int channels) { return channels; }
    template <int Given>
    static constexpr int checked_out_channels() {
        return Given != 0 ? Given : Channels;
    }
    static constexpr Shape output(Shape shape) { return shape; }
    static constexpr Scaling scale_after(Scaling scale) { return scale; }
    template <class Visitor>
    static constexpr int walk(Visitor&, int tensor) {
        return tensor;
    }
};

}  // namespace detail

/// Identity(x) = x: a branch that is its input. PyTorch: nn.Identity.
struct Identity : detail::Unchanged<0> {};

/// Sum<F...>(x) = F1(x) + F2(x) + ... All give equally many channels, and scale height and width alike:
///
///     using Compact = Sum<Body, Upsample<4>>;  // Real-ESRGAN's: what the network adds to the enlarged picture
template <Module... Branches>
struct Sum : detail::Joined<Add, Branches...> {};

/// Concat<F...>(x) = [F1(x), F2(x), ...] along the channels. All scale height and width alike.
template <Module... Branches>
struct Concat : detail::Joined<Concatenate, Branches...> {};

/// Product<F...>(x) = F1(x) * F2(x) * ..., element by element. All but the first may give 1 channel, or a height and
/// width of 1, or both; these are repeated.
template <Module... Branches>
struct Product : detail::Joined<Multiply, Branches...> {};

/// Gate<F...>(x) = x * F(x), where F's layers follow each other. F(x) is C x 1 x 1, as in squeeze and excitation (Hu et
/// al. 2018) and in channel attention, 1 x H x W, as in spatial attention (Woo et al. 2018), or as large as x. F's
/// layers have the names of the Gate's children:
///
///     Gate<GlobalAveragePool, Conv<64, 4, 1>, ReLU, Conv<4, 64, 1>, Sigmoid>
template <Module... Children>
struct Gate : detail::Joined<Multiply, Identity, detail::Body<Children...>> {};

}  // namespace depix

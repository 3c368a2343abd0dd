// Split: branches that share out the channels of their input.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "depix/layers/slice.hpp"
#include "depix/network/branches.hpp"

namespace depix {

/// The next Channels channels, unchanged: a branch of Split.
template <int Channels>
struct Pass : detail::Unchanged<Channels> {};

namespace detail {

template <Module... Branches>
constexpr int first_channel_of(std::size_t index) {
    const std::array<int, sizeof...(Branches)> channels{Branches::in_channels...};
    int first = 0;
    for (std::size_t i = 0; i < index; ++i) first += channels[i];
    return first;
}

// A branch with its part of the channels. It has the branch's name.
template <int In, int First, Module Branch>
struct SplitBranch : Sequential<Slice<In, First, Branch::in_channels>, Branch> {
    using part = Slice<In, First, Branch::in_channels>;

    template <class Visitor>
    static constexpr int walk(Visitor& visitor, int tensor) {
        return depix::walk<Branch>(visitor, depix::walk<part>(visitor, tensor));
    }
};
template <int In, int First, Module Branch>
requires requires { Branch::own_name; }
struct SplitBranch<In, First, Branch> : Sequential<Slice<In, First, Branch::in_channels>, Branch> {
    static constexpr auto own_name = Branch::own_name;
    using part = Slice<In, First, Branch::in_channels>;

    template <class Visitor>
    static constexpr int walk(Visitor& visitor, int tensor) {
        return depix::walk<Branch>(visitor, depix::walk<part>(visitor, tensor));
    }
};

template <class Indices, Module... Branches>
struct SplitOf;
template <std::size_t... Indices, Module... Branches>
struct SplitOf<std::index_sequence<Indices...>, Branches...> {
    static_assert(((Branches::in_channels > 0) && ...),
                  "depix: each branch of Split says how many channels it takes: Pass<16> is 16 channels, unchanged");
    static constexpr int in_channels = (0 + ... + Branches::in_channels);
    using type = Joined<Concatenate, SplitBranch<in_channels, first_channel_of<Branches...>(Indices), Branches>...>;
};

}  // namespace detail

/// Split<F1, F2, ...>(x) = [F1(first channels of x), F2(the next), ...]: each branch gets as many channels as it takes.
/// All scale height and width alike. In PyTorch: torch.cat of the branches of torch.split(x, ...).
///
///     using Distillation = Split<Pass<16>, Sequential<Conv<48, 48>, ReLU>>;  // 16 of 64 channels are kept for later
template <Module... Branches>
struct Split : detail::SplitOf<std::index_sequence_for<Branches...>, Branches...>::type {};

}  // namespace depix

// Residual and SkipConcat: a skip is a type. Skips nest as types do, so they need no tags.
#pragma once

#include "depix/network/branches.hpp"

namespace depix {

/// Residual<F...>(x) = x + F(x) (He et al. 2015), where F's layers follow each other. F keeps channels, height and
/// width. It is Sum<Identity, F>, and its children are named like those of a Sequential.
template <Module... Children>
struct Residual : detail::Joined<Add, Identity, detail::Body<Children...>> {};

/// SkipConcat<F...>(x) = [x, F(x)] along the channels, x first (Ronneberger et al. 2015). F keeps height and width. It
/// is Concat<Identity, F>, and its children are named like those of a Sequential.
template <Module... Children>
struct SkipConcat : detail::Joined<Concatenate, Identity, detail::Body<Children...>> {};

}  // namespace depix

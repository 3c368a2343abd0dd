// DRUNet: a residual U-Net that removes noise of a given strength.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/relu.hpp"
#include "depix/network/skip.hpp"

namespace depix {

namespace detail {

// clang-format off
/// x + conv(ReLU(conv(x))).
template <int C>
using DRUNetBlock = Residual<Named<"res", Conv<C, C, 3, NoBias>, ReLU, Conv<C, C, 3, NoBias>>>;

/// Blocks at this size, and a convolution to half of it.
template <int C, int Deeper, int Blocks>
using DRUNetDown = Sequential<Series<Blocks, DRUNetBlock<C>>, Conv<C, Deeper, 2, Stride<2>, Padding<0>, NoBias>>;
template <int C, int Deeper, int Blocks>
using DRUNetUp = Sequential<ConvTranspose<Deeper, C, 2, Stride<2>, NoBias>, Series<Blocks, DRUNetBlock<C>>>;
// clang-format on

}  // namespace detail

// clang-format off
/// From Channels + 1 channels to Channels, at sides that are multiples of 8: the last channel of the input is the noise
/// map, the standard deviation at each pixel (K. Zhang et al. 2021, "Plug-and-play image restoration with deep denoiser
/// prior"). Pictures and deviations are in 0..1. There are four sizes, with F, 2F, 4F and 8F channels; each skip is a sum.
///
/// Parameters are named as in the authors' files (drunet_color.pth): m_head.weight, m_down1.0.res.0.weight,
/// m_body.3.res.2.weight, m_up3.0.weight, m_tail.weight, ... There are no biases.
template <int Channels = 3, int F = 64, int Blocks = 4>
using DRUNet = Sequential<
    Named<"m_head", Conv<Channels + 1, F, 3, NoBias>>,
    Named<"", Residual<
        Named<"m_down1", detail::DRUNetDown<F, 2 * F, Blocks>>,
        Named<"", Residual<
            Named<"m_down2", detail::DRUNetDown<2 * F, 4 * F, Blocks>>,
            Named<"", Residual<
                Named<"m_down3", detail::DRUNetDown<4 * F, 8 * F, Blocks>>,
                Named<"", Residual<Named<"m_body", Series<Blocks, detail::DRUNetBlock<8 * F>>>>>,
                Named<"m_up3", detail::DRUNetUp<4 * F, 8 * F, Blocks>>>>,
            Named<"m_up2", detail::DRUNetUp<2 * F, 4 * F, Blocks>>>>,
        Named<"m_up1", detail::DRUNetUp<F, 2 * F, Blocks>>>>,
    Named<"m_tail", Conv<F, Channels, 3, NoBias>>>;
// clang-format on

static_assert(DRUNet<>::parameter_count == 32640960);

}  // namespace depix

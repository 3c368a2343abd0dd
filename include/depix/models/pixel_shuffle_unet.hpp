// The pixel-shuffle U-Net: five levels, skips by concatenation, sub-pixel upsampling; it denoises and fills holes.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/dropout.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/network/skip.hpp"

namespace depix {

namespace detail {

// clang-format off
/// Level number Level of the U: encode, go to the next lower level (half the size, twice the channels), come back,
/// decode. It takes In channels and returns F. The decoders are numbered from the lowest level up.
template <int In, int F, int Level, int Levels, class Dropped>
struct UNetLevel {
    static constexpr int decoder = Levels - 1 - Level;
    using Decoder = Named<numbered("dec.", decoder), Conv<2 * F, F>, ReLU, Conv<F, F>, ReLU>;
    using LastDecoder = Named<numbered("dec.", decoder), Conv<2 * F, F>, ReLU>;

    using type = Named<"",
        Named<numbered("enc.", Level), Conv<In, F>, ReLU, Conv<F, F>, ReLU>,
        Named<"", SkipConcat<
            MaxPool<2>, Dropout<Dropped>,
            typename UNetLevel<F, 2 * F, Level + 1, Levels, Dropped>::type,
            Named<numbered("up.", decoder), Conv<2 * F, 4 * F>>, PixelShuffle<2>>>,
        std::conditional_t<Level == 0, LastDecoder, Decoder>>;
};

/// The middle, below the last level.
template <int In, int F, int Levels, class Dropped>
struct UNetLevel<In, F, Levels, Levels, Dropped> {
    using type = Named<"mid", Conv<In, F>, ReLU, Conv<F, F>, ReLU>;
};
// clang-format on

}  // namespace detail

/// This is the published network for Filters = 32 and five levels: 16, 32, 64, 128 and 256 channels in the encoder, 512
/// in the middle. Each decoder level computes 4F channels with a 3x3 convolution, turns them into F channels of twice
/// the size (Shi et al. 2016) and concatenates [skip, up]. Dropped is the share of elements that dropout sets to zero
/// on each level. The size may be any multiple of 2^Levels (32); values are in 0..1. Parameters are named as in the
/// PyTorch modules enc, mid, up, dec and out. Initialise the weights He-normal:
/// Model<PixelShuffleUNet<>>{seed, Initialisation::HeNormal}.
template <int Filters = 32, int InOut = 3, int Levels = 5, class Dropped = std::ratio<1, 10>>
using PixelShuffleUNet = Sequential<typename detail::UNetLevel<InOut, Filters / 2, 0, Levels, Dropped>::type,
                                    Named<"out", Conv<Filters / 2, InOut, 1>>, Sigmoid>;

}  // namespace depix

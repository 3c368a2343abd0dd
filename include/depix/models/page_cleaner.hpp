// The page cleaner: depix's own small U-Net, which removes stains, folds and wrinkles from scanned pages.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/network/skip.hpp"

namespace depix {

// clang-format off
/// From grey to grey, for any size that is a multiple of 8. The skip at full size keeps thin strokes sharp. On the
/// smaller levels the network sees more and more of the paper around the strokes, which distinguishes a letter from a
/// stain.
using PageCleaner = Sequential<
    Conv<1, 12>, ReLU, Conv<12, 12>, ReLU,
    SkipConcat<
        MaxPool<2>, Conv<12, 24>, ReLU, Conv<24, 24>, ReLU,
        SkipConcat<
            MaxPool<2>, Conv<24, 48>, ReLU, Conv<48, 48>, ReLU,
            Residual<MaxPool<2>, Conv<48, 32>, ReLU, ConvTranspose<32, 48, 2, Stride<2>>>, ReLU,
            ConvTranspose<48, 24, 2, Stride<2>>>,
        Conv<48, 24>, ReLU, Conv<24, 24>, ReLU,
        ConvTranspose<24, 12, 2, Stride<2>>>,
    Conv<24, 12>, ReLU, Conv<12, 12>, ReLU,
    Conv<12, 1>, Sigmoid>;
// clang-format on

static_assert(PageCleaner::parameter_count < 100000);

}  // namespace depix

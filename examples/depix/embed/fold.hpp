// Batch norms that are folded into the convolutions before them.
#pragma once

#include "embedded_network.hpp"

namespace tool {

/// y = ((w * x + b) - mean) * s + shift, s = weight / sqrt(variance + epsilon), is a convolution with the weights w * s
/// and the bias (b - mean) * s + shift. They are computed in double and rounded once. Such batch norms leave the
/// network; one that follows no convolution, or whose convolution's result is used elsewhere too, stays. Returns how
/// many left.
int fold_batch_norms(EmbeddedNetwork& network);

}  // namespace tool

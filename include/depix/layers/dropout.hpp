// Dropout: in training, sets random elements to zero.
#pragma once

#include "depix/layers/layer.hpp"
#include "depix/layers/options.hpp"

namespace depix {

/// In training y = 0 with probability Rate, else x / (1 - Rate); in inference y = x.
///
/// PyTorch's nn.Dropout (inverted dropout; Srivastava et al. 2014). A hash of one number drawn from the trainer's
/// Random and of the element's place decides about each element, so the result does not depend on the threads. Rate is
/// a std::ratio.
template <class Rate>
struct Dropout : LayerBase<Dropout<Rate>> {
    static_assert(Rate::num >= 0 && Rate::num < Rate::den, "depix: Dropout<Rate> takes a std::ratio in [0, 1)");
    static constexpr double rate = ratio_value<Rate>;

    static constexpr const char* name = "Dropout";
    /// The number drawn, which is below 2^24, so that every scalar type holds it exactly.
    static constexpr std::size_t saved_size(int /*batch*/, Shape /*input*/) { return 1; }
    static constexpr Traits traits{.elementwise = true, .needs_input = false};
};

}  // namespace depix

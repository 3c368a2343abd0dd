// Dropout: forgets some of what it sees, in training.
#pragma once

#include "depix/layers/layer.hpp"
#include "depix/layers/options.hpp"

namespace depix {

/// In training y = 0 with probability Rate, else x / (1 - Rate); in inference y = x.
///
/// PyTorch's nn.Dropout (inverted dropout; Srivastava et al. 2014). Every element is decided by a hash of one number
/// drawn from the trainer's Random and of the element's place, so the threads do not matter. Rate is a std::ratio.
template <class Rate>
struct Dropout : LayerBase<Dropout<Rate>> {
    static_assert(Rate::num >= 0 && Rate::num < Rate::den, "depix: Dropout<Rate> takes a std::ratio in [0, 1)");
    static constexpr double rate = ratio_value<Rate>;

    static constexpr const char* name = "Dropout";
    /// The draw, as a number below 2^24, which every scalar holds exactly.
    static constexpr std::size_t saved_size(int /*batch*/, Shape /*input*/) { return 1; }
    static constexpr Traits traits{.elementwise = true, .needs_input = false};
};

}  // namespace depix

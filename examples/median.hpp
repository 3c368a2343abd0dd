// The median of 3x3 pixels, which the evaluations of denoisers show beside the network.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "depix/tensor.hpp"

namespace example {

/// The median of each pixel's 3x3 neighbours, channel by channel; the border pixel is repeated. Denoising that needs no
/// training, to compare a network with.
inline depix::Image median_of_nine(const depix::Image& image) {
    const auto [channels, height, width] = image.shape;
    depix::Image result(image.shape);
    for (int c = 0; c < channels; ++c)
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                std::array<float, 9> near{};
                for (int i = 0; i < 9; ++i)
                    near[static_cast<std::size_t>(i)] =
                        image(c, std::clamp(y + i / 3 - 1, 0, height - 1), std::clamp(x + i % 3 - 1, 0, width - 1));
                std::nth_element(near.begin(), near.begin() + 4, near.end());
                result(c, y, x) = near[4];
            }
    return result;
}

}  // namespace example

// restore: pictures of any size through a network that wants sides which divide by something.
#pragma once

#include <algorithm>

#include "depix/inference.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// The picture with its last row and column repeated until both sides divide by `multiple`.
inline Image pad_to_multiple(const Image& picture, int multiple) {
    const auto [channels, height, width] = picture.shape;
    Image padded({channels, round_up(height, multiple), round_up(width, multiple)});
    for (int c = 0; c < channels; ++c)
        for (int y = 0; y < padded.shape.height; ++y)
            for (int x = 0; x < padded.shape.width; ++x)
                padded(c, y, x) = picture(c, std::min(y, height - 1), std::min(x, width - 1));
    return padded;
}

/// A picture of any size: padded to Network::size_multiple by its own edge, restored, and cut to its size again, all of
/// it at once. For networks whose output has the size of their input. Throws ShapeError for other channels.
template <Module Network, class Backend>
Image restore(const Inference<Network, Backend>& network, const Image& picture) {
    if (picture.shape.height % Network::size_multiple == 0 && picture.shape.width % Network::size_multiple == 0)
        return network(picture);
    const Image whole = network(pad_to_multiple(picture, Network::size_multiple));
    Image restored({whole.shape.channels, picture.shape.height, picture.shape.width});
    for (int c = 0; c < restored.shape.channels; ++c)
        for (int y = 0; y < restored.shape.height; ++y)
            std::copy_n(&whole(c, y, 0), restored.shape.width, &restored(c, y, 0));
    return restored;
}

}  // namespace depix

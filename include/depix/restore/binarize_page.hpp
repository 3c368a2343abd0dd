// binarize_page: finds the ink on a page by a network that takes the page's local contrast beside it.
#pragma once

#include "depix/image/binarize.hpp"
#include "depix/image/local_contrast.hpp"
#include "depix/inference.hpp"
#include "depix/restore/restore.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// The page in grey, black where the network is sure of ink and white where it is sure of paper; binarize(page, 0.5)
/// makes it black and white. The contrast is that of the whole page, also with `tiles`, which change nothing in the
/// result. A page that is black and white already stays as it is.
///
///     const Inference network(load<Binarizer>("binarizer.safetensors"));
///     const Image page = binarize(binarize_page(network, read_image("page.png", 1)), 0.5);
///
/// Throws ShapeError for a page that is not grey or has no pixels.
template <Module Network, class Backend>
Image binarize_page(const Inference<Network, Backend>& network, const Image& page, const Tiles& tiles = {}) {
    if (is_black_and_white(page)) return binarize(page, 0.5);
    return restore(network, local_contrast(page), tiles);
}

}  // namespace depix

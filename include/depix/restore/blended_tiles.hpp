// restore_by_tiles: pictures of any size through a network in tiles of one size, blended where they overlap.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/inference.hpp"
#include "depix/restore/restore.hpp"
#include "depix/tensor.hpp"

namespace depix {

struct TileOptions {
    int size = 256;    ///< Pixels of a tile's side.
    int overlap = 64;  ///< Pixels that a tile shares with the one before it: from 0 to size - 1.
    /// Called after every tile, unless it is empty. What it throws ends the restoring.
    std::function<void(int done, int count)> progress = {};
};

namespace detail {

/// One axis of a tile: where it begins, and how much each of its pixels counts.
struct TileSpan {
    int start = 0;
    std::vector<float> weights{};
};

/// Tiles of `size` pixels that cover an axis of `length` >= size pixels, each beginning at a multiple of `multiple` if
/// length and size are such, which may lessen or enlarge the overlap; the last is moved back to the axis' end. At each
/// pixel the weights of all tiles sum to 1.
///
/// Across an overlap the weight rises as sin^2, the raised cosine, in the middle half. In the outer quarter, where a
/// tile lacks its surroundings the most, it is 0.
inline std::vector<TileSpan> tile_spans(int length, int size, int overlap, int multiple = 1) {
    const int stride = (std::max)((size - overlap) / multiple, 1) * multiple;
    std::vector<TileSpan> spans;
    for (int start = 0; start < length - size; start += stride) spans.push_back({start});
    spans.push_back({length - size});

    overlap = (std::min)(overlap, size - stride);
    const int margin = overlap / 4;
    const auto rise = [&](int i) {
        const double phase = (i - margin + 0.5) / (std::max)(overlap - 2 * margin, 1);
        return std::pow(std::sin(std::numbers::pi / 2 * std::clamp(phase, 0.0, 1.0)), 2);
    };
    std::vector<double> sums(static_cast<std::size_t>(length));
    const auto weight = [&](const TileSpan& span, int i) {  // the picture's own border is no seam
        const double first = span.start == 0 || i >= overlap ? 1 : rise(i);
        const double last = span.start == length - size || size - 1 - i >= overlap ? 1 : rise(size - 1 - i);
        return first * last;
    };
    for (const TileSpan& span : spans)
        for (int i = 0; i < size; ++i) sums[static_cast<std::size_t>(span.start + i)] += weight(span, i);
    for (TileSpan& span : spans)
        for (int i = 0; i < size; ++i)
            span.weights.push_back(
                static_cast<float>(weight(span, i) / sums[static_cast<std::size_t>(span.start + i)]));
    return spans;
}

}  // namespace detail

/// A picture of any size, restored in tiles of size x size pixels that overlap and whose results are blended, so that
/// no seam shows: for networks that take pictures of one size (with dense layers), and where the whole picture at once
/// (restore.hpp) takes too much memory.
///
///     Image clean = restore_by_tiles(network, page, {.size = 256, .overlap = 64});
///
///     output(p) = sum over the tiles t around p of w_t(p) network(tile t)(p),   sum over t of w_t(p) = 1
///
/// w is the product of a weight for the row and one for the column: 1 inside a tile, a raised cosine in the middle half
/// of an overlap, 0 in its outer quarter. So where a pixel depends on those at most overlap / 4 away, and the picture
/// is no smaller than a tile, the result is that of restore(). The picture is continued by reflection beyond its edges:
/// by what restore() takes, so that no tile's outer quarter shows there either, and until tiles fit that lie at
/// multiples of Network::size_multiple.
///
/// Throws ShapeError for a picture of other channels or without pixels, for a size that the network does not take, and
/// for a network whose output has not the height and width of its input; Error for a size below 1 and an overlap below
/// 0 or not below the size.
template <Module Network, class Backend>
Image restore_by_tiles(const Inference<Network, Backend>& network, const Image& image, TileOptions options = {}) {
    const int size = options.size, overlap = options.overlap;
    if (size < 1 || overlap < 0 || overlap >= size) {
        detail::fail(Error(std::string("restore_by_tiles: tiles of ").append(std::to_string(size)) +
                           " pixels that overlap by " + std::to_string(overlap) +
                           "; the overlap must be at least 0 and below the size"));
    }
    const auto [channels, height, width] = image.shape;
    if (height < 1 || width < 1) {
        detail::fail(ShapeError(std::string("restore_by_tiles: a picture of ").append(to_string(image.shape))));
    }
    const Shape tile{channels, size, size};
    Image part(network.output_shape(tile));
    if (part.shape.height != size || part.shape.width != size) {
        detail::fail(ShapeError(std::string("restore_by_tiles: the network makes ").append(to_string(part.shape)) +
                                " of a tile of " + to_string(tile) + "; height and width must stay as they are"));
    }
    const int multiple = Network::size_multiple, margin = detail::border_margin<Network>();
    const auto spans = [&](int length) {
        return detail::tile_spans((std::max)(round_up(length, multiple) + 2 * margin, size), size, overlap, multiple);
    };
    const auto columns = spans(width), rows = spans(height);
    const int count = static_cast<int>(rows.size() * columns.size());
    int done = 0;
    Image restored({part.shape.channels, height, width});
    for (const auto& [down_from, down] : rows) {
        for (const auto& [across_from, across] : columns) {
            const int top = down_from - margin, left = across_from - margin;  // in the picture
            network.run(crop_reflected(image, top, left, size, size).view(), part.view());
            for (int c = 0; c < part.shape.channels; ++c)
                for (int y = (std::max)(-top, 0); y < (std::min)(size, height - top); ++y)
                    for (int x = (std::max)(-left, 0); x < (std::min)(size, width - left); ++x)
                        restored(c, top + y, left + x) +=
                            down[static_cast<std::size_t>(y)] * across[static_cast<std::size_t>(x)] * part(c, y, x);
            if (options.progress) options.progress(++done, count);
        }
    }
    return restored;
}

}  // namespace depix

// restore: pictures of any size through a network that wants sides which divide by something, at once or in tiles.
#pragma once

#include <algorithm>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <type_traits>
#include <vector>

#include "depix/error.hpp"
#include "depix/image/resize.hpp"
#include "depix/inference.hpp"
#include "depix/kernels/cpu/cpu.hpp"
#include "depix/plan/receptive_field.hpp"
#include "depix/tensor.hpp"

namespace depix {

namespace detail {

/// By how many pixels `restore` continues a picture beyond its edges: as far as the network sees, but at most 32,
/// rounded up to size_multiple. Where a network sees further, the rest changes next to nothing: of the published U-Net,
/// which sees 280 pixels away, flat grey ends 29 of 255 off at the edge with no margin, 2.4 with 32 pixels, 2.1 with
/// 280. 0 for networks that see the whole picture, which were made for one size.
template <Module Network>
constexpr int border_margin() {
    if (is_global<Network>()) return 0;
    constexpr Scaling scale = scale_after<Network>(Scaling{});
    int reach = 0;
    for (int row = 0; row < scale.multiple / scale.down * scale.up; ++row) {
        const RowRange seen = input_rows<Network>({row, row});
        const int own = row * scale.down / scale.up;
        reach = (std::max)({reach, own - seen.first, seen.last - own});
    }
    return round_up((std::min)(reach, 32), Network::size_multiple);
}

/// How many pixels of the output so many of the input become.
template <Module Network>
constexpr int enlarged(int pixels) {
    constexpr Scaling scale = scale_after<Network>(Scaling{});
    return pixels * scale.up / scale.down;
}

}  // namespace detail

/// Restores a picture of any size, all of it at once, also by networks that enlarge. The picture is continued by
/// reflection beyond its edges, because zero padding there makes the network draw a frame. The margin is what the
/// network sees, at most 32 pixels, and the sides become multiples of Network::size_multiple. Throws ShapeError for
/// other channels and for a picture without pixels.
template <Module Network, class Backend>
Image restore(const Inference<Network, Backend>& network, const Image& image) {
    if (image.shape.size() == 0) return network(image);  // says what is wrong
    constexpr int margin = detail::border_margin<Network>(), multiple = Network::size_multiple;
    const int height = image.shape.height, width = image.shape.width;
    const Image whole = network(crop_reflected(image, -margin, -margin, round_up(height, multiple) + 2 * margin,
                                               round_up(width, multiple) + 2 * margin));
    const int border = detail::enlarged<Network>(margin);
    return crop(whole, border, border, detail::enlarged<Network>(height), detail::enlarged<Network>(width));
}

/// How to cut a picture into tiles.
struct Tiles {
    int size = 512;  ///< Side of the part of the input that a tile restores; rounded up to Network::size_multiple.
    int jobs = 1;    ///< Tiles restored at the same time. The network's own threads are then 1.
    /// How many pixels around its own part a tile sees at most; 0: all that it depends on. Networks of many layers
    /// depend on far more pixels than change their output noticeably.
    int reach = 0;
    /// Called after every tile by any of the threads, but by one at a time. It must not throw.
    std::function<void(int done, int count)> progress = {};
};

namespace detail {

/// One axis of a tile: the part that it restores, and the part that it must see for that, in the input's pixels.
struct TileRange {
    cpu::Part own, seen;
};

/// Tiles that cover `length` pixels, which divide by size_multiple. Each sees what its output depends on, within the
/// picture and the margin around it.
template <Module Network>
std::vector<TileRange> tile_ranges(int length, int size, int reach = 0) {
    constexpr int multiple = Network::size_multiple, margin = border_margin<Network>();
    constexpr Scaling scale = scale_after<Network>(Scaling{});
    size = round_up(size, multiple);
    std::vector<TileRange> ranges;
    for (int first = 0; first < length; first += size) {
        const cpu::Part own{first, (std::min)(first + size, length)};
        // input_rows includes the last row, a Part ends before its `last`.
        RowRange needed =
            input_rows<Network>({own.first / scale.down * scale.up, own.last / scale.down * scale.up - 1});
        if (reach > 0)
            needed = {(std::max)(needed.first, own.first - reach), (std::min)(needed.last, own.last - 1 + reach)};
        const cpu::Part seen{floor_divide((std::max)(needed.first, -margin), multiple) * multiple,
                             (std::min)(round_up((std::max)(needed.last + 1, own.last), multiple), length + margin)};
        ranges.push_back({own, {(std::min)(seen.first, own.first), seen.last}});
    }
    return ranges;
}

}  // namespace detail

/// The same in tiles, put side by side: memory does not grow with the picture, beyond the picture itself.
///
/// A tile sees all that its part of the output depends on: the compiler knows how far that reaches. So nothing shows
/// where tiles meet; on Reference the result is that of the whole picture bit by bit, on Cpu up to rounding (Winograd's
/// convolution rounds by where its own tiles lie). A `reach` that is less gives this up for speed. Networks in which
/// every pixel depends on all have no such tiles, and are refused by the compiler: see restore_by_tiles.
///
/// Throws ShapeError for other channels and for a picture without pixels, Error for a size or a number of jobs below 1.
template <Module Network, class Backend>
Image restore(const Inference<Network, Backend>& network, const Image& image, Tiles tiles) {
    static_assert(receptive_field<Network>() != whole_image,
                  "depix: every pixel of this network depends on the whole picture, which cannot be cut into tiles; "
                  "restore_by_tiles blends tiles of one size");
    if (tiles.size < 1 || tiles.jobs < 1) {
        detail::fail(Error(std::string("restore: tiles of ").append(std::to_string(tiles.size)) + " pixels, " +
                           std::to_string(tiles.jobs) + " at a time; both must be at least 1"));
    }
    if (image.shape.size() == 0) return network(image);  // says what is wrong
    constexpr int margin = detail::border_margin<Network>();
    const int channels = image.shape.channels, height = image.shape.height, width = image.shape.width;
    const auto enlarged = [](int pixels) { return detail::enlarged<Network>(pixels); };
    const Shape padded{channels, round_up(height, Network::size_multiple), round_up(width, Network::size_multiple)};
    // With its margin, because the picture alone may be too small for the network.
    const Shape with_margin{channels, padded.height + 2 * margin, padded.width + 2 * margin};
    Image restored({network.output_shape(with_margin).channels, enlarged(height), enlarged(width)});
    const auto rows = detail::tile_ranges<Network>(padded.height, tiles.size, tiles.reach);
    const auto columns = detail::tile_ranges<Network>(padded.width, tiles.size, tiles.reach);

    const auto restore_tile = [&](const detail::TileRange& down, const detail::TileRange& across) {
        const Image seen = crop_reflected(image, down.seen.first, across.seen.first, down.seen.last - down.seen.first,
                                          across.seen.last - across.seen.first);
        const Image part = network(seen);
        const int top = enlarged(down.own.first), bottom = (std::min)(enlarged(down.own.last), restored.shape.height);
        const int left = enlarged(across.own.first),
                  right = (std::min)(enlarged(across.own.last), restored.shape.width);
        for (int c = 0; c < restored.shape.channels; ++c)
            for (int y = top; y < bottom; ++y)
                std::copy_n(&part(c, y - enlarged(down.seen.first), left - enlarged(across.seen.first)),
                            (std::max)(right - left, 0), &restored(c, y, left));
    };

    const int count = static_cast<int>(rows.size() * columns.size());
    const int jobs = (std::min)(tiles.jobs, count);
    std::exception_ptr failure;
    std::mutex mutex;
    int done = 0;
    cpu::run_team(jobs, [&](cpu::Team team) {
        const std::exception_ptr error = detail::exception_of([&] {
            for (int i = team.thread; i < count; i += team.threads) {
                restore_tile(rows[static_cast<std::size_t>(i) / columns.size()],
                             columns[static_cast<std::size_t>(i) % columns.size()]);
                if (!tiles.progress) continue;
                const std::lock_guard lock(mutex);
                tiles.progress(++done, count);
            }
        });
        if (!error) return;
        const std::lock_guard lock(mutex);
        failure = error;
    });
    if (failure) std::rethrow_exception(failure);
    return restored;
}

}  // namespace depix

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
#include "depix/inference.hpp"
#include "depix/kernels/cpu/cpu.hpp"
#include "depix/plan/receptive_field.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// The picture with its last row and column repeated until both sides divide by `multiple`.
inline Image pad_to_multiple(const Image& image, int multiple) {
    const auto [channels, height, width] = image.shape;
    Image padded({channels, round_up(height, multiple), round_up(width, multiple)});
    for (int c = 0; c < channels; ++c)
        for (int y = 0; y < padded.shape.height; ++y)
            for (int x = 0; x < padded.shape.width; ++x)
                padded(c, y, x) = image(c, std::min(y, height - 1), std::min(x, width - 1));
    return padded;
}

/// A picture of any size: padded to Network::size_multiple by its own edge, restored, and cut to its size again, all of
/// it at once. For networks whose output has the size of their input. Throws ShapeError for other channels.
template <Module Network, class Backend>
Image restore(const Inference<Network, Backend>& network, const Image& image) {
    if (image.shape.height % Network::size_multiple == 0 && image.shape.width % Network::size_multiple == 0)
        return network(image);
    const Image whole = network(pad_to_multiple(image, Network::size_multiple));
    Image restored({whole.shape.channels, image.shape.height, image.shape.width});
    for (int c = 0; c < restored.shape.channels; ++c)
        for (int y = 0; y < restored.shape.height; ++y)
            std::copy_n(&whole(c, y, 0), restored.shape.width, &restored(c, y, 0));
    return restored;
}

/// How to cut a picture into tiles.
struct Tiles {
    int size = 512;  ///< Of the input, the part that a tile answers for; rounded up to Network::size_multiple.
    int jobs = 1;    ///< Tiles restored at the same time. The network's own threads are then 1.
    /// Called after every tile, by one thread at a time, and not by the caller's alone; it must not throw.
    std::function<void(int done, int count)> progress = {};
};

namespace detail {

/// One axis of a tile: what it answers for, and what it must see, in the input's pixels.
struct TileRange {
    cpu::Part own, seen;
};

/// Tiles that cover `length` pixels, which divide by size_multiple. Each sees what its output depends on.
template <Module Network>
std::vector<TileRange> tile_ranges(int length, int size) {
    constexpr int multiple = Network::size_multiple;
    constexpr Scaling scale = scale_after<Network>(Scaling{});
    size = round_up(size, multiple);
    std::vector<TileRange> ranges;
    for (int first = 0; first < length; first += size) {
        const cpu::Part own{first, std::min(first + size, length)};
        // input_rows includes the last row, a Part ends before its `last`.
        const RowRange needed =
            input_rows<Network>({own.first / scale.down * scale.up, own.last / scale.down * scale.up - 1});
        const cpu::Part seen{std::max(needed.first, 0) / multiple * multiple,
                             std::min(round_up(std::max(needed.last + 1, own.last), multiple), length)};
        ranges.push_back({own, {std::min(seen.first, own.first), seen.last}});
    }
    return ranges;
}

}  // namespace detail

/// The same in tiles, put side by side: memory does not grow with the picture, beyond the picture itself. Also for
/// networks that enlarge.
///
/// A tile sees all that its part of the output depends on: the compiler knows how far that reaches. So nothing shows
/// where tiles meet; on Reference the result is that of the whole picture bit by bit, on Cpu up to rounding (Winograd's
/// convolution rounds by where its own tiles lie). Networks in which every pixel depends on all have no such tiles, and
/// are refused by the compiler: see restore_by_tiles.
///
/// Throws ShapeError for other channels and for a picture without pixels, Error for a size or a number of jobs below 1.
template <Module Network, class Backend>
Image restore(const Inference<Network, Backend>& network, const Image& image, Tiles tiles) {
    static_assert(receptive_field<Network>() != whole_image,
                  "depix: every pixel of this network depends on the whole picture, which cannot be cut into tiles; "
                  "restore_by_tiles blends tiles of one size");
    if (tiles.size < 1 || tiles.jobs < 1) {
        throw Error(std::string("restore: tiles of ").append(std::to_string(tiles.size)) + " pixels, " +
                    std::to_string(tiles.jobs) + " at a time; both must be at least 1");
    }
    constexpr Scaling scale = scale_after<Network>(Scaling{});
    const int channels = image.shape.channels, height = image.shape.height, width = image.shape.width;
    const auto enlarged = [&](int pixels) { return pixels * scale.up / scale.down; };
    const Shape padded{channels, round_up(height, Network::size_multiple), round_up(width, Network::size_multiple)};
    Image restored({network.output_shape(padded).channels, enlarged(height), enlarged(width)});
    const auto rows = detail::tile_ranges<Network>(padded.height, tiles.size);
    const auto columns = detail::tile_ranges<Network>(padded.width, tiles.size);

    const auto restore_tile = [&](const detail::TileRange& down, const detail::TileRange& across) {
        Image seen({channels, down.seen.last - down.seen.first, across.seen.last - across.seen.first});
        for (int c = 0; c < channels; ++c)
            for (int y = 0; y < seen.shape.height; ++y)
                for (int x = 0; x < seen.shape.width; ++x)
                    seen(c, y, x) =
                        image(c, std::min(down.seen.first + y, height - 1), std::min(across.seen.first + x, width - 1));
        const Image part = network(seen);
        const int top = enlarged(down.own.first), bottom = std::min(enlarged(down.own.last), restored.shape.height);
        const int left = enlarged(across.own.first), right = std::min(enlarged(across.own.last), restored.shape.width);
        for (int c = 0; c < restored.shape.channels; ++c)
            for (int y = top; y < bottom; ++y)
                std::copy_n(&part(c, y - enlarged(down.seen.first), left - enlarged(across.seen.first)),
                            std::max(right - left, 0), &restored(c, y, left));
    };

    const int count = static_cast<int>(rows.size() * columns.size());
    const int jobs = std::min(tiles.jobs, count);
    std::exception_ptr failure;
    std::mutex mutex;
    int done = 0;
    cpu::run_team(jobs, [&](cpu::Team team) {
        try {
            for (int i = team.thread; i < count; i += team.threads) {
                restore_tile(rows[static_cast<std::size_t>(i) / columns.size()],
                             columns[static_cast<std::size_t>(i) % columns.size()]);
                if (!tiles.progress) continue;
                const std::lock_guard lock(mutex);
                tiles.progress(++done, count);
            }
        } catch (...) {
            const std::lock_guard lock(mutex);
            failure = std::current_exception();
        }
    });
    if (failure) std::rethrow_exception(failure);
    return restored;
}

}  // namespace depix

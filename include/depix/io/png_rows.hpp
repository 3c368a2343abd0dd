// Reads the pixels of ordinary PNG files: stb decompresses them, and the rows' filters are undone here, in half of the
// time that stb needs for both.
#pragma once

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "depix/io/byte_writer.hpp"
#include "depix/io/image_check.hpp"
#include "depix/io/stb.hpp"
#include "depix/shape.hpp"

namespace depix::detail {

/// Paeth's predictor (PNG, 9.4): that of left, above and above_left which is nearest to left + above - above_left.
inline int predict_paeth(int left, int above, int above_left) {
    const int to_left = std::abs(above - above_left), to_above = std::abs(left - above_left);
    const int to_both = std::abs(left + above - 2 * above_left);
    const int other = to_above <= to_both ? above : above_left;
    return to_left <= to_above && to_left <= to_both ? left : other;
}

/// Undoes a row's filter (PNG, 9.2). `from` is the filtered row, `above` the row before it (zeros before the first),
/// and all have `width` pixels of `Channels` bytes. False for an unknown filter.
template <std::size_t Channels>
bool undo_filter(int filter, const unsigned char* from, const unsigned char* above, unsigned char* to,
                 std::size_t width) {
    const std::size_t size = Channels * width;
    const auto from_neighbours = [&](const auto& predict) {
        int left[Channels]{}, above_left[Channels]{};
        for (std::size_t i = 0; i < size; i += Channels)
            for (std::size_t c = 0; c < Channels; ++c) {
                const int value = from[i + c] + predict(left[c], above[i + c], above_left[c]);
                above_left[c] = above[i + c];
                left[c] = to[i + c] = static_cast<unsigned char>(value);
            }
    };
    switch (filter) {
        case 0:
            std::copy_n(from, size, to);
            return true;
        case 1:
            from_neighbours([](int left, int, int) { return left; });
            return true;
        case 2:
            for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<unsigned char>(from[i] + above[i]);
            return true;
        case 3:
            from_neighbours([](int left, int up, int) { return (left + up) / 2; });
            return true;
        case 4:
            from_neighbours(predict_paeth);
            return true;
        default:
            return false;
    }
}

/// The compressed bytes of a PNG file that check_png has accepted, if it is an ordinary one of this shape: 8 bits, grey
/// or RGB, not interlaced, no palette, no transparent colour, and no chunk that decoders must know besides.
inline std::optional<std::vector<std::byte>> find_ordinary_png(std::span<const std::byte> bytes, Shape shape) {
    constexpr std::uint32_t header = 0x49484452, data = 0x49444154, end = 0x49454E44, transparency = 0x74524E53;
    const Bytes file(bytes);
    const std::uint32_t colour = shape.channels == 1 ? 0 : 2;
    if (!file.starts_with("\x89PNG\r\n\x1A\n") || file.big32(8) != 13 || file.big32(12) != header) return {};
    if (file.big32(16) != static_cast<std::uint32_t>(shape.width) ||
        file.big32(20) != static_cast<std::uint32_t>(shape.height))
        return {};
    // Depth, colour, compression, filters, interlacing.
    if (file[24] != 8 || file[25] != colour || file[26] != 0 || file[27] != 0 || file[28] != 0) return {};
    std::vector<std::byte> compressed;
    for (std::size_t at = 33; file.big32(at + 4) != end; at += 12 + file.big32(at)) {
        const std::uint32_t kind = file.big32(at + 4);
        const bool critical = (kind >> 29 & 1) == 0;
        if (kind == transparency || (critical && kind != data)) return {};
        if (kind == data) append_bytes(compressed, bytes.subspan(at + 8, file.big32(at)));
    }
    return compressed;
}

/// The pixels (height, width, channels) of such a file. Empty for another file, and for one that is damaged: stb then
/// reads it, or says what is wrong.
inline std::vector<unsigned char> read_ordinary_png(std::span<const std::byte> bytes, Shape shape) {
    if (shape.channels != 1 && shape.channels != 3) return {};
    const auto compressed = find_ordinary_png(bytes, shape);
    if (!compressed) return {};
    const auto width = static_cast<std::size_t>(shape.width);
    const std::size_t row = width * static_cast<std::size_t>(shape.channels), stored = row + 1;
    const std::size_t expected = stored * static_cast<std::size_t>(shape.height);
    if (expected > std::size_t{INT_MAX} || compressed->size() > std::size_t{INT_MAX}) return {};
    int size = 0;
    struct Free {
        void operator()(char* block) const { std::free(block); }
    };
    const std::unique_ptr<char, Free> unpacked(stb::stbi_zlib_decode_malloc_guesssize_headerflag(
        reinterpret_cast<const char*>(compressed->data()), static_cast<int>(compressed->size()),
        static_cast<int>(expected), &size, 1));
    if (!unpacked || static_cast<std::size_t>(size) < expected) return {};

    std::vector<unsigned char> pixels(row * static_cast<std::size_t>(shape.height));
    const std::vector<unsigned char> zeros(row);
    const unsigned char* from = reinterpret_cast<const unsigned char*>(unpacked.get());
    const unsigned char* above = zeros.data();
    for (unsigned char* to = pixels.data(); to != pixels.data() + pixels.size(); to += row, from += stored) {
        const bool known = shape.channels == 1 ? undo_filter<1>(from[0], from + 1, above, to, width)
                                               : undo_filter<3>(from[0], from + 1, above, to, width);
        if (!known) return {};
        above = to;
    }
    return pixels;
}

}  // namespace depix::detail

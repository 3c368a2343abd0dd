// Cpu: the backend for processors with SIMD. How it lays out feature maps, and how threads share them.
#pragma once

#include <cstddef>

#include "depix/kernels/cpu/simd.hpp"
#include "depix/kernels/cpu/team.hpp"
#include "depix/kernels/kernel.hpp"

namespace depix::inline DEPIX_ISA {

/// Chooses the kernels with SIMD and OpenMP. float only.
struct Cpu {
    static constexpr const char* name = "Cpu";
};

namespace cpu {

/// Which rows of a map follow each other in memory. Channels: all rows of a channel, then those of the next. Rows: the
/// first row of every channel, then the second row of every channel.
///
/// Threads share pictures by rows. With MapOrder::Rows each thread's rows are contiguous, and at most one boundary is
/// shared with another thread. With MapOrder::Channels there is such a boundary in every channel, and the processor's
/// prefetcher fetches lines across it that another core is about to write.
enum class MapOrder { Channels, Rows };

/// How a picture's feature map lies in memory, in elements.
///
/// Rows begin at multiples of the vector width and are followed by zeros, which are the right border of one row and the
/// left border of the next. There are also rows of zeros above and below. With MapOrder::Channels they lie between two
/// channels, which share them. With MapOrder::Rows they lie above the first row and below the last, and there are zeros
/// to the left of the first channel. So a convolution reads its padding like any other pixel, and a kernel may load
/// whole vectors everywhere.
struct MapLayout {
    std::ptrdiff_t row_stride = 0;
    std::ptrdiff_t channel_stride = 0;
    std::ptrdiff_t origin = 0;  ///< of the first pixel
    std::ptrdiff_t size = 0;    ///< of one picture, borders included

    constexpr MapLayout(Shape shape, int halo, MapOrder order = MapOrder::Channels) {
        const int gap = round_up(halo, vector_width);
        const std::ptrdiff_t row = round_up(shape.width, vector_width) + gap;
        if (order == MapOrder::Channels) {
            row_stride = row;
            channel_stride = (shape.height + halo) * row;
        } else {
            channel_stride = row;
            row_stride = gap + shape.channels * row;
            // Rows that are a page apart would share a few lines of the first-level cache.
            if (row_stride % 1024 == 0) row_stride += vector_width;
        }
        origin = halo * row_stride + gap;
        const std::ptrdiff_t below =
            order == MapOrder::Channels ? shape.channels * channel_stride : (shape.height + halo) * row_stride;
        // Strided loads run up to two vectors past the last pixel that they use.
        size = origin + below + gap + 4 * vector_width;
        size = (size + vector_width - 1) / vector_width * vector_width;
    }
};

/// A batch of maps with this layout, in memory that begins at `memory`.
template <class T>
constexpr View<T> map_view(T* memory, int batch, Shape shape, const MapLayout& layout) {
    return {memory + layout.origin, batch, shape, layout.size, layout.channel_stride, layout.row_stride};
}

/// Calls `rows(n, first, last)` for this thread's part of all rows of a batch, picture by picture.
template <class Rows>
DEPIX_INLINE void share_rows(Team team, int batch, int height, Rows&& rows) {
    const Part part = team.share(batch * height);
    for (int row = part.first; row < part.last;) {
        const int n = row / height;
        const int last = part.last < (n + 1) * height ? part.last : (n + 1) * height;
        rows(n, row - n * height, last - n * height);
        row = last;
    }
}

/// Calls `row(n, c, i)` for every row of this thread's part of a batch.
template <class T, class Row>
DEPIX_INLINE void for_rows(Team team, const View<T>& x, Row&& row) {
    share_rows(team, x.batch, x.height, [&](int n, int first, int last) {
        for (int c = 0; c < x.channels; ++c)
            for (int i = first; i < last; ++i) row(n, c, i);
    });
}

/// Calls `body(j, count)` for the vectors of a row. `count` lanes hold pixels, which is all lanes except in the last
/// vector.
template <class Body>
DEPIX_INLINE void for_vectors(int width, Body&& body) {
    int j = 0;
    for (; j + vector_width <= width; j += vector_width) body(j, vector_width);
    if (j < width) body(j, width - j);
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

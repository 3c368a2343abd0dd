// Maps as kernels see them, in memory of exactly their size, so that the sanitizers see who reads beyond.
#pragma once

#include <cstddef>
#include <vector>

#include "depix/kernels/cpu/cpu.hpp"

namespace depix_test {

/// A batch of maps with borders of zeros.
struct Maps {
    depix::MapLayout layout;
    std::vector<float> memory;
    depix::View<float> view;

    Maps(int batch, depix::Shape shape, int halo)
        : layout(shape, halo),
          memory(static_cast<std::size_t>(batch * layout.size), 0.f),
          view(depix::map_view(memory.data(), batch, shape, layout)) {}

    /// Every pixel becomes value(n, c, i, j).
    template <class Value>
    void fill(Value&& value) {
        for (int n = 0; n < view.batch; ++n)
            for (int c = 0; c < view.channels; ++c)
                for (int i = 0; i < view.height; ++i)
                    for (int j = 0; j < view.width; ++j) view(n, c, i, j) = value(n, c, i, j);
    }
};

}  // namespace depix_test

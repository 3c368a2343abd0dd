// Maps as kernels read them, in memory of exactly their size, so that the sanitizers detect reads beyond it.
#pragma once

#include <cstddef>
#include <vector>

#include "depix/kernels/cpu/cpu.hpp"

namespace depix_test {

/// A batch of maps with borders of zeros, or without anything around them.
struct Maps {
    depix::cpu::MapLayout layout;
    std::vector<float> memory;
    depix::View<float> view;

    Maps(int batch, depix::Shape shape, int halo)
        : layout(shape, halo),
          memory(static_cast<std::size_t>(batch * layout.size), 0.f),
          view(depix::cpu::map_view(memory.data(), batch, shape, layout)) {}
    Maps(int batch, depix::Shape shape)
        : layout(shape, 0),
          memory(static_cast<std::size_t>(batch) * shape.size(), 0.f),
          view(memory.data(), batch, shape) {}

    /// Calls each(pixel, n, c, i, j).
    template <class Each>
    void for_each(Each&& each) {
        for (int n = 0; n < view.batch; ++n)
            for (int c = 0; c < view.channels; ++c)
                for (int i = 0; i < view.height; ++i)
                    for (int j = 0; j < view.width; ++j) each(view(n, c, i, j), n, c, i, j);
    }
    /// Every pixel becomes value(n, c, i, j).
    template <class Value>
    void fill(Value&& value) {
        for_each([&](float& pixel, int n, int c, int i, int j) { pixel = value(n, c, i, j); });
    }
};

}  // namespace depix_test

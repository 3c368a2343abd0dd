// The device code of all layers.
#pragma once

#include <algorithm>

#include "depix/kernels/cuda/average_pool.cuh"
#include "depix/kernels/cuda/batch_norm.cuh"
#include "depix/kernels/cuda/channel_scale.cuh"
#include "depix/kernels/cuda/conv.cuh"
#include "depix/kernels/cuda/conv_transpose.cuh"
#include "depix/kernels/cuda/crop.cuh"
#include "depix/kernels/cuda/dense.cuh"
#include "depix/kernels/cuda/dropout.cuh"
#include "depix/kernels/cuda/edge_padding.cuh"
#include "depix/kernels/cuda/elementwise_layer.cuh"
#include "depix/kernels/cuda/global_average_pool.cuh"
#include "depix/kernels/cuda/group_norm.cuh"
#include "depix/kernels/cuda/interpolate.cuh"
#include "depix/kernels/cuda/join.cuh"
#include "depix/kernels/cuda/layer_norm.cuh"
#include "depix/kernels/cuda/max_pool.cuh"
#include "depix/kernels/cuda/pixel_shuffle.cuh"
#include "depix/kernels/cuda/pixel_unshuffle.cuh"
#include "depix/kernels/cuda/prelu.cuh"
#include "depix/kernels/cuda/simple_gate.cuh"
#include "depix/kernels/cuda/softmax.cuh"
#include "depix/kernels/cuda/upsample.cuh"
#include "depix/kernels/dispatch.hpp"

namespace depix::cuda {

/// Copies a batch on the host, into pinned memory or out of it.
inline void copy_on_host(View<const float> from, View<float> to) {
    if (from.contiguous() && to.contiguous())
        std::copy_n(from.data, static_cast<std::size_t>(from.batch) * from.shape().size(), to.data);
    else
        copy(from, to);
}

/// Whether a layer needs a random number for each batch, which the host draws for it.
template <class L>
inline constexpr bool draws_numbers = false;
template <class Rate>
inline constexpr bool draws_numbers<Dropout<Rate>> = true;

// A visitor that counts these layers. (Counting steps of the plan would be enough, but under -fsanitize=undefined g++
// does not accept a comparison of their layers' addresses as a constant.)
struct DrawCounter {
    int count = 0;

    constexpr void enter(const char*) {}
    constexpr void enter(int) {}
    constexpr void leave() {}
    template <Layer L>
    constexpr int layer(int) {
        count += draws_numbers<L>;
        return 0;
    }
    template <class Join>
    constexpr int join(int, int) {
        return 0;
    }
};
template <Module Network>
constexpr int count_draws() {
    DrawCounter visitor;
    walk<Network>(visitor, 0);
    return visitor.count;
}

/// Whether the layer of this step needs such a number.
template <Module Network>
constexpr bool draws(const PlanStep& step) {
    bool result = false;
    with_layer<Network>(step.layer.info, [&]<class L>() { result = draws_numbers<L>; });
    return result;
}

/// Element counts are rounded up to multiples of this, so that every map begins at a multiple of 256 bytes.
inline constexpr std::size_t map_alignment = 128;
constexpr std::size_t align(std::size_t count) { return (count + map_alignment - 1) / map_alignment * map_alignment; }

}  // namespace depix::cuda

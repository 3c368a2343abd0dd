// Where everything lies while a network runs on Cpu: maps with their borders, placed by the plan, and scratch after
// them.
#pragma once

#include <array>
#include <cstddef>

#include "depix/kernels/cpu/conv.hpp"
#include "depix/kernels/cpu/conv/choose.hpp"
#include "depix/kernels/cpu/cpu.hpp"
#include "depix/kernels/dispatch.hpp"
#include "depix/plan/passes.hpp"
#include "depix/plan/place.hpp"
#include "depix/tensor.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

template <Module Network>
inline constexpr auto inference_plan = plan_for_inference<Network>();

/// How each convolution of the plan is computed. This is decided only here, and all code that packs weights, makes room
/// or runs a step reads it here.
template <Module Network>
inline constexpr auto inference_algorithms = [] {
    constexpr auto& plan = inference_plan<Network>;
    std::array<Algorithm, plan.steps.size()> algorithms{};
    layers_of<Network>::for_each([&]<class L>() {
        if constexpr (Convolution<L>)
            for (int i = 0; i < plan.step_count; ++i)
                if (plan.step(i).layer.info == &layer_info<L>)
                    algorithms[static_cast<std::size_t>(i)] =
                        choose_algorithm(kernels::Kernel<Cpu, L>::kernels, plan.step(i));
    });
    return algorithms;
}();

/// Clears the zero border of a map whose memory is reused: after every row, to the left of the first channel's rows,
/// and above and below every channel. Where two of these are the same memory, it is cleared once. Each thread clears
/// the border of its part of the rows, which it reads next.
inline void clear_border(const View<float>& map, int halo, Team team) {
    if (halo == 0) return;
    const int used = round_up(map.width, vector_width);  // kernels clear the rest of the last vector themselves
    const int gap = round_up(halo, vector_width);
    const auto clear = [](float* from, int count) {  // whole vectors, often only one
        for (int j = 0; j < count; j += vector_width) store(from + j, Vector{});
    };
    const Part rows = team.share(map.height);
    const bool above = team.thread == 0, below = team.thread + 1 == team.threads;
    // With MapOrder::Channels the border after a row is also the border to the left of the next row, and the border
    // below a channel is also the border above the next channel.
    const bool by_channels = map.channel_stride > map.row_stride;
    for (int c = 0; c < map.channels; ++c) {
        for (int i = 1; above && i <= halo; ++i) clear(map.row(0, c, -i) - gap, gap + used + gap);
        for (int i = rows.first; i < rows.last; ++i) {
            if (c == 0 && !by_channels) clear(map.row(0, c, i) - gap, gap);
            clear(map.row(0, c, i) + used, gap);
        }
        if (below && (!by_channels || c + 1 == map.channels))
            for (int i = 0; i < halo; ++i) clear(map.row(0, c, map.height + i) - gap, gap + used + gap);
    }
}

/// The step that may write directly into the caller's output: the last one if it is a convolution, or -1 if there is
/// none.
template <std::size_t T, std::size_t S>
constexpr int step_to_caller(const Plan<T, S>& plan) {
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        if (detail::is_convolution(step.layer) && step.output == plan.output && plan.root(plan.output) == plan.output)
            return i;
    }
    return -1;
}

/// Where everything lies for one input size, in floats from the start of the workspace.
template <std::size_t Tensors>
struct Layout {
    std::array<Shape, Tensors> shapes{};
    Placement<Tensors> placement;
    MapOrder order = MapOrder::Channels;
    bool apart = false;              ///< no two maps share memory, so borders stay zero
    std::size_t scratch = 0;         ///< after everything else, for each thread: rows to pool or shuffle, or tiles
    std::size_t shared_scratch = 0;  ///< in the same place, for the team: what a kernel asks for

    constexpr std::size_t size(int threads) const {
        const std::size_t own = scratch * static_cast<std::size_t>(threads);
        return placement.total + (own > shared_scratch ? own : shared_scratch);
    }
};

/// Whether maps of this many floats in all are kept apart. Threads that share small maps wait for each other's caches
/// more than for memory, because where two maps share memory, one thread writes for the second map what another thread
/// has written for the first. With maps apart, the depixelizer's 64x256 pixels took a fifth less time on two cores that
/// are far from each other, and 8 % less at best on close ones. For one thread it makes no difference.
constexpr bool keeps_apart(std::size_t floats, int threads) {
    return threads > 1 && floats <= 4 * static_cast<std::size_t>(second_level_cache);
}

template <Module Network>
constexpr auto make_layout(Shape input, int threads) {
    constexpr auto& plan = inference_plan<Network>;
    Layout<plan.tensors.size()> layout;
    layout.shapes = find_shapes(plan, input);
    // One thread that convolves from 16 channels to 32 is 3 % faster with MapOrder::Channels; otherwise the order makes
    // no difference to one thread.
    layout.order = threads > 1 ? MapOrder::Rows : MapOrder::Channels;
    std::array<std::size_t, plan.tensors.size()> sizes{};
    const int to_caller = step_to_caller(plan);
    for (int i = 0; i < plan.tensor_count; ++i) {
        if (plan.tensor(i).channels == 0 || plan.tensor(i).parent >= 0) continue;
        if (to_caller >= 0 && i == plan.output) continue;
        const MapLayout map(layout.shapes[static_cast<std::size_t>(i)], plan.tensor(i).halo, layout.order);
        sizes[static_cast<std::size_t>(i)] = static_cast<std::size_t>(map.size);
    }
    layout.placement = place(plan, sizes);
    const auto one_by_one = place_apart(sizes);
    layout.apart = keeps_apart(one_by_one.total, threads);
    if (layout.apart) {
        layout.placement.offset = one_by_one.offset;
        layout.placement.total = one_by_one.total;
    }
    const auto raise = [](std::size_t& size, std::size_t to) { size = size < to ? to : size; };
    layers_of<Network>::for_each([&]<class L>() {
        using Kernel = kernels::Kernel<Cpu, L>;
        for (int i = 0; i < plan.step_count; ++i) {
            const PlanStep& step = plan.step(i);
            if (step.layer.info != &layer_info<L>) continue;
            [[maybe_unused]] const Shape shape = layout.shapes[static_cast<std::size_t>(step.input)];
            if constexpr (Convolution<L>)
                raise(layout.scratch,
                      step_scratch(Kernel::kernels, step, inference_algorithms<Network>[static_cast<std::size_t>(i)],
                                   L::output(shape).width));
            if constexpr (requires { Kernel::inference_scratch_size(1, shape); })
                raise(layout.shared_scratch, Kernel::inference_scratch_size(1, shape));
        }
    });
    return layout;
}

/// The memory of one running inference, and its layout.
template <Module Network>
struct Workspace {
    Shape input;
    int threads = 0;
    decltype(make_layout<Network>(Shape{}, 1)) layout{};
    AlignedMemory<float> memory;
};

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

// Runs a network with the fast kernels: batch norms folded into weights, weights packed, steps fused, one parallel
// region.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "depix/kernels/cpu/batch_norm.hpp"
#include "depix/kernels/cpu/conv_kernels.hpp"
#include "depix/kernels/cpu/join.hpp"
#include "depix/kernels/cpu/max_pool.hpp"
#include "depix/kernels/cpu/relu.hpp"
#include "depix/kernels/dispatch.hpp"
#include "depix/plan/place.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

template <Module Network>
inline constexpr auto inference_plan = plan_for_inference<Network>();

/// Layers that have weights to pack and an epilogue to fuse into.
template <class L>
concept Convolution = L::traits.role == Role::convolution || L::traits.role == Role::transposed_convolution;

/// Zeros around a map that lies in memory used before: behind every row, and above and below every channel.
inline void clear_border(const View<float>& map, int halo, Team team) {
    if (halo == 0 && map.row_stride == map.width) return;
    const int used = round_up(map.width, vector_width);  // kernels clear the rest of the last vector themselves
    const auto clear = [](float* from, std::ptrdiff_t count) {
        std::memset(from, 0, static_cast<std::size_t>(count) * sizeof(float));
    };
    const std::ptrdiff_t gap = map.row_stride - used;
    const Interval channels = team.share(map.channels);
    for (int c = channels.first; c < channels.last; ++c) {
        if (halo > 0) clear(map.row(0, c, -halo) - gap, halo * map.row_stride + gap);
        for (int i = 0; i < map.height; ++i) clear(map.row(0, c, i) + used, gap);
        if (halo > 0 && c + 1 == map.channels) clear(map.row(0, c, map.height), halo * map.row_stride);
    }
}

/// Where everything lies for one input size, and the memory.
template <std::size_t Tensors>
struct Workspace {
    Shape input;
    int threads = 0;
    std::array<Shape, Tensors> shapes{};
    Placement<Tensors> placement;
    std::vector<float> memory;
    std::size_t scratch = 0;  // offset of the pooled steps' rows
    std::size_t scratch_each = 0;

    float* start() {  // aligned to a cache line
        auto* first = memory.data();
        const auto address = reinterpret_cast<std::uintptr_t>(first);
        return first + (64 - address % 64) % 64 / sizeof(float);
    }
};

template <Module Network>
class Engine {
    static constexpr const auto& plan = inference_plan<Network>;
    static constexpr std::size_t tensors = plan.tensors.size();

  public:
    using WorkspaceType = Workspace<tensors>;

    /// Folds and packs the weights; the model is not needed afterwards.
    Engine(const float* parameters, const float* statistics) : packed_(plan.steps.size()), bias_(plan.steps.size()) {
        for (int i = 0; i < plan.step_count; ++i) pack(i, parameters, statistics);
    }

    /// Elements of the workspace for a picture of this shape.
    static std::size_t workspace_size(Shape input, int threads) {
        WorkspaceType workspace;
        lay_out(workspace, input, threads);
        return workspace.scratch + workspace.scratch_each * static_cast<std::size_t>(threads);
    }

    /// Makes room for pictures of this shape. Allocates only if there was less before.
    static void prepare(WorkspaceType& workspace, Shape input, int threads) {
        if (workspace.input == input && workspace.threads == threads) return;
        lay_out(workspace, input, threads);
        const std::size_t size =
            workspace.scratch + workspace.scratch_each * static_cast<std::size_t>(threads) + 64 / sizeof(float);
        if (workspace.memory.size() < size) workspace.memory.resize(size);
    }

    /// Restores every picture of a batch; the workspace is prepared for their shape.
    void infer(View<const float> input, View<float> output, WorkspaceType& workspace) const {
        float* memory = workspace.start();
        std::array<View<float>, tensors> maps;
        for (int i = 0; i < plan.tensor_count; ++i) {
            if (plan.tensor(i).channels == 0) continue;
            const auto root = static_cast<std::size_t>(plan.root(i));
            const MapLayout layout(workspace.shapes[root], plan.tensors[root].halo);
            const auto whole = map_view(memory + workspace.placement.offset[root], 1, workspace.shapes[root], layout);
            maps[static_cast<std::size_t>(i)] = view_in_root(plan, i, whole);
        }
        run_team(workspace.threads, [&](Team team) {
            for (int n = 0; n < input.batch; ++n)
                infer_one(input.pictures(n, 1), output.pictures(n, 1), maps, memory, workspace, team);
        });
    }

  private:
    // The step that may write straight into the caller's output: the last, if it is a convolution.
    static constexpr bool writes_output(const PlanStep& step) {
        const Role role = step.layer.info->traits.role;
        return step.output == plan.output && plan.root(plan.output) == plan.output &&
               (role == Role::convolution || role == Role::transposed_convolution);
    }
    static constexpr bool output_is_callers = [] {
        for (int i = 0; i < plan.step_count; ++i)
            if (writes_output(plan.step(i))) return true;
        return false;
    }();

    static void lay_out(WorkspaceType& workspace, Shape input, int threads) {
        workspace.input = input;
        workspace.threads = threads;
        workspace.shapes = find_shapes(plan, input);
        std::array<std::size_t, tensors> sizes{};
        for (int i = 0; i < plan.tensor_count; ++i) {
            if (plan.tensor(i).channels == 0 || plan.tensor(i).parent >= 0) continue;
            if (output_is_callers && i == plan.output) continue;
            const MapLayout layout(workspace.shapes[static_cast<std::size_t>(i)], plan.tensor(i).halo);
            sizes[static_cast<std::size_t>(i)] = static_cast<std::size_t>(layout.size);
        }
        workspace.placement = place(plan, sizes);
        workspace.scratch = workspace.placement.total;
        workspace.scratch_each = 0;
        for (int i = 0; i < plan.step_count; ++i)
            if (plan.step(i).pool) {
                const Shape before =
                    plan.step(i).layer.info->output(workspace.shapes[static_cast<std::size_t>(plan.step(i).input)]);
                const auto rows = static_cast<std::size_t>(2 * 8 * round_up(before.width, 2 * vector_width));
                if (rows > workspace.scratch_each) workspace.scratch_each = rows;
            }
    }

    // Batch norm is y = (x - mean) * s + shift with s = weight / sqrt(variance + epsilon), which goes into the
    // convolution before it: weights times s, and bias (b - mean) * s + shift.
    void pack(int index, const float* parameters, const float* statistics) {
        const PlanStep& step = plan.step(index);
        with_layer<Network>(step.layer.info, [&]<class L>() {
            if constexpr (Convolution<L>) {
                constexpr int out = L::geometry.out_channels;
                const float* weight = parameters + step.layer.parameters;
                std::vector<float> scale(out, 1.f);
                std::vector<float>& bias = bias_[static_cast<std::size_t>(index)];
                bias.assign(out, 0.f);
                if (L::bias)
                    bias.assign(weight + L::geometry.weight_count(), weight + L::geometry.weight_count() + out);
                if (step.batch_norm)
                    with_layer<Network>(step.batch_norm.info, [&]<class N>() {
                        if constexpr (N::traits.role == Role::batch_norm)
                            fold<N>(parameters + step.batch_norm.parameters, statistics + step.batch_norm.statistics,
                                    scale, bias);
                    });
                packed_[static_cast<std::size_t>(index)].resize(Kernel<Cpu, L>::forward_size);
                Kernel<Cpu, L>::pack_forward(weight, scale.data(), packed_[static_cast<std::size_t>(index)].data(),
                                             Team{});
            } else {
                // Layers that stand alone keep their parameters, then their statistics.
                auto& own = packed_[static_cast<std::size_t>(index)];
                own.assign(parameters + step.layer.parameters,
                           parameters + step.layer.parameters + step.layer.info->parameter_count);
                auto& running = bias_[static_cast<std::size_t>(index)];
                running.assign(statistics + step.layer.statistics,
                               statistics + step.layer.statistics + step.layer.info->statistic_count);
            }
        });
    }
    template <class N>
    static void fold(const float* weight, const float* statistics, std::vector<float>& scale,
                     std::vector<float>& bias) {
        const std::size_t channels = scale.size();
        for (std::size_t c = 0; c < channels; ++c) {
            const double s =
                static_cast<double>(weight[c]) / std::sqrt(static_cast<double>(statistics[channels + c]) + N::epsilon);
            scale[c] = static_cast<float>(s);
            bias[c] = static_cast<float>((static_cast<double>(bias[c]) - static_cast<double>(statistics[c])) * s +
                                         static_cast<double>(weight[channels + c]));
        }
    }

    void infer_one(View<const float> input, View<float> output, const std::array<View<float>, tensors>& maps,
                   float* memory, const WorkspaceType& workspace, Team team) const {
        const auto map = [&](int tensor) { return maps[static_cast<std::size_t>(tensor)]; };
        const auto halo = [&](int tensor) { return plan.tensor(plan.root(tensor)).halo; };
        bring_in(input, map(plan.input), team);
        clear_border(map(plan.input), halo(plan.input), team);
        team.barrier();
        for (int i = 0; i < plan.step_count; ++i) {
            const PlanStep& step = plan.step(i);
            const bool to_caller = output_is_callers && writes_output(step);
            const View<float> to = to_caller ? output : map(step.output);
            if (!to_caller) clear_border(to, halo(step.output), team);
            with_layer<Network>(step.layer.info, [&]<class L>() {
                if constexpr (Convolution<L>) {
                    convolve<L>(i, map(step.input), to, !to_caller, memory, workspace, team);
                } else {
                    Forward<float> call;
                    call.input = map(step.input);
                    if (step.other >= 0) call.other = map(step.other);
                    call.output = to;
                    call.parameters = packed_[static_cast<std::size_t>(i)].data();
                    call.statistics = bias_[static_cast<std::size_t>(i)].data();
                    Kernel<Cpu, L>::forward(call, team);
                }
            });
            team.barrier();
        }
        if (!output_is_callers) take_out(map(plan.output), output, team);
        team.barrier();
    }

    template <class L>
    void convolve(int index, View<const float> x, View<float> y, bool padded, float* memory,
                  const WorkspaceType& workspace, Team team) const {
        const PlanStep& step = plan.step(index);
        const float* weight = packed_[static_cast<std::size_t>(index)].data();
        Epilogue epilogue;
        epilogue.bias = bias_[static_cast<std::size_t>(index)].data();
        epilogue.padded = padded;
        if (step.rectifier) epilogue.negative_slope = step.rectifier.info->traits.negative_slope;
        const Interval rows = team.share(y.height);
        if (!step.pool) {
            Kernel<Cpu, L>::forward_rows(x, 0, weight, epilogue, y, rows.first, rows.last);
        } else if constexpr (L::traits.role == Role::convolution) {
            float* scratch =
                memory + workspace.scratch + workspace.scratch_each * static_cast<std::size_t>(team.thread);
            Kernel<Cpu, L>::forward_pool_rows(x, 0, weight, epilogue, L::output(x.shape()).width, y, rows.first,
                                              rows.last, scratch);
        }
    }

    // The caller's picture has no borders; the network's input has.
    static void bring_in(View<const float> from, View<float> to, Team team) {
        for_rows(team, from, [&](int n, int c, int i) {
            const float* source = from.row(n, c, i);
            float* target = to.row(n, c, i);
            for (int j = 0; j < from.width; ++j) target[j] = source[j];
            for (int j = from.width; j < round_up(from.width, vector_width); ++j) target[j] = 0;
        });
    }
    static void take_out(View<const float> from, View<float> to, Team team) {
        for_rows(team, from, [&](int n, int c, int i) {
            for (int j = 0; j < from.width; ++j) to.row(n, c, i)[j] = from.row(n, c, i)[j];
        });
    }

    std::vector<std::vector<float>> packed_;
    std::vector<std::vector<float>> bias_;
};

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

// Runs a network with the fast kernels: batch norms folded into weights, weights packed, steps fused, one parallel
// region.
#pragma once

#include <cmath>
#include <cstring>
#include <vector>

#include "depix/kernels/cpu/average_pool.hpp"
#include "depix/kernels/cpu/batch_norm.hpp"
#include "depix/kernels/cpu/conv_kernels.hpp"
#include "depix/kernels/cpu/dense.hpp"
#include "depix/kernels/cpu/dropout.hpp"
#include "depix/kernels/cpu/global_average_pool.hpp"
#include "depix/kernels/cpu/join.hpp"
#include "depix/kernels/cpu/leaky_relu.hpp"
#include "depix/kernels/cpu/max_pool.hpp"
#include "depix/kernels/cpu/pixel_shuffle.hpp"
#include "depix/kernels/cpu/relu.hpp"
#include "depix/kernels/cpu/scale.hpp"
#include "depix/kernels/cpu/sigmoid.hpp"
#include "depix/kernels/cpu/tanh.hpp"
#include "depix/kernels/cpu/upsample.hpp"
#include "depix/kernels/dispatch.hpp"
#include "depix/plan/place.hpp"
#include "depix/tensor.hpp"

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

/// The step that may write straight into the caller's output: the last, if it is a convolution. -1: there is none.
template <std::size_t T, std::size_t S>
constexpr int step_to_caller(const Plan<T, S>& plan) {
    for (int i = 0; i < plan.step_count; ++i) {
        const Role role = plan.step(i).layer.info->traits.role;
        const bool convolution = role == Role::convolution || role == Role::transposed_convolution;
        if (convolution && plan.step(i).output == plan.output && plan.root(plan.output) == plan.output) return i;
    }
    return -1;
}

/// Where everything lies for one input size, in floats from the start of the workspace.
template <std::size_t Tensors>
struct Layout {
    std::array<Shape, Tensors> shapes{};
    Placement<Tensors> placement;
    std::size_t scratch = 0;         ///< behind everything else, of each thread: rows to pool or shuffle
    std::size_t shared_scratch = 0;  ///< in the same place, of the team: what a kernel asks for

    constexpr std::size_t size(int threads) const {
        const std::size_t own = scratch * static_cast<std::size_t>(threads);
        return placement.total + (own > shared_scratch ? own : shared_scratch);
    }
};

/// Floats of scratch that each thread wants for a fused step: convolved rows of `width` before the next layer of it.
constexpr std::size_t row_scratch(const PlanStep& step, int width) {
    const int rows = step.pool ? 2 * largest_block : step.shuffle ? step.shuffle.info->traits.up * largest_block : 0;
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(round_up(width, 2 * vector_width));
}

template <Module Network>
constexpr auto make_layout(Shape input) {
    constexpr auto& plan = inference_plan<Network>;
    Layout<plan.tensors.size()> layout;
    layout.shapes = find_shapes(plan, input);
    std::array<std::size_t, plan.tensors.size()> sizes{};
    const int to_caller = step_to_caller(plan);
    for (int i = 0; i < plan.tensor_count; ++i) {
        if (plan.tensor(i).channels == 0 || plan.tensor(i).parent >= 0) continue;
        if (to_caller >= 0 && i == plan.output) continue;
        const MapLayout map(layout.shapes[static_cast<std::size_t>(i)], plan.tensor(i).halo);
        sizes[static_cast<std::size_t>(i)] = static_cast<std::size_t>(map.size);
    }
    layout.placement = place(plan, sizes);
    const auto raise = [](std::size_t& size, std::size_t to) { size = size < to ? to : size; };
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        const Shape shape = layout.shapes[static_cast<std::size_t>(step.input)];
        raise(layout.scratch, row_scratch(step, step.layer.info->output(shape).width));
    }
    layers_of<Network>::for_each([&]<class L>() {
        if constexpr (requires { Kernel<Cpu, L>::inference_scratch_size(); })
            raise(layout.shared_scratch, Kernel<Cpu, L>::inference_scratch_size());
    });
    return layout;
}

/// What one running inference works in.
template <Module Network>
struct Workspace {
    Shape input;
    int threads = 0;
    decltype(make_layout<Network>(Shape{})) layout{};
    AlignedMemory<float> memory;
};

/// A convolution's weights, packed, and biases. Batch norm is y = (x - mean) * s + shift with s = weight /
/// sqrt(variance + epsilon): the weights become w * s and the bias (b - mean) * s + shift. No batch norm: `norm` is
/// nullptr.
[[gnu::noinline]] inline void fold_and_pack(const ConvKernels& kernels, const float* weight, const float* norm,
                                            const float* statistics, double epsilon, std::vector<float>& packed,
                                            std::vector<float>& bias) {
    const auto out = static_cast<std::size_t>(kernels.geometry.out_channels);
    const float* own_bias = weight + kernels.geometry.weight_count();
    std::vector<float> scale(out, 1.f);
    bias.assign(out, 0.f);
    if (kernels.geometry.bias) bias.assign(own_bias, own_bias + out);
    for (std::size_t c = 0; norm && c < out; ++c) {
        const double mean = static_cast<double>(statistics[c]), variance = static_cast<double>(statistics[out + c]);
        const double s = static_cast<double>(norm[c]) / std::sqrt(variance + epsilon);
        scale[c] = static_cast<float>(s);
        bias[c] = static_cast<float>((static_cast<double>(bias[c]) - mean) * s + static_cast<double>(norm[out + c]));
    }
    packed.resize(kernels.forward_size());
    kernels.pack_forward(weight, scale.data(), packed.data(), Team{});
}

template <Module Network>
class Engine {
    static constexpr const auto& plan = inference_plan<Network>;
    static constexpr std::size_t tensors = plan.tensors.size();
    static constexpr int to_caller = step_to_caller(plan);

  public:
    using WorkspaceType = Workspace<Network>;

    /// Folds and packs the weights; the model is not needed afterwards.
    Engine(const float* parameters, const float* statistics) : packed_(plan.steps.size()), bias_(plan.steps.size()) {
        for (int i = 0; i < plan.step_count; ++i) pack(i, parameters, statistics);
    }

    /// Makes room for pictures of this shape. Allocates only if there was less before.
    static void prepare(WorkspaceType& workspace, Shape input, int threads) {
        if (workspace.input == input && workspace.threads == threads) return;
        workspace.input = input;
        workspace.threads = threads;
        workspace.layout = make_layout<Network>(input);
        workspace.memory.reserve(workspace.layout.size(threads));
    }

    /// Restores every picture of a batch; the workspace is prepared for their shape.
    void infer(View<const float> input, View<float> output, WorkspaceType& workspace) const {
        std::array<View<float>, tensors> maps;
        for (int i = 0; i < plan.tensor_count; ++i) {
            if (plan.tensor(i).channels == 0) continue;
            const auto root = static_cast<std::size_t>(plan.root(i));
            const Shape shape = workspace.layout.shapes[root];
            const auto whole = map_view(workspace.memory.data() + workspace.layout.placement.offset[root], 1, shape,
                                        MapLayout(shape, plan.tensors[root].halo));
            maps[static_cast<std::size_t>(i)] = view_in_root(plan, i, whole);
        }
        run_team(workspace.threads, [&](Team team) {
            float* scratch = workspace.memory.data() + workspace.layout.placement.total;
            for (int n = 0; n < input.batch; ++n)
                infer_one(input.pictures(n, 1), output.pictures(n, 1), maps, scratch, team);
        });
    }

  private:
    // What a step needs of the model: for a convolution its weights, packed, and biases, with the batch norm behind it
    // folded into both; for other layers their parameters and statistics as they are.
    void pack(int index, const float* parameters, const float* statistics) {
        const PlanStep& step = plan.step(index);
        const float* own = parameters + step.layer.parameters;
        auto& packed = packed_[static_cast<std::size_t>(index)];
        auto& bias = bias_[static_cast<std::size_t>(index)];
        const ConvKernels* kernels = nullptr;
        double epsilon = 0;
        with_layer<Network>(step.layer.info, [&]<class L>() {
            if constexpr (Convolution<L>) kernels = &Kernel<Cpu, L>::kernels;
        });
        with_layer<Network>(step.batch_norm.info, [&]<class L>() {
            if constexpr (L::traits.role == Role::batch_norm) epsilon = L::epsilon;
        });
        if (!kernels) {
            const float* running = statistics + step.layer.statistics;
            packed.assign(own, own + step.layer.info->parameter_count);
            bias.assign(running, running + step.layer.info->statistic_count);
        } else if (step.batch_norm) {
            fold_and_pack(*kernels, own, parameters + step.batch_norm.parameters,
                          statistics + step.batch_norm.statistics, epsilon, packed, bias);
        } else {
            fold_and_pack(*kernels, own, nullptr, nullptr, 0, packed, bias);
        }
    }

    void infer_one(View<const float> input, View<float> output, const std::array<View<float>, tensors>& maps,
                   float* scratch, Team team) const {
        const View<float>& first = maps[static_cast<std::size_t>(plan.input)];
        bring_in(input, first, team);
        clear_border(first, plan.tensor(plan.root(plan.input)).halo, team);
        team.barrier();
        for (int i = 0; i < plan.step_count; ++i) {
            run_step(i, output, maps, scratch, team);
            team.barrier();
        }
        if (to_caller < 0) take_out(maps[static_cast<std::size_t>(plan.output)], output, team);
        team.barrier();
    }

    // A function of its own, whose `index` g++ 12 does not try to know: inlined into the loop above it warns of array
    // bounds that no step exceeds.
    [[gnu::noinline]] void run_step(int index, const View<float>& output, const std::array<View<float>, tensors>& maps,
                                    float* scratch, Team team) const {
        const PlanStep& step = plan.step(index);
        const auto map = [&](int tensor) { return maps[static_cast<std::size_t>(tensor)]; };
        const View<float> to = index == to_caller ? output : map(step.output);
        if (index != to_caller) clear_border(to, plan.tensor(plan.root(step.output)).halo, team);
        with_layer<Network>(step.layer.info, [&]<class L>() {
            if constexpr (Convolution<L>) {
                convolve(Kernel<Cpu, L>::kernels, index, map(step.input), to, scratch, team);
            } else {
                Forward<float> call;
                call.input = map(step.input);
                if (step.other >= 0) call.other = map(step.other);
                call.output = to;
                call.parameters = packed_[static_cast<std::size_t>(index)].data();
                call.statistics = bias_[static_cast<std::size_t>(index)].data();
                call.scratch = scratch;
                Kernel<Cpu, L>::forward(call, team);
            }
        });
    }

    void convolve(const ConvKernels& kernels, int index, View<const float> x, View<float> y, float* scratch,
                  Team team) const {
        const PlanStep& step = plan.step(index);
        const float* weight = packed_[static_cast<std::size_t>(index)].data();
        const int padding = kernels.geometry.padding_before;
        Epilogue epilogue;
        epilogue.bias = bias_[static_cast<std::size_t>(index)].data();
        epilogue.padded = index != to_caller;
        if (step.rectifier) epilogue.negative_slope = step.rectifier.info->traits.negative_slope;
        const Shape convolved = step.layer.info->output(x.shape());
        const Interval rows = team.share(step.shuffle ? convolved.height : y.height);
        scratch += row_scratch(step, convolved.width) * static_cast<std::size_t>(team.thread);
        if (step.pool)
            kernels.forward_pool_rows(x, 0, weight, padding, epilogue, convolved.width, y, rows.first, rows.last,
                                      scratch);
        else if (step.shuffle)
            conv_shuffle_rows(kernels, x, weight, epilogue, step.shuffle.info->traits.up, convolved.width, y,
                              rows.first, rows.last, scratch);
        else
            kernels.forward_rows(x, 0, weight, padding, epilogue, y, rows.first, rows.last);
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

// Runs a network with the fast kernels. Batch norms are folded into weights, weights are packed, steps are fused, and
// there is one parallel region.
#pragma once

#include <utility>
#include <vector>

#include "depix/kernels/cpu/average_pool.hpp"
#include "depix/kernels/cpu/batch_norm.hpp"
#include "depix/kernels/cpu/channel_scale.hpp"
#include "depix/kernels/cpu/crop.hpp"
#include "depix/kernels/cpu/dense.hpp"
#include "depix/kernels/cpu/dropout.hpp"
#include "depix/kernels/cpu/edge_padding.hpp"
#include "depix/kernels/cpu/elementwise.hpp"
#include "depix/kernels/cpu/global_average_pool.hpp"
#include "depix/kernels/cpu/group_norm.hpp"
#include "depix/kernels/cpu/interpolate.hpp"
#include "depix/kernels/cpu/join.hpp"
#include "depix/kernels/cpu/layer_norm.hpp"
#include "depix/kernels/cpu/layout.hpp"
#include "depix/kernels/cpu/max_pool.hpp"
#include "depix/kernels/cpu/pixel_shuffle.hpp"
#include "depix/kernels/cpu/pixel_unshuffle.hpp"
#include "depix/kernels/cpu/prelu.hpp"
#include "depix/kernels/cpu/simple_gate.hpp"
#include "depix/kernels/cpu/softmax.hpp"
#include "depix/kernels/cpu/upsample.hpp"
#include "depix/kernels/dispatch.hpp"
#include "depix/kernels/fold_batch_norm.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

template <Module Network>
class Engine {
    static constexpr const auto& plan = inference_plan<Network>;
    static constexpr std::size_t tensors = plan.tensors.size();
    static constexpr int to_caller = step_to_caller(plan);

  public:
    using WorkspaceType = Workspace<Network>;

    /// Folds and packs the weights; the model is not needed afterwards.
    Engine(const float* parameters, const float* statistics) : steps_(plan.steps.size()) {
        for (int i = 0; i < plan.step_count; ++i) prepare_step(i, parameters, statistics);
    }

    /// Makes room for pictures of this shape. Allocates only if there was less room before.
    static void prepare(WorkspaceType& workspace, Shape input, int threads) {
        if (workspace.input == input && workspace.threads == threads) return;
        workspace.input = input;
        workspace.threads = threads;
        workspace.layout = make_layout<Network>(input, threads);
        workspace.memory.reserve(workspace.layout.size(threads));
    }

    /// Restores every picture of a batch. The workspace must be prepared for their shape.
    void infer(View<const float> input, View<float> output, WorkspaceType& workspace) const {
        const Places places = find_places(workspace);
        run_team(workspace.threads, [&](Team team) {
            for (int n = 0; n < input.batch; ++n) {
                if (n > 0) team.barrier();  // the maps still belong to the preceding picture
                infer_one(input.images(n, 1), output.images(n, 1), places, team);
            }
        });
    }

    /// Restores one picture, and calls after_step(i, result of step i) after each step of the plan. Every step is a
    /// parallel region of its own, so that after_step runs on the calling thread and may throw.
    template <class AfterStep>
    void infer_by_steps(View<const float> input, View<float> output, WorkspaceType& workspace,
                        AfterStep&& after_step) const {
        const Places places = find_places(workspace);
        const int threads = workspace.threads;
        run_team(threads, [&](Team team) {
            copy_input(input, places.map(plan.input), team);
            places.clear_border_of(plan.input, team);
        });
        for (int i = 0; i < plan.step_count; ++i) {
            run_team(threads, [&](Team team) { run_step(i, output, places, team); });
            after_step(i, View<const float>(i == to_caller ? output : places.map(plan.step(i).output)));
        }
        if (to_caller < 0) run_team(threads, [&](Team team) { copy_output(places.map(plan.output), output, team); });
    }

  private:
    // Where the maps of a picture lie, and scratch.
    struct Places {
        std::array<View<float>, tensors> maps;
        float* scratch = nullptr;
        bool bordered = false;  // whether every map has zeros around it that nothing overwrites

        const View<float>& map(int tensor) const { return maps[static_cast<std::size_t>(tensor)]; }
        void clear_border_of(int tensor, Team team) const {
            if (!bordered) clear_border(map(tensor), plan.tensor(plan.root(tensor)).halo, team);
        }
    };

    static Places find_places(WorkspaceType& workspace) {
        Places places;
        for (int i = 0; i < plan.tensor_count; ++i) {
            if (plan.tensor(i).channels == 0) continue;
            const auto root = static_cast<std::size_t>(plan.root(i));
            const Shape shape = workspace.layout.shapes[root];
            const auto whole = map_view(workspace.memory.data() + workspace.layout.placement.offset[root], 1, shape,
                                        MapLayout(shape, plan.tensors[root].halo, workspace.layout.order));
            places.maps[static_cast<std::size_t>(i)] = view_in_root(plan, i, whole);
        }
        places.scratch = workspace.memory.data() + workspace.layout.placement.total;
        places.bordered = workspace.layout.apart;
        return places;
    }

    // A step, ready to run: what was decided when the network was prepared, and what it needs of the model.
    struct PreparedStep {
        Algorithm algorithm = Algorithm::Taps;  // of a convolution
        // A convolution's weights are packed for its algorithm, and its batch norm is folded into weights and bias.
        // Other layers' weights are unchanged, and their bias holds their statistics.
        std::vector<float> weights;
        std::vector<float> bias;
        kernels::Rectifier rectifier;
        std::vector<float> norm;  // weights and biases of a norm in front of the convolution
        float norm_epsilon = 0;
        // The formula of an activation that is not a rectifier. It works in place on rows [first, last) of y.
        RowsFormula activation = nullptr;
        float low = Epilogue{}.low, high = Epilogue{}.high;  // instead of it: the limits of a Clamp
    };

    const PreparedStep& prepared(int index) const { return steps_[static_cast<std::size_t>(index)]; }

    void prepare_step(int index, const float* parameters, const float* statistics) {
        const PlanStep& step = plan.step(index);
        const float* own = parameters + step.layer.parameters;
        PreparedStep& prepared = steps_[static_cast<std::size_t>(index)];
        prepared.algorithm = inference_algorithms<Network>[static_cast<std::size_t>(index)];
        prepared.rectifier = find_rectifier(step, parameters);
        const ConvKernels* kernels = nullptr;
        with_layer<Network>(step.layer.info, [&]<class L>() {
            if constexpr (Convolution<L>) kernels = &kernels::Kernel<Cpu, L>::kernels;
        });
        if (step.norm)
            with_layer<Network>(step.norm.info, [&]<class L>() {
                if constexpr (L::traits.role == Role::PixelNorm) {
                    const float* norm = parameters + step.norm.parameters;
                    prepared.norm.assign(norm, norm + step.norm.info->parameter_count);
                    prepared.norm_epsilon = static_cast<float>(L::epsilon);
                }
            });
        if (step.activation && !step.has_rectifier())
            with_layer<Network>(step.activation.info, [&]<class L>() {
                if constexpr (L::traits.role == Role::Activation) prepared.activation = &elementwise_rows<L>;
                if constexpr (requires { L::is_clamp; })
                    if (kernels && kernels->has_limits(prepared.algorithm)) {
                        prepared.activation = nullptr;
                        prepared.low = L::lower;
                        prepared.high = L::upper;
                    }
            });
        if (!kernels) {
            const float* running = statistics + step.layer.statistics;
            prepared.weights.assign(own, own + step.layer.info->parameter_count);
            prepared.bias.assign(running, running + step.layer.info->statistic_count);
        } else {
            FoldedBatchNorm folded = fold_batch_norm<Network>(step, kernels->geometry, parameters, statistics);
            prepared.weights.resize(kernels->forward_size(prepared.algorithm));
            kernels->pack_forward(prepared.algorithm, own, folded.scale.data(), prepared.weights.data(), Team{});
            prepared.bias = std::move(folded.bias);
        }
    }

    void infer_one(View<const float> input, View<float> output, const Places& places, Team team) const {
        copy_input(input, places.map(plan.input), team);
        places.clear_border_of(plan.input, team);
        for (int i = 0; i < plan.step_count; ++i) {
            team.barrier();  // a step reads what all threads have written
            run_step(i, output, places, team);
        }
        if (to_caller >= 0) return;
        team.barrier();
        copy_output(places.map(plan.output), output, team);
    }

    // This is not inlined, so that g++ 12 does not deduce values of `index`. Inlined into the loop above, it gives
    // warnings of array bounds that no step exceeds. In a network of one step it warns here, unless the index is known.
    [[gnu::noinline]] void run_step(int index, const View<float>& output, const Places& places, Team team) const {
        if (plan.step_count == 1) index = 0;
        const PlanStep& step = plan.step(index);
        const View<float> to = index == to_caller ? output : places.map(step.output);
        if (index != to_caller) places.clear_border_of(step.output, team);
        with_layer<Network>(step.layer.info, [&]<class L>() {
            if constexpr (Convolution<L>) {
                convolve(kernels::Kernel<Cpu, L>::kernels, index, places.map(step.input), to, places.scratch, team);
            } else {
                kernels::Forward<float> call;
                call.input = places.map(step.input);
                if (step.other >= 0) call.other = places.map(step.other);
                call.output = to;
                call.parameters = prepared(index).weights.data();
                call.statistics = prepared(index).bias.data();
                call.scratch = places.scratch;
                kernels::Kernel<Cpu, L>::forward(call, team);
            }
        });
    }

    void convolve(const ConvKernels& kernels, int index, View<const float> x, View<float> y, float* scratch,
                  Team team) const {
        const PlanStep& step = plan.step(index);
        const PreparedStep& ready = prepared(index);
        const float* weight = ready.weights.data();
        const int padding = kernels.geometry.padding_before;
        Epilogue epilogue;
        epilogue.bias = ready.bias.data();
        epilogue.padded = index != to_caller;
        epilogue.rectifier = ready.rectifier;
        epilogue.low = ready.low;
        epilogue.high = ready.high;
        const Shape convolved = step.layer.info->output(x.shape());
        if (ready.algorithm == Algorithm::Winograd || ready.algorithm == Algorithm::StridedWinograd) {
            const auto tiles = step.pool      ? &winograd_tiles<WinogradStore::Pooled>
                               : step.shuffle ? &winograd_tiles<WinogradStore::Shuffled>
                                              : &winograd_tiles<WinogradStore::Plain>;
            if (ready.algorithm == Algorithm::Winograd)
                tiles(x, weight, kernels.winograd_forward(), epilogue, y, team, scratch);
            else
                strided_winograd(x, weight, kernels.strided_forward(), epilogue, y, team, scratch);
            if (!ready.activation) return;
            team.barrier();  // above, threads share tiles; below, they share rows
            const Part rows = team.share(y.height);
            return ready.activation(y, rows.first, rows.last, epilogue.padded);
        }
        scratch +=
            step_scratch(kernels, step, ready.algorithm, convolved.width) * static_cast<std::size_t>(team.thread);
        const auto compute = [&](int first, int last) {
            if (ready.algorithm == Algorithm::Upsampled)
                upsampled_conv_rows(x, weight, kernels.upsampled(), epilogue, y, {first, last}, scratch);
            else if (step.pool)
                kernels.forward_pool_rows(x, 0, weight, padding, epilogue, convolved.width, y, first, last, scratch);
            else if (step.shuffle)
                conv_shuffle_rows(kernels, x, weight, epilogue, step.shuffle.info->traits.up, convolved.width, y, first,
                                  last, scratch);
            else
                kernels.rows(ready.algorithm)(x, 0, weight, padding, epilogue, y, first, last);
        };
        if (ready.algorithm == Algorithm::Pointwise) {
            const Part rows = team.share(y.height);
            return pointwise_rows(x, weight, {epilogue, ready.activation, y},
                                  {step.norm ? ready.norm.data() : nullptr, ready.norm_epsilon}, rows.first, rows.last,
                                  scratch);
        }
        const int height = step.upsample ? x.height : step.shuffle ? convolved.height : y.height;
        const Part rows = team.share(height);
        if (!ready.activation) return compute(rows.first, rows.last);
        // The work is done band by band, so that the rows are still in the second-level cache when the formula is
        // applied.
        const int up = y.height / height, band = band_rows(y.channels, y.width, up);
        for (int top = rows.first; top < rows.last; top += band) {
            const int bottom = (std::min)(top + band, rows.last);
            compute(top, bottom);
            ready.activation(y, top * up, bottom * up, epilogue.padded);
        }
    }

    // The caller's picture has no borders; the network's input has.
    static void copy_input(View<const float> from, View<float> to, Team team) {
        for_rows(team, from, [&](int n, int c, int i) {
            const float* source = from.row(n, c, i);
            float* target = to.row(n, c, i);
            for (int j = 0; j < from.width; ++j) target[j] = source[j];
            for (int j = from.width; j < round_up(from.width, vector_width); ++j) target[j] = 0;
        });
    }
    static void copy_output(View<const float> from, View<float> to, Team team) {
        for_rows(team, from, [&](int n, int c, int i) {
            for (int j = 0; j < from.width; ++j) to.row(n, c, i)[j] = from.row(n, c, i)[j];
        });
    }

    std::vector<PreparedStep> steps_;
};

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

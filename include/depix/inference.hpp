// Inference<Network, Backend>: restores pictures with the weights of a model.
#pragma once

#include <concepts>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/kernels/cpu/engine.hpp"
#include "depix/kernels/reference/engine.hpp"
#include "depix/model.hpp"
#include "depix/model_part.hpp"
#include "depix/plan/check.hpp"
#include "depix/tensor.hpp"

namespace depix {

namespace detail {

// What Inference needs of a backend: a WorkspaceType and its size in bytes, `prepare` and `infer`; for observe.hpp also
// `infer_by_steps`.
template <class Backend, Module Network, class T>
struct InferenceEngine;

template <Module Network, class T>
struct InferenceEngine<Reference, Network, T> {
    static constexpr const auto& plan = reference::inference_plan<Network>;

    struct WorkspaceType {
        Shape input;
        decltype(reference::make_layout<Network>(Shape{})) layout{};
        std::vector<T> memory;
    };
    std::vector<T> parameters, statistics;

    InferenceEngine(const T* first_parameter, const T* first_statistic, std::size_t parameter_count,
                    std::size_t statistic_count)
        : parameters(first_parameter, first_parameter + parameter_count),
          statistics(first_statistic, first_statistic + statistic_count) {}

    static constexpr std::size_t workspace_bytes(Shape input, int) {
        return reference::make_layout<Network>(input).placement.total * sizeof(T);
    }
    static constexpr std::size_t workspace_lower_bound(Shape input, int) {
        return reference::make_layout<Network>(input).placement.lower_bound * sizeof(T);
    }
    static void prepare(WorkspaceType& workspace, Shape input, int /*batch*/, int /*threads*/) {
        if (workspace.input == input) return;
        workspace.input = input;
        workspace.layout = reference::make_layout<Network>(input);
        if (workspace.memory.size() < workspace.layout.placement.total)
            workspace.memory.resize(workspace.layout.placement.total);
    }
    void infer(View<const T> input, View<T> output, WorkspaceType& workspace) const {
        for (int n = 0; n < input.batch; ++n)
            reference::infer<Network, T>(workspace.layout, parameters.data(), statistics.data(), input.images(n, 1),
                                         output.images(n, 1), workspace.memory.data());
    }
    template <class AfterStep>
    void infer_by_steps(View<const T> input, View<T> output, WorkspaceType& workspace, AfterStep&& after_step) const {
        reference::infer_by_steps<Network, T>(workspace.layout, parameters.data(), statistics.data(), input, output,
                                              workspace.memory.data(), after_step);
    }
};

template <Module Network>
struct InferenceEngine<Cpu, Network, float> : cpu::Engine<Network> {
    static constexpr const auto& plan = cpu::inference_plan<Network>;

    InferenceEngine(const float* parameters, const float* statistics, std::size_t, std::size_t)
        : cpu::Engine<Network>(parameters, statistics) {}

    static constexpr std::size_t workspace_bytes(Shape input, int threads) {
        return cpu::make_layout<Network>(input, threads).size(threads) * sizeof(float);
    }
    static constexpr std::size_t workspace_lower_bound(Shape input, int threads) {
        const auto layout = cpu::make_layout<Network>(input, threads);
        return (layout.size(threads) - layout.placement.total + layout.placement.lower_bound) * sizeof(float);
    }
    // The pictures of a batch are restored one after another.
    static void prepare(cpu::Workspace<Network>& workspace, Shape input, int /*batch*/, int threads) {
        cpu::Engine<Network>::prepare(workspace, input, threads);
    }
};

}  // namespace detail

/// The bytes of workspace that one running inference uses, besides weights, input and output. The number is exact.
template <Module Network, class Backend = Cpu, class T = float>
constexpr std::size_t workspace_bytes(Shape input, int threads = 1) {
    return detail::InferenceEngine<Backend, Network, T>::workspace_bytes(input, threads);
}

/// The lower bound for any placement of the same maps: the largest sum of the maps that are alive at one step, and each
/// thread's own scratch. Cpu takes more where several threads share small maps (keeps_apart in kernels/cpu/layout.hpp).
template <Module Network, class Backend = Cpu, class T = float>
constexpr std::size_t workspace_lower_bound(Shape input, int threads = 1) {
    return detail::InferenceEngine<Backend, Network, T>::workspace_lower_bound(input, threads);
}

/// A network, ready to restore pictures of any size that is a multiple of Network::size_multiple.
///
///     Inference<Depixelizer, Cpu> restore{model};   // folds batch norms, packs weights; no longer needs the model
///     Image clean = restore(read_image("pixeled.png"));
///
/// Several threads may make const calls at the same time, because each call takes a workspace of its own. The workspace
/// is kept for the next call. After the first call with a shape (or `prepare`), calls that write into the caller's
/// memory allocate nothing.
template <Module Network, class Backend = Cpu, class T = float>
class Inference {
    using Engine = detail::InferenceEngine<Backend, Network, T>;
    using Workspace = typename Engine::WorkspaceType;

  public:
    /// `threads` is the number of threads of each call; 0 means as many as OpenMP would use.
    explicit Inference(const Model<Network, T>& model, int threads = 0)
        : Inference(model.parameters(), model.statistics(), threads) {}
    /// A part of a model: Inference{part<"encoder">(model)}.
    explicit Inference(const ModelPart<Network, T>& part, int threads = 0)
        : Inference(part.parameters(), part.statistics(), threads) {}
    /// What a backend of another precision takes, such as a Quantized<Network>.
    template <class Weights>
    requires std::constructible_from<Engine, const Weights&>
    explicit Inference(const Weights& weights, int threads = 0)
        : engine_(weights), threads_(threads > 0 ? threads : cpu::default_threads()) {}

    /// The shape that a picture of this shape becomes. Throws ShapeError if the network cannot take it.
    static Shape output_shape(Shape input) { return depix::output_shape<Network>(input); }

    /// The bytes of workspace that a call with a picture of this shape uses, besides weights, input and output.
    std::size_t workspace_bytes(Shape input) const {
        return depix::workspace_bytes<Network, Backend, T>(input, threads_);
    }

    /// Allocates the workspace for pictures of this shape (on Cuda, for batches of this size), so that calls of `run`
    /// with them allocate nothing.
    void prepare(Shape input, int batch = 1) const {
        output_shape(input);
        give_back(take(input, batch));
    }

    /// Restores a batch: input is (N, C, H, W) and output (N, C', H', W'). They must not overlap. Throws ShapeError.
    void run(View<const T> input, View<T> output) const {
        const Shape expected = output_shape(input.shape());
        if (output.shape() != expected || output.batch != input.batch)
            detail::fail(ShapeError("depix: restoring " + std::to_string(input.batch) + " pictures of " +
                                    to_string(input.shape()) + " gives " + to_string(expected) +
                                    " each, but the output has " + std::to_string(output.batch) + " of " +
                                    to_string(output.shape())));
        run_checked(input, output);
    }

    /// Restores one picture into an output of output_shape(input.shape()), and calls after_step(i, View<const T> of the
    /// result) after each step of the backend's plan. observe.hpp gives the steps names.
    template <class AfterStep>
    void run_by_steps(View<const T> input, View<T> output, AfterStep&& after_step) const {
        auto workspace = take(input.shape(), 1);
        engine_.infer_by_steps(input, output, *workspace, after_step);
        give_back(std::move(workspace));
    }

    /// Restores one picture.
    Image operator()(const Image& image) const requires std::same_as<T, float> {
        Image restored(output_shape(image.shape));
        run_checked(image.view(), restored.view());
        return restored;
    }
    /// Restores a batch: a view, a Tensor, or any library's contiguous 4-D array.
    template <class Batch>
    Tensor<T> operator()(const Batch& batch) const {
        const View<const T> input = as_view(batch);
        Tensor<T> restored(input.batch, output_shape(input.shape()));
        run_checked(input, restored.view());
        return restored;
    }

  private:
    Inference(std::span<const T> parameters, std::span<const T> statistics, int threads)
        : engine_(parameters.data(), statistics.data(), parameters.size(), statistics.size()),
          threads_(threads > 0 ? threads : cpu::default_threads()) {}

    // The shapes are known to fit.
    void run_checked(View<const T> input, View<T> output) const {
        auto workspace = take(input.shape(), input.batch);
        engine_.infer(input, output, *workspace);
        give_back(std::move(workspace));
    }
    std::unique_ptr<Workspace> take(Shape input, int batch) const {
        std::unique_ptr<Workspace> workspace;
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                workspace = std::move(idle_.back());
                idle_.pop_back();
            }
        }
        if (!workspace) workspace = std::make_unique<Workspace>();
        engine_.prepare(*workspace, input, batch, threads_);
        return workspace;
    }
    void give_back(std::unique_ptr<Workspace> workspace) const {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(workspace));
    }

    Engine engine_;
    int threads_;
    mutable std::mutex mutex_;
    mutable std::vector<std::unique_ptr<Workspace>> idle_;
};

}  // namespace depix

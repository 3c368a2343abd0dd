// Inference<Network, Cuda>: batch norms are folded, steps are fused, all memory is one allocation, a call is one graph.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "depix/inference.hpp"
#include "depix/kernels/cuda/layers.cuh"
#include "depix/kernels/cuda/one_kernel.cuh"
#include "depix/kernels/dispatch.hpp"
#include "depix/kernels/fold_batch_norm.hpp"
#include "depix/plan/passes.hpp"
#include "depix/plan/place.hpp"

namespace depix::cuda {

/// Steps are fused as for Cpu, but an Upsample stays a step of its own.
template <Module Network>
inline constexpr auto inference_plan = find_lifetimes(
    alias_in_place(alias_concatenations(fuse(flatten<Network>(), {.activations = false, .scales = false}))));

/// Where everything is stored for one size of batch, in elements. The maps come first. They are followed, in float32,
/// by the batch that came from the host, the batch that goes back to it, and scratch.
template <std::size_t Tensors>
struct Layout {
    std::array<Shape, Tensors> shapes{};
    Placement<Tensors> placement;
    std::size_t input = 0;  ///< floats
    std::size_t output = 0;
    std::size_t scratch = 0;

    template <class Storage>
    constexpr std::size_t bytes() const {
        return placement.total * sizeof(Storage) + (input + output + scratch) * sizeof(float);
    }
};

/// If maps are float32, the network's input is the batch that came from the host and its output is the batch that goes
/// back, wherever possible (close_sizes of plan/place.hpp). In 16 bits both are converted.
template <Module Network, class Backend>
constexpr auto make_layout(Shape input, int batch) {
    constexpr auto& plan = inference_plan<Network>;
    constexpr bool direct = std::is_same_v<typename Backend::Storage, float>;
    Layout<plan.tensors.size()> layout;
    layout.shapes = find_shapes(plan, input);
    auto sizes = close_sizes(plan, input);
    const auto place_too = [&](int tensor) {
        if (plan.root(tensor) == tensor)
            sizes[static_cast<std::size_t>(tensor)] = layout.shapes[static_cast<std::size_t>(tensor)].size();
    };
    if (!direct) {
        place_too(plan.input);
        place_too(plan.root(plan.output));
    }
    for (std::size_t& size : sizes) size = align(size * static_cast<std::size_t>(batch));
    layout.placement = place(plan, sizes);
    layout.input = align(static_cast<std::size_t>(batch) * input.size());
    layout.output = align(static_cast<std::size_t>(batch) * Network::output(input).size());
    for (int i = 0; i < plan.step_count; ++i)
        with_layer<Network>(plan.step(i).layer.info, [&]<class L>() {
            if constexpr (requires { kernels::Kernel<Backend, L>::inference_scratch_size(batch, input); }) {
                const Shape shape = layout.shapes[static_cast<std::size_t>(plan.step(i).input)];
                const std::size_t size = align(kernels::Kernel<Backend, L>::inference_scratch_size(batch, shape));
                layout.scratch = layout.scratch < size ? size : layout.scratch;
            }
        });
    return layout;
}

/// The workspace of one running inference: its memory, and all of its work as one graph.
template <Module Network, class Backend>
struct Workspace {
    Shape input;
    int batch = 0;
    decltype(make_layout<Network, Backend>(Shape{}, 1)) layout{};
    Memory<unsigned char> memory;
    PinnedMemory<float> host_input, host_output;
    Stream stream;
    Graph graph;
};

}  // namespace depix::cuda

namespace depix::detail {

template <Module Network, class Precision>
struct InferenceEngine<CudaWith<Precision>, Network, float> {
    using Backend = CudaWith<Precision>;
    using WorkspaceType = cuda::Workspace<Network, Backend>;
    using OneKernel = cuda::OneKernel<Network>;
    static constexpr const auto& plan = cuda::inference_plan<Network>;

    InferenceEngine(const float* parameters, const float* statistics, std::size_t, std::size_t) {
        cuda::require_device();
        std::vector<float> values;
        for (int i = 0; i < plan.step_count; ++i) pack(plan.step(i), parameters, statistics, values);
        if constexpr (OneKernel::possible) {
            if (OneKernel::fits()) {
                const std::vector<float> packed = OneKernel::pack(parameters, statistics);
                one_kernel_ = append(values, packed.data(), packed.size());
            }
        }
        weights_.reserve(values.size() + 1);
        const cuda::Stream stream;
        cuda::upload(stream, values.data(), weights_.data(), values.size());
        stream.wait();
    }

    static constexpr std::size_t workspace_bytes(Shape input, int) {
        return cuda::make_layout<Network, Backend>(input, 1).template bytes<cuda::StorageOf<Precision>>();
    }
    static constexpr std::size_t workspace_lower_bound(Shape input, int) {
        auto layout = cuda::make_layout<Network, Backend>(input, 1);
        layout.placement.total = layout.placement.lower_bound;
        return layout.template bytes<cuda::StorageOf<Precision>>();
    }

    /// Makes room for batches of so many pictures of this shape, and captures the graph of all work on one batch.
    void prepare(WorkspaceType& workspace, Shape input, int batch, int /*threads*/) const {
        if (workspace.input == input && workspace.batch == batch) return;
        workspace.batch = 0;  // in case anything below throws
        workspace.layout = cuda::make_layout<Network, Backend>(input, batch);
        workspace.memory.reserve(workspace.layout.template bytes<cuda::StorageOf<Precision>>());
        const std::size_t images = static_cast<std::size_t>(batch);
        workspace.host_input.reserve(images * input.size());
        workspace.host_output.reserve(images * Network::output(input).size());
        workspace.input = input;
        workspace.graph = cuda::Graph::capture(workspace.stream, [&] {
            cuda::upload(workspace.stream, workspace.host_input.data(), input_floats(workspace), images * input.size());
            enqueue(workspace, batch);
            cuda::download(workspace.stream, static_cast<const float*>(output_floats(workspace)),
                           workspace.host_output.data(), images * Network::output(input).size());
        });
        workspace.batch = batch;
    }

    /// Restores a batch: copies it to the device, runs the network, and copies the result to the host.
    void infer(View<const float> input, View<float> output, WorkspaceType& workspace) const {
        cuda::copy_on_host(input, View<float>(workspace.host_input.data(), input.batch, input.shape()));
        workspace.graph.launch(workspace.stream);
        workspace.stream.wait();
        cuda::copy_on_host(View<const float>(workspace.host_output.data(), output.batch, output.shape()), output);
    }

    /// Queues the network alone, for a batch that is already in the workspace at input_floats. The result is written to
    /// output_floats. Returns at once.
    void enqueue(WorkspaceType& workspace, int batch) const {
        const Shape shape = workspace.input;
        const View<float> from(input_floats(workspace), batch, shape);
        const View<float> to(output_floats(workspace), batch, Network::output(shape));
        if constexpr (OneKernel::possible)
            if (one_kernel_) return OneKernel::run(workspace.stream, from, weights_.data() + *one_kernel_, to);
        const auto memory = [&](int tensor) { return view(workspace, batch, tensor); };
        if (!is_callers(plan.input)) cuda::copy(workspace.stream, View<const float>(from), memory(plan.input));
        for (int i = 0; i < plan.step_count; ++i) run_step(i, memory, workspace);
        if (!is_callers(plan.output))
            cuda::copy(workspace.stream, View<const cuda::StorageOf<Precision>>(memory(plan.output)), to);
    }
    static float* input_floats(const WorkspaceType& workspace) {
        return reinterpret_cast<float*>(workspace.memory.data() +
                                        workspace.layout.placement.total * sizeof(cuda::StorageOf<Precision>));
    }
    static float* output_floats(const WorkspaceType& workspace) {
        return input_floats(workspace) + workspace.layout.input;
    }

  private:
    // Where the values of one step are among the weights on the device.
    struct StepWeights {
        std::size_t first = 0;   // a convolution's weights; other layers: parameters
        std::size_t second = 0;  // a convolution's biases; other layers: running statistics
        kernels::Rectifier rectifier{};
    };

    static std::size_t append(std::vector<float>& values, const float* first, std::size_t count) {
        const std::size_t place = values.size();
        values.insert(values.end(), first, first + count);
        values.resize(cuda::align(values.size()));
        return place;
    }

    void pack(const PlanStep& step, const float* parameters, const float* statistics, std::vector<float>& values) {
        StepWeights weights;
        const float* own = parameters + step.layer.parameters;
        weights.rectifier = find_rectifier(step, parameters);
        weights.first = append(values, own, step.layer.info->parameter_count);
        weights.second = append(values, statistics + step.layer.statistics, step.layer.info->statistic_count);
        with_layer<Network>(step.layer.info, [&]<class L>() {
            if constexpr (Convolution<L>) {
                const FoldedBatchNorm folded = fold_batch_norm<Network>(step, L::geometry, parameters, statistics);
                scale_weights<L>(values.data() + weights.first, folded.scale);
                weights.second = append(values, folded.bias.data(), folded.bias.size());
            }
        });
        steps_[static_cast<std::size_t>(&step - plan.steps.data())] = weights;
    }

    // Conv's weights are (Out, In / Groups, KH, KW), ConvTranspose's (In, Out, K, K).
    template <class L>
    static void scale_weights(float* weight, const std::vector<float>& scale) {
        constexpr ConvGeometry g = L::geometry;
        constexpr std::size_t window = static_cast<std::size_t>(g.taps());
        constexpr bool transposed = L::traits.role == Role::TransposedConvolution;
        constexpr auto inputs = static_cast<std::size_t>(g.group_in()),
                       outputs = static_cast<std::size_t>(g.group_out());
        for (std::size_t i = 0; i < g.weight_count(); ++i) {
            const std::size_t first = i / window / outputs / inputs * outputs;  // of the group, if transposed
            weight[i] *= scale[transposed ? first + i / window % outputs : i / window / inputs];
        }
    }

    // Whether the tensor is in the caller's batch: the one that came from the host, or the one that goes back to it.
    static constexpr bool is_callers(int tensor) {
        if (!std::is_same_v<cuda::StorageOf<Precision>, float>) return false;
        const int root = plan.root(tensor);
        return tensor == plan.input ? root == plan.input : root == output_root(plan);
    }

    View<cuda::StorageOf<Precision>> view(const WorkspaceType& workspace, int batch, int tensor) const {
        const int root = plan.root(tensor);
        const auto index = static_cast<std::size_t>(root);
        cuda::StorageOf<Precision>* memory = reinterpret_cast<cuda::StorageOf<Precision>*>(workspace.memory.data()) +
                                             workspace.layout.placement.offset[index];
        if constexpr (std::is_same_v<cuda::StorageOf<Precision>, float>) {
            if (root == plan.input && is_callers(plan.input)) memory = input_floats(workspace);
            if (root == output_root(plan)) memory = output_floats(workspace);
        }
        return view_in_root(plan, tensor,
                            View<cuda::StorageOf<Precision>>(memory, batch, workspace.layout.shapes[index]));
    }

    template <class Views>
    void run_step(int index, const Views& memory, WorkspaceType& workspace) const {
        const PlanStep& step = plan.step(index);
        const StepWeights& weights = steps_[static_cast<std::size_t>(index)];
        with_layer<Network>(step.layer.info, [&]<class L>() {
            if constexpr (Convolution<L>) {
                cuda::ConvEpilogue epilogue;
                epilogue.bias = weights_.data() + weights.second;
                epilogue.rectifier = weights.rectifier;
                epilogue.pool = static_cast<bool>(step.pool);
                epilogue.shuffle = step.shuffle ? step.shuffle.info->traits.up : 1;
                cuda::convolve<Precision, L>(
                    workspace.stream, View<const cuda::StorageOf<Precision>>(memory(step.input)),
                    static_cast<const float*>(weights_.data() + weights.first), epilogue, memory(step.output));
            } else {
                kernels::Forward<cuda::StorageOf<Precision>, float> call;
                call.input = memory(step.input);
                if (step.other >= 0) call.other = memory(step.other);
                call.output = memory(step.output);
                call.parameters = weights_.data() + weights.first;
                call.statistics = weights_.data() + weights.second;
                call.scratch = output_floats(workspace) + workspace.layout.output;
                kernels::Kernel<Backend, L>::forward(call, workspace.stream);
            }
        });
    }

    cuda::Memory<float> weights_;
    std::array<StepWeights, plan.steps.size()> steps_{};
    std::optional<std::size_t> one_kernel_;  // where OneKernel's weights are, if OneKernel is used
};

}  // namespace depix::detail

// TrainingPass<Network, Cuda>: one network forward and backward over a batch, in one allocation on the device.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "depix/kernels/cuda/layers.cuh"
#include "depix/train/training_pass.hpp"

namespace depix {

/// The forward pass in training mode, which keeps every feature map, and the backward pass, which goes through the
/// steps in reverse. All of their work is added to a stream and can be captured, because it depends on no data of the
/// host but the shapes.
///
///     pass.prepare(batch, shape);
///     pass.forward(parameters, statistics, stream);       // reads input(), writes output()
///     ... output_gradient() = the gradient of a loss at output() ...
///     pass.backward(parameters, gradients, stream);
///
/// Parameters, statistics and gradients are in the device's memory, laid out as in Model.
template <Module Network, class Precision>
class TrainingPass<Network, CudaWith<Precision>, float> {
    using Backend = CudaWith<Precision>;
    static constexpr auto plan = plan_for_training<Network>();
    static constexpr auto backward_plan = detail::plan_backward(plan);
    static constexpr std::size_t tensors = plan.tensors.size();
    static constexpr std::size_t steps = plan.steps.size();

  public:
    enum class InputGradient : bool { Unwanted, Wanted };

    /// How many layers draw a number for each batch (Dropout does).
    static constexpr int draw_count = cuda::count_draws<Network>();
    /// Draws these numbers, each below 2^24, in the order in which the other backends' layers draw them. They are for
    /// draws() on the device.
    static void draw(Random& random, float* numbers) {
        for (int i = 0; i < draw_count; ++i) numbers[i] = static_cast<float>(random() >> 40);
    }

    /// Makes room for batches of this size; allocates only if there was less before. True if anything moved; graphs
    /// that were captured before are then no longer valid.
    bool prepare(int batch, Shape input) {
        if (batch == batch_ && input == input_) return false;
        batch_ = 0;
        const auto shapes = find_shapes(plan, input);
        const auto images = static_cast<std::size_t>(batch);
        const auto shape = [&](int tensor) { return shapes[static_cast<std::size_t>(tensor)]; };

        std::array<std::size_t, tensors> place{}, gradient_place{};
        std::size_t maps = 0;
        for (int i = 0; i < plan.tensor_count; ++i) {
            const auto index = static_cast<std::size_t>(i);
            const std::size_t size = cuda::align(images * shape(i).size());
            if (plan.tensor(i).parent < 0) place[index] = std::exchange(maps, maps + size);
            if (backward_plan.parent[index] < 0) gradient_place[index] = std::exchange(maps, maps + size);
        }
        std::size_t floats = cuda::align(static_cast<std::size_t>(draw_count) + 1), scratch = 0;
        const std::size_t statistics_place = std::exchange(floats, floats + cuda::align(statistic_count()));
        for (int i = 0; i < plan.step_count; ++i) {
            const Shape from = shape(plan.step(i).input);
            saved_[static_cast<std::size_t>(i)] =
                std::exchange(floats, floats + cuda::align(plan.step(i).layer.info->saved_size(batch, from)));
            with_layer<Network>(plan.step(i).layer.info, [&]<class L>() {
                if constexpr (requires { kernels::Kernel<Backend, L>::scratch_size(batch, from); })
                    scratch = (std::max)(scratch, kernels::Kernel<Backend, L>::scratch_size(batch, from));
            });
        }
        maps = (maps * sizeof(cuda::StorageOf<Precision>) + 255) / 256 * 256;
        memory_.reserve(maps + (floats + scratch) * sizeof(float));
        auto* const map_memory = reinterpret_cast<cuda::StorageOf<Precision>*>(memory_.data());
        floats_ = reinterpret_cast<float*>(memory_.data() + maps);
        new_statistics_ = floats_ + statistics_place;
        scratch_ = floats_ + floats;

        for (int i = 0; i < plan.tensor_count; ++i) {
            const auto index = static_cast<std::size_t>(i);
            const int root = plan.root(i);
            const View<cuda::StorageOf<Precision>> whole(map_memory + place[static_cast<std::size_t>(root)], batch,
                                                         shape(root));
            map_views_[index] = view_in_root(plan, i, whole);
            int top = i, channel = 0;
            for (; backward_plan.parent[static_cast<std::size_t>(top)] >= 0;
                 top = backward_plan.parent[static_cast<std::size_t>(top)])
                channel += backward_plan.offset[static_cast<std::size_t>(top)];
            gradient_views_[index] = View<cuda::StorageOf<Precision>>(
                                         map_memory + gradient_place[static_cast<std::size_t>(top)], batch, shape(top))
                                         .slice(channel, plan.tensor(i).channels);
        }
        batch_ = batch;
        input_ = input;
        return true;
    }

    /// Runs every layer in turn in training mode: batch norm uses the statistics of the batch, and dropout uses
    /// draws().
    void forward(const float* parameters, const float* statistics, cudaStream_t stream) {
        if (statistic_count() > 0)
            cuda::check(cudaMemcpyAsync(new_statistics_, statistics, statistic_count() * sizeof(float),
                                        cudaMemcpyDeviceToDevice, stream),
                        "copy running statistics");
        for (int i = 0, drawn = 0; i < plan.step_count; ++i) {
            const PlanStep& step = plan.step(i);
            kernels::Forward<cuda::StorageOf<Precision>, float> call;
            call.input = map(step.input);
            if (step.other >= 0) call.other = map(step.other);
            call.output = map(step.output);
            call.parameters = parameters + step.layer.parameters;
            call.statistics = statistics + step.layer.statistics;
            call.new_statistics = new_statistics_ + step.layer.statistics;
            call.saved = cuda::draws<Network>(step) ? floats_ + drawn++ : floats_ + saved_[static_cast<std::size_t>(i)];
            call.scratch = scratch_;
            with_layer<Network>(step.layer.info,
                                [&]<class L>() { kernels::Kernel<Backend, L>::forward(call, stream); });
        }
    }

    /// Runs backward from output_gradient() to the parameters, whose gradients are added to `gradients` (nullptr: the
    /// network is frozen), and to the input if wanted.
    void backward(const float* parameters, float* gradients, cudaStream_t stream,
                  InputGradient wanted = InputGradient::Unwanted) {
        backward(parameters, gradients, stream, wanted, [](int) {});
    }
    /// The same; after_step(i) is called when the work of step i of the plan is in the stream.
    template <class AfterStep>
    void backward(const float* parameters, float* gradients, cudaStream_t stream, InputGradient wanted,
                  const AfterStep& after_step) {
        for (int i = plan.step_count - 1, drawn = draw_count; i >= 0; --i) {
            const PlanStep& step = plan.step(i);
            kernels::Backward<cuda::StorageOf<Precision>, float> call;
            call.input = map(step.input);
            call.output = map(step.output);
            call.output_gradient = gradient_map(step.output);
            call.input_gradient = gradient_map(step.input);
            if (wanted == InputGradient::Unwanted && step.input == plan.input && plan.root(plan.input) == plan.input)
                call.input_gradient.data = nullptr;
            if (step.other >= 0) {
                call.other = map(step.other);
                call.other_gradient = gradient_map(step.other);
            }
            call.accumulate = backward_plan.accumulate[static_cast<std::size_t>(i)];
            call.accumulate_other = backward_plan.accumulate_other[static_cast<std::size_t>(i)];
            call.parameters = parameters + step.layer.parameters;
            call.parameter_gradients = gradients ? gradients + step.layer.parameters : nullptr;
            call.saved = cuda::draws<Network>(step) ? floats_ + --drawn : floats_ + saved_[static_cast<std::size_t>(i)];
            call.scratch = scratch_;
            with_layer<Network>(step.layer.info,
                                [&]<class L>() { kernels::Kernel<Backend, L>::backward(call, stream); });
            after_step(i);
        }
    }

    /// (N, C, H, W). The batch must be written here before `forward`.
    View<cuda::StorageOf<Precision>> input() const { return map(plan.input); }
    /// (N, C', H', W').
    View<const cuda::StorageOf<Precision>> output() const { return map(plan.output); }
    /// The same, on the host. Waits for the stream.
    Tensor<float> fetch_output(cudaStream_t stream) const {
        const View<const cuda::StorageOf<Precision>> y = output();
        const std::size_t image = y.shape().size();
        std::vector<cuda::StorageOf<Precision>> values(static_cast<std::size_t>(y.batch) * image);
        for (int n = 0; n < y.batch; ++n)  // a part of a concatenation has other channels between its pictures
            cuda::download(stream, y.row(n, 0, 0), values.data() + static_cast<std::size_t>(n) * image, image);
        cuda::check(cudaStreamSynchronize(stream), "fetch a network's output");
        Tensor<float> host(y.batch, y.shape());
        for (std::size_t i = 0; i < values.size(); ++i) host.data[i] = cuda::to_float(values[i]);
        return host;
    }
    View<cuda::StorageOf<Precision>> output_gradient() const { return gradient_map(plan.output); }
    /// (N, C, H, W), after a backward pass with InputGradient::Wanted.
    View<const cuda::StorageOf<Precision>> input_gradient() const { return gradient_map(plan.input); }
    /// On the device: draw_count numbers, as `draw` drew them.
    float* draws() const { return floats_; }
    /// On the device: the running statistics that the last forward pass updated.
    float* new_statistics() const { return new_statistics_; }
    static constexpr std::size_t statistic_count() {
        std::size_t count = 0;
        for (int i = 0; i < plan.step_count; ++i) count += plan.step(i).layer.info->statistic_count;
        return count;
    }
    std::size_t workspace_bytes() const { return memory_.size(); }

    /// Names the first layer whose output is not finite, for an error message. Copies the maps to the host one by one.
    std::string describe_first_bad_layer(cudaStream_t stream) const {
        for (int i = 0; i < plan.step_count; ++i) {
            const View<cuda::StorageOf<Precision>> y = map(plan.step(i).output);
            std::vector<cuda::StorageOf<Precision>> row(y.shape().size());
            for (int n = 0; n < y.batch; ++n) {
                cuda::download(stream, static_cast<const cuda::StorageOf<Precision>*>(y.row(n, 0, 0)), row.data(),
                               row.size());
                cuda::check(cudaStreamSynchronize(stream), "look for the layer that is not finite");
                for (const cuda::StorageOf<Precision> value : row)
                    if (!std::isfinite(cuda::to_float(value)))
                        return "; the first layer with such an output is number " + std::to_string(i + 1) + ", " +
                               plan.step(i).layer.info->name;
            }
        }
        return "; all layers' outputs are finite, so look at the target";
    }

  private:
    View<cuda::StorageOf<Precision>> map(int tensor) const { return map_views_[static_cast<std::size_t>(tensor)]; }
    View<cuda::StorageOf<Precision>> gradient_map(int tensor) const {
        return gradient_views_[static_cast<std::size_t>(tensor)];
    }

    int batch_ = 0;
    Shape input_;
    cuda::Memory<unsigned char> memory_;
    float* floats_ = nullptr;  // draws, new statistics, what layers save
    float* new_statistics_ = nullptr;
    float* scratch_ = nullptr;
    std::array<View<cuda::StorageOf<Precision>>, tensors> map_views_{}, gradient_views_{};
    std::array<std::size_t, steps> saved_{};
};

}  // namespace depix

// The losses that a generator is trained with, on the device: losses of single elements, of features, and sums of
// losses.
#pragma once

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

#include "depix/cuda/loss.cuh"
#include "depix/cuda/structural_similarity.cuh"
#include "depix/cuda/training_pass.cuh"
#include "depix/train/feature_loss.hpp"

namespace depix::cuda {

/// A loss of whole pictures on the device: `prepare(batch, shape)` makes room, and `add(call, weight, stream)` adds
/// weight times the loss of call.y and call.t to *call.loss, and call.weight * weight times its gradient to call.dy.
template <class L>
concept DeviceLoss = requires(L& loss, const LossCall<StorageOf<typename L::precision>>& call, cudaStream_t stream) {
    loss.prepare(1, Shape{});
    loss.add(call, 1.0, stream);
};

}  // namespace depix::cuda

namespace depix {

/// Compares two pictures by a fixed network's features, on the GPU; train/feature_loss.hpp describes it.
template <Module Features, ElementwiseLoss Loss, class Precision>
class FeatureLoss<Features, Loss, CudaWith<Precision>, float> {
    using Pass = TrainingPass<Features, CudaWith<Precision>, float>;

  public:
    using precision = Precision;
    static constexpr const char* name = "feature loss";

    explicit FeatureLoss(const Model<Features>& features, ChannelMap input = {}, int /*threads*/ = 0)
        : input_(input), weights_(features.parameters().size() + features.statistics().size() + 1) {
        const cuda::Stream stream;
        cuda::upload(stream, features.parameters().data(), weights_.data(), features.parameters().size());
        statistics_ = weights_.data() + features.parameters().size();
        cuda::upload(stream, features.statistics().data(), statistics_, features.statistics().size());
        stream.wait();
    }

    void prepare(int batch, Shape image) {
        if (image.channels != 3 || Features::output(image).size() == 0)
            throw ShapeError("depix: a feature loss of pictures of " + to_string(image) +
                             ": they must have 3 channels, and be large enough for the network that looks at them");
        pass_.prepare(batch, image);
        const Shape shape = Features::output(image);
        target_.reserve(static_cast<std::size_t>(batch) * shape.size());
        scratch_.reserve(cuda::loss_scratch(batch, shape));
    }

    void add(const cuda::LossCall<cuda::StorageOf<Precision>>& a, double weight, cudaStream_t stream) {
        look_at(a.t, stream);
        const View<float> target(target_.data(), a.y.batch, pass_.output().shape());
        cuda::copy(stream, pass_.output(), target);
        look_at(a.y, stream);
        cuda::LossCall<cuda::StorageOf<Precision>> features = a;
        features.y = pass_.output();
        features.t = target;
        features.dy = pass_.output_gradient();
        features.weight = a.weight * weight;
        features.loss_weight = weight;
        features.accumulate = false;
        features.add_loss = true;
        features.scratch = scratch_.data();
        cuda::run_loss(stream, Loss{}, features);
        pass_.backward(weights_.data(), nullptr, stream, Pass::InputGradient::Wanted);
        for (int c = 0; c < 3; ++c) {
            const auto channel = static_cast<std::size_t>(c);
            const View<cuda::StorageOf<Precision>> to = a.dy.slice(input_.source[channel], 1);
            cuda::elementwise(
                stream, to,
                cuda::Linear<cuda::StorageOf<Precision>, cuda::StorageOf<Precision>>{
                    pass_.input_gradient().slice(c, 1), static_cast<float>(input_.scale[channel]), 0.f, to, true});
        }
    }

  private:
    template <class T>
    void look_at(View<const T> image, cudaStream_t stream) {
        for (int c = 0; c < 3; ++c) {
            const auto channel = static_cast<std::size_t>(c);
            const View<cuda::StorageOf<Precision>> to = pass_.input().slice(c, 1);
            cuda::elementwise(stream, to,
                              cuda::Linear<T, cuda::StorageOf<Precision>>{
                                  image.slice(input_.source[channel], 1), static_cast<float>(input_.scale[channel]),
                                  static_cast<float>(input_.offset[channel]), to, false});
        }
        pass_.forward(weights_.data(), statistics_, stream);
    }

    ChannelMap input_;
    cuda::Memory<float> weights_, target_, scratch_;
    float* statistics_ = nullptr;
    Pass pass_;
};

}  // namespace depix

namespace depix::cuda {

/// Makes room for a loss of pictures of this shape; a loss of single elements needs no memory of its own.
template <class Loss>
void prepare_loss(Loss& loss, int batch, Shape shape) {
    if constexpr (DeviceLoss<Loss>) loss.prepare(batch, shape);
}
template <class... Losses>
void prepare_loss(SumOfLosses<Losses...>& sum, int batch, Shape shape) {
    std::apply([&](auto&... part) { (prepare_loss(part.loss, batch, shape), ...); }, sum.parts());
}

/// Floats of scratch that a loss of pictures of this shape needs in LossCall::scratch.
template <class Loss>
std::size_t loss_scratch(const Loss&, int batch, Shape shape) {
    return loss_scratch(batch, shape);
}
template <class... Losses>
std::size_t loss_scratch(SumOfLosses<Losses...>& sum, int batch, Shape shape) {
    return std::apply(
        [&](auto&... part) {
            return (std::max)({std::size_t{0}, loss_scratch(part.loss, batch, shape)...});
        },
        sum.parts());
}

/// Adds weight times the loss to *a.loss, and a.weight * weight times its gradient to a.dy.
template <class Loss, class S>
void add_loss(cudaStream_t stream, Loss& loss, const LossCall<S>& a, double weight = 1) {
    if constexpr (DeviceLoss<Loss>) {
        loss.add(a, weight, stream);
    } else {
        static_assert(ElementwiseLoss<Loss>, "depix: Cuda has no kernel for this loss");
        LossCall<S> call = a;
        call.weight = a.weight * weight;
        call.loss_weight = weight;
        call.accumulate = call.add_loss = true;
        run_loss(stream, loss, call);
    }
}
template <class... Losses, class S>
void add_loss(cudaStream_t stream, SumOfLosses<Losses...>& sum, const LossCall<S>& a, double weight = 1) {
    std::apply([&](auto&... part) { (add_loss(stream, part.loss, a, weight * part.weight), ...); }, sum.parts());
}

}  // namespace depix::cuda

// mean_loss: the loss of a network over a data set, in inference mode.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "depix/error.hpp"
#include "depix/inference.hpp"
#include "depix/tensor.hpp"
#include "depix/train/batch_loss.hpp"
#include "depix/train/loss.hpp"

namespace depix {

/// Batches in an order that depends only on the epoch's number and the step, such as data/loader.hpp's Loader:
/// `for (const auto& [input, target] : loader.epoch(epoch, first_step))` yields batches first_step .. steps() - 1.
template <class L>
concept BatchLoader = requires(const L& loader, std::uint64_t epoch, std::size_t first_step) {
    { loader.steps() } -> std::convertible_to<std::size_t>;
    loader.epoch(epoch, first_step);
};

namespace detail {

/// The network's output for x, in memory that the next call uses again. Throws ShapeError if it has not t's shape.
template <Module Network, class Backend, class T>
View<const T> predict(const Inference<Network, Backend, T>& network, View<const T> x, View<const T> t,
                      Tensor<T>& prediction) {
    const Shape shape = network.output_shape(x.shape());
    if (t.shape() != shape || t.batch != x.batch)
        throw ShapeError("depix: the network makes " + std::to_string(x.batch) + " pictures of " + to_string(shape) +
                         ", but the targets are " + std::to_string(t.batch) + " of " + to_string(t.shape()));
    if (prediction.batch != x.batch || prediction.shape != shape) prediction = Tensor<T>(x.batch, shape);
    network.run(x, prediction.view());
    return std::as_const(prediction).view();
}

}  // namespace detail

/// The mean loss of a network's pictures over a data set, (1/n) sum of loss(f(input), target) over all elements, in
/// inference mode: batch norm uses its running statistics, and dropout is off. PyTorch: the loop under model.eval() and
/// torch.no_grad(). The elements are summed in a fixed order. A loss of whole pictures is averaged over them. Throws
/// ShapeError for a target of another shape than f(input).
template <Module Network, class Backend, class T, class Loss, BatchLoader Loader>
double mean_loss(const Inference<Network, Backend, T>& network, Loss&& loss, const Loader& loader) {
    Tensor<T> prediction;
    double sum = 0, elements = 0;
    auto&& batches = loader.epoch(0, 0);
    for (const auto& [noisy, target] : batches) {
        const View<const T> t = as_view(target);
        const View<const T> y = detail::predict<Network, Backend, T>(network, as_view(noisy), t, prediction);
        const double count = static_cast<double>(t.batch) * static_cast<double>(t.shape().size());
        if constexpr (ElementwiseLoss<std::remove_cvref_t<Loss>>)
            for (int n = 0; n < y.batch; ++n) sum += sum_loss(loss, y, t, View<T>{}, n, T(0));
        else
            sum += count * add_loss(loss, y, t, View<T>{}, 0);
        elements += count;
    }
    return sum / elements;
}

}  // namespace depix

// Losses of whole pictures, and sums of several losses.
//
// A loss of single elements (loss.hpp) does not depend on neighbouring elements. A loss of whole pictures does. It owns
// memory, and may be as expensive as a network.
#pragma once

#include <concepts>
#include <string>
#include <tuple>
#include <utility>

#include "depix/error.hpp"
#include "depix/finite.hpp"
#include "depix/train/loss.hpp"
#include "depix/view.hpp"

namespace depix {

/// A loss of a whole batch: `add(y, t, dy, weight)` returns the loss of y and t, both (N, C, H, W), and adds `weight`
/// times its gradient to dy, unless dy has no data. The loss is the mean of the losses of the batch's pictures. Losses
/// of single elements are used in the same way through `add_loss`.
template <class L, class T>
concept BatchLoss = requires(L& loss, View<const T> y, View<const T> t, View<T> dy, double weight) {
    { loss.add(y, t, dy, weight) } -> std::same_as<double>;
};

/// Returns the loss of y and t, (N, C, H, W), and adds `weight` times its gradient to dy, which has y's shape or no
/// data.
template <class Loss, class T>
double add_loss(Loss& loss, View<const T> y, View<const T> t, View<T> dy, double weight) {
    if constexpr (BatchLoss<Loss, T>) {
        return loss.add(y, t, dy, weight);
    } else {
        static_assert(ElementwiseLoss<Loss>, "depix: a loss has value and gradient, or add");
        const double count = static_cast<double>(y.batch) * static_cast<double>(y.shape().size());
        double sum = 0;
        for (int n = 0; n < y.batch; ++n) sum += sum_loss(loss, y, t, dy, n, static_cast<T>(weight / count), true);
        return sum / count;
    }
}

/// A loss and its weight.
template <class Loss>
struct Weighted {
    Loss loss;
    double weight = 1;
};
template <class Loss>
Weighted(Loss, double) -> Weighted<Loss>;

/// The weighted sum of several losses: SumOfLosses{Weighted{MeanAbsoluteError{}, 0.01}, Weighted{features, 1}}. Throws
/// Error for a weight that is not finite and for a loss with settings that cannot be.
template <class... Losses>
class SumOfLosses {
  public:
    static constexpr const char* name = "sum of losses";

    explicit SumOfLosses(Weighted<Losses>... losses) : losses_(std::move(losses)...) { check(); }

    void check() const {
        std::apply([](const auto&... part) { (check(part), ...); }, losses_);
    }

    template <class T>
    double add(View<const T> y, View<const T> t, View<T> dy, double weight) {
        return std::apply(
            [&](auto&... part) {
                return (0.0 + ... + (part.weight * add_loss(part.loss, y, t, dy, weight * part.weight)));
            },
            losses_);
    }
    /// A tuple of the losses and their weights.
    std::tuple<Weighted<Losses>...>& parts() { return losses_; }

  private:
    template <class Loss>
    static void check(const Weighted<Loss>& part) {
        if (!is_finite(part.weight))
            throw Error("depix: the weight of a loss in a sum is " + std::to_string(part.weight));
        detail::check_loss(part.loss);
    }

    std::tuple<Weighted<Losses>...> losses_;
};

}  // namespace depix

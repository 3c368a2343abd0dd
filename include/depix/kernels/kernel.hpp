// What a kernel is given, and how a layer finds the kernel of a backend.
#pragma once

#include <cstddef>

#include "depix/layers/layer.hpp"
#include "depix/view.hpp"

namespace depix {

class Random;

/// One thread of the team that runs a network together, and how it waits for the others.
struct Team {
    int thread = 0;
    int threads = 1;

    /// Returns when every thread of the team has come here.
    // Always inline: another part of the program may know no OpenMP, and its barrier does nothing.
    [[gnu::always_inline]] void barrier() const {
#ifdef _OPENMP
        if (threads > 1) {
#pragma omp barrier
        }
#endif
    }
    /// This thread's part [first, last) of `count` things.
    constexpr Interval share(int count) const {
        const auto cut = [&](int i) { return static_cast<int>(static_cast<long long>(count) * i / threads); };
        return {cut(thread), cut(thread + 1)};
    }
};

/// The forward pass of one layer, for a batch.
template <class T>
struct Forward {
    View<const T> input;            ///< (N, C, H, W)
    View<const T> other;            ///< the second input of a join
    View<T> output;                 ///< (N, C', H', W')
    const T* parameters = nullptr;  ///< the layer's own, in the order of Layer::tensors
    const T* statistics = nullptr;  ///< the layer's running statistics
    T* new_statistics = nullptr;    ///< training: where they are updated (may be `statistics`); inference: nullptr
    T* saved = nullptr;             ///< training: Layer::saved_size elements for the backward pass
    T* scratch = nullptr;           ///< Cpu: Kernel::scratch_size (or inference_scratch_size) elements of the team's
    Random* random = nullptr;       ///< training: for layers that draw

    constexpr bool training() const { return saved != nullptr || new_statistics != nullptr; }
};

/// The backward pass of one layer: from the gradient of the loss with respect to the output, those with respect to the
/// input and the parameters.
template <class T>
struct Backward {
    View<const T> input;
    View<const T> output;
    View<const T> output_gradient;
    View<T> input_gradient;         ///< data == nullptr: not wanted (the network's first layer)
    View<T> other_gradient;         ///< a join's
    bool accumulate = false;        ///< add to input_gradient instead of overwriting it
    bool accumulate_other = false;  ///< likewise other_gradient
    const T* parameters = nullptr;
    T* parameter_gradients = nullptr;  ///< added to, as PyTorch's .grad is; nullptr: not wanted (a frozen network)
    const T* saved = nullptr;
    T* scratch = nullptr;  ///< Cpu: Kernel::scratch_size elements, shared by the team
};

/// Kernel<Backend, Layer> has `forward` and `backward`, static; each backend specialises it in one file per layer.
template <class Backend, class L>
struct Kernel {
    static_assert(sizeof(L) == 0, "depix: this backend has no kernel for this layer");
};

}  // namespace depix

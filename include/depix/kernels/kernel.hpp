// What a kernel is given, and how a layer finds the kernel of a backend. In a namespace of its own, so that a program
// that is `using namespace depix` may have a Kernel too.
#pragma once

#include <cstddef>

#include "depix/layers/layer.hpp"
#include "depix/view.hpp"

namespace depix {

class Random;

namespace kernels {

/// A rectifier that is part of another layer's step: x where x > 0, negative_slope * x elsewhere.
struct Rectifier {
    float negative_slope = 1.f;  ///< 1: there is none

    constexpr bool present() const { return negative_slope != 1.f; }
    friend constexpr bool operator==(const Rectifier&, const Rectifier&) = default;
};

/// The forward pass of one layer, for a batch. T is what maps are made of; P, what everything else is: where maps are
/// kept in 16 bits, parameters are not.
template <class T, class P = T>
struct Forward {
    View<const T> input;            ///< (N, C, H, W)
    View<const T> other;            ///< the second input of a join
    View<T> output;                 ///< (N, C', H', W')
    const P* parameters = nullptr;  ///< the layer's own, in the order of Layer::tensors
    const P* statistics = nullptr;  ///< the layer's running statistics
    P* new_statistics = nullptr;    ///< training: where they are updated (may be `statistics`); inference: nullptr
    P* saved = nullptr;             ///< training: Layer::saved_size elements for the backward pass
    P* scratch = nullptr;           ///< Cpu: Kernel::scratch_size (or inference_scratch_size) elements of the team's;
                                    ///< Cuda: Kernel::scratch_size elements
    Random* random = nullptr;       ///< training: for layers that draw
    Rectifier rectifier = {};       ///< Cpu, training: fused after the layer
    bool pooled = false;            ///< Cpu, training: 2x2 max pooling is fused after that

    constexpr bool training() const { return saved != nullptr || new_statistics != nullptr; }
};

/// The backward pass of one layer: from the gradient of the loss with respect to the output, those with respect to the
/// input and the parameters.
template <class T, class P = T>
struct Backward {
    View<const T> input;
    View<const T> output;
    View<const T> output_gradient;
    View<T> input_gradient;         ///< data == nullptr: not wanted (the network's first layer)
    View<T> other_gradient;         ///< a join's
    bool accumulate = false;        ///< add to input_gradient instead of overwriting it
    bool accumulate_other = false;  ///< likewise other_gradient
    const P* parameters = nullptr;
    P* parameter_gradients = nullptr;  ///< added to, as PyTorch's .grad is; nullptr: not wanted (a frozen network)
    const P* saved = nullptr;
    P* scratch = nullptr;  ///< Cpu and Cuda: Kernel::scratch_size elements, shared by the team

    Rectifier rectifier = {};  ///< Cpu: as in Forward. A batch norm's kernel sees to both; a convolution's is given the
    bool pooled = false;       ///< gradient of what the rectifier was given
    /// Cpu: what made the input, unless another step sees to it. The input's gradient, once complete, goes back through
    /// it.
    Rectifier input_rectifier = {};
};

/// kernels::Kernel<Backend, Layer> has `forward` and `backward`, static; each backend specialises it in one file per
/// layer.
template <class Backend, class L>
struct Kernel {
    static_assert(sizeof(L) == 0, "depix: this backend has no kernel for this layer");
};

}  // namespace kernels
}  // namespace depix

// The arguments of a kernel, and how a layer finds the kernel of a backend. They have a namespace of their own, so that
// a program that says `using namespace depix` may define a Kernel too.
#pragma once

#include <cstddef>

#include "depix/layers/layer.hpp"
#include "depix/view.hpp"

namespace depix {

class Random;

namespace kernels {

/// A rectifier that is part of another layer's step: x where x > 0, negative_slope * x elsewhere.
struct Rectifier {
    float negative_slope = 1.f;  ///< 1: no rectifier

    constexpr bool present() const { return negative_slope != 1.f; }
    friend constexpr bool operator==(const Rectifier&, const Rectifier&) = default;
};

/// The arguments of one layer's forward pass over a batch. T is the type of a map's elements, and P the type of all
/// other numbers. The two differ where maps are stored in 16 bits, because parameters are not.
template <class T, class P = T>
struct Forward {
    View<const T> input;            ///< (N, C, H, W)
    View<const T> other;            ///< the second input of a join
    View<T> output;                 ///< (N, C', H', W')
    const P* parameters = nullptr;  ///< the layer's own, in the order of Layer::tensors
    const P* statistics = nullptr;  ///< the layer's running statistics
    P* new_statistics = nullptr;    ///< training: where they are updated (may be `statistics`); inference: nullptr
    P* saved = nullptr;             ///< training: Layer::saved_size elements for the backward pass
    P* scratch = nullptr;      ///< Cpu: Kernel::scratch_size (or inference_scratch_size) elements, shared by the team;
                               ///< Cuda: Kernel::scratch_size elements
    Random* random = nullptr;  ///< training: for layers that draw random numbers
    Rectifier rectifier = {};  ///< Cpu, training: a rectifier that is fused after the layer
    bool pooled = false;       ///< Cpu, training: 2x2 max pooling is fused after that

    constexpr bool training() const { return saved != nullptr || new_statistics != nullptr; }
};

/// Where the rows that a kernel is given lie in the whole maps. A kernel for which that matters has, besides `forward`,
/// a function forward_rows(const Forward<T>&, const Band&), which gives the same rows of the output bit for bit.
struct Band {
    int first_input = 0;   ///< the row of the whole input that is the first one of Forward::input
    int first_output = 0;  ///< the row of the whole output that is the first one of Forward::output
    int input_height = 0;  ///< the rows of the whole input
};

/// The arguments of one layer's backward pass. It computes the gradients of the loss with respect to the input and the
/// parameters from the gradient with respect to the output.
template <class T, class P = T>
struct Backward {
    View<const T> input;
    View<const T> other;  ///< the second input of a join
    View<const T> output;
    View<const T> output_gradient;
    View<T> input_gradient;         ///< data == nullptr: not wanted (the network's first layer)
    View<T> other_gradient;         ///< of the second input of a join
    bool accumulate = false;        ///< add to input_gradient instead of overwriting it
    bool accumulate_other = false;  ///< likewise other_gradient
    const P* parameters = nullptr;
    P* parameter_gradients = nullptr;  ///< added to, as PyTorch's .grad is; nullptr: not wanted (a frozen network)
    const P* saved = nullptr;
    P* scratch = nullptr;  ///< Cpu and Cuda: Kernel::scratch_size elements, shared by the team

    /// Cpu: as in Forward. A batch norm's kernel goes back through both. A convolution's kernel is given the gradient
    /// of the rectifier's input.
    Rectifier rectifier = {};
    bool pooled = false;
    /// Cpu: the rectifier that computed the input, unless another step handles it. Once the input's gradient is
    /// complete, it is passed back through this rectifier.
    Rectifier input_rectifier = {};
};

/// kernels::Kernel<Backend, Layer> has the static functions `forward` and `backward`. Each backend specialises it in
/// one file per layer.
template <class Backend, class L>
struct Kernel {
    static_assert(sizeof(L) == 0, "depix: this backend has no kernel for this layer");
};

}  // namespace kernels
}  // namespace depix

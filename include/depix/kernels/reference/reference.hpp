// Reference: the textbook backend, with plain loops, one thread and any scalar type. It is the oracle of every test,
// and the engine that firmware uses.
#pragma once

#include "depix/kernels/kernel.hpp"

namespace depix {

/// Chooses the textbook kernels. They allocate nothing, throw nothing and need only the language.
struct Reference {
    static constexpr const char* name = "Reference";
};

namespace reference {

/// Runs a layer that is not being trained. A layer whose forward pass differs in training has the other part as
/// `infer`, so that firmware holds nothing of training.
template <class L, class T>
void infer_layer(const kernels::Forward<T>& call) {
    if constexpr (requires { kernels::Kernel<Reference, L>::infer(call); })
        kernels::Kernel<Reference, L>::infer(call);
    else
        kernels::Kernel<Reference, L>::forward(call);
}

}  // namespace reference

}  // namespace depix

// Reference: the textbook backend, with plain loops, one thread and any scalar type. It is the oracle of every test,
// and the engine that firmware uses.
#pragma once

#include "depix/kernels/kernel.hpp"

namespace depix {

/// Chooses the textbook kernels. They allocate nothing, throw nothing and need only the language.
struct Reference {
    static constexpr const char* name = "Reference";
};

}  // namespace depix

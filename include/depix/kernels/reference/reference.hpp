// Reference: the textbook backend. Plain loops, one thread, any scalar; the oracle of every test, and firmware's
// engine.
#pragma once

#include "depix/kernels/kernel.hpp"

namespace depix {

/// Chooses the textbook kernels. They allocate nothing, throw nothing and need nothing but the language.
struct Reference {
    static constexpr const char* name = "Reference";
};

}  // namespace depix

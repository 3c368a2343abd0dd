// Whether Cpu computes something in a network by Winograd's convolution, which rounds more than a plain sum does: its
// transforms multiply by up to 25 and subtract again. Tests allow five times as much there.
#pragma once

#include "depix/inference.hpp"

namespace depix_test {

template <class Network>
bool uses_winograd() {
    bool any = false;
    depix::layers_of<Network>::for_each([&]<class L>() {
        if constexpr (requires { depix::kernels::Kernel<depix::Cpu, L>::kernels.winograd; })
            any |= depix::kernels::Kernel<depix::Cpu, L>::kernels.winograd;
    });
    return any;
}

}  // namespace depix_test

// Whether Cpu computes any layer of a network with Winograd's convolution. That rounds more than a plain sum, because
// its transforms multiply by up to 25 and subtract again. So the tests allow five times the error there.
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

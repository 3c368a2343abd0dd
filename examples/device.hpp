// --device: where an example's networks run. One way for all examples.
//
// What an example does with a network is a template of the network and of the backend:
//
//     template <class Network, class Backend>
//     int train_network(const TrainOptions& options);  // declared in commands.hpp, defined in train.hpp
//
// The .cpp files compile it for depix::Cpu. The file cuda.cu compiles it for a GPU where CMake finds nvcc (function
// depix_example_cuda in examples/CMakeLists.txt). Both contain lines such as
//
//     template int example::train_network<depix::Depixelizer, depix::Cpu>(const TrainOptions&);
//
// A file that chooses among them at run time sees the declaration only:
//
//     return on_device(options.device, [&]<class Backend> { return train_network<depix::Depixelizer, Backend>(options);
//     });
#pragma once

#include <string>

#include "depix/error.hpp"
#include "depix/kernels/cpu/cpu.hpp"

namespace depix {

// Declared here, so that ordinary C++ can name it; depix/kernels/cuda/precision.cuh defines it for nvcc.
template <class Precision>
struct CudaWith;
namespace precision {
struct Float32;
}

}  // namespace depix

namespace example {

/// The backend for a GPU, in float32: depix::Cuda.
using Cuda = depix::CudaWith<depix::precision::Float32>;

/// Whether this program was built with CUDA.
#ifdef DEPIX_WITH_CUDA
inline constexpr bool has_cuda = true;
#else
inline constexpr bool has_cuda = false;
#endif

/// The text of each --device flag's help.
inline constexpr const char* device_help = "cpu, or cuda: a GPU, in programs that are built with CUDA";

/// Returns call.template operator()<Backend>() with the backend of a device, "cpu" or "cuda". Throws depix::Error for
/// another name, and for "cuda" in a program that was built without CUDA. (In a program that has it, the backend throws
/// depix::DeviceError where there is no GPU.)
template <class Call>
auto on_device(const std::string& device, const Call& call) {
    if (device == "cpu") return call.template operator()<depix::Cpu>();
    if (device != "cuda") throw depix::Error("--device " + device + ": the devices are cpu and cuda");
    if constexpr (has_cuda)
        return call.template operator()<Cuda>();
    else
        throw depix::Error(
            "--device cuda: this program was built without CUDA. Install the CUDA Toolkit, put its nvcc on the PATH, "
            "and "
            "build the examples again in a new build folder (cmake -DDEPIX_CUDA=ON; examples/07_cuda/README.md)");
}

}  // namespace example

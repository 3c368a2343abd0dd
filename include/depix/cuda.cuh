// Includes all of depix for a GPU: Inference<Network, Cuda>, Trainer<..., Cuda>, and the core. It is for .cu files.
//
//     add_executable(program program.cu)
//     target_link_libraries(program PRIVATE depix::cuda)
//
// Training on many GPUs needs depix::nccl, and cuda/distributed.cuh, which is not included here.
//
// Without CMake: nvcc -std=c++20 --expt-relaxed-constexpr --diag-suppress=1675 -I include program.cu
#pragma once

#include "depix/cuda/inference.cuh"
#include "depix/cuda/trained_network.cuh"
#include "depix/depix.hpp"

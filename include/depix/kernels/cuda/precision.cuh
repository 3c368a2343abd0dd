// Precision as a policy: the type that maps are stored in, and the type of a product's factors. Sums are always
// float32, and so are parameters, gradients of parameters, and the optimizer's state.
#pragma once

#include <cuda_runtime.h>

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#endif

#include <cstdint>
#include <type_traits>

#include "depix/half.hpp"

namespace depix::cuda {

/// A map's element of 16 bits: Float16 (10 bits of mantissa, up to 65,504) or BFloat16 (7 bits, float's range).
template <class Format>
struct Sixteen {
    std::uint16_t bits;
};
using Half = Sixteen<Float16>;
using BrainFloat = Sixteen<BFloat16>;

__host__ __device__ inline float to_float(float value) { return value; }
__host__ __device__ inline float to_float(Half value) {
#ifdef __CUDA_ARCH__
    return __half2float(__ushort_as_half(value.bits));
#else
    return Float16::decode(value.bits);
#endif
}
__host__ __device__ inline float to_float(BrainFloat value) {
#ifdef __CUDA_ARCH__
    return __bfloat162float(__ushort_as_bfloat16(value.bits));
#else
    return BFloat16::decode(value.bits);
#endif
}

/// Rounds to nearest, ties to even; a value that is too large becomes infinity.
template <class T>
__host__ __device__ T from_float(float value) {
    if constexpr (std::is_same_v<T, float>) {
        return value;
    } else if constexpr (std::is_same_v<T, Half>) {
#ifdef __CUDA_ARCH__
        return {__half_as_ushort(__float2half_rn(value))};
#else
        return {Float16::encode(static_cast<double>(value))};
#endif
    } else {
#ifdef __CUDA_ARCH__
        return {__bfloat16_as_ushort(__float2bfloat16_rn(value))};
#else
        return {BFloat16::encode(static_cast<double>(value))};
#endif
    }
}

/// The type of a product's factors on a tensor core.
enum class Factor { Float32, TF32, Float16, BFloat16 };

}  // namespace depix::cuda

namespace depix::precision {

/// float32 throughout, on the ordinary cores. Results equal those of Cpu and Reference up to the order of sums.
struct Float32 {
    using Storage = float;
    static constexpr cuda::Factor factor = cuda::Factor::Float32;
};
/// Maps are float32; factors are rounded to 10 bits of mantissa for the tensor cores, as with PyTorch's allow_tf32.
struct TF32 {
    using Storage = float;
    static constexpr cuda::Factor factor = cuda::Factor::TF32;
};
/// Maps are float16. Training scales its loss, so that small gradients are not lost.
struct Float16 {
    using Storage = cuda::Half;
    static constexpr cuda::Factor factor = cuda::Factor::Float16;
};
/// Maps are bfloat16.
struct BFloat16 {
    using Storage = cuda::BrainFloat;
    static constexpr cuda::Factor factor = cuda::Factor::BFloat16;
};

}  // namespace depix::precision

namespace depix {

/// The type that maps are stored in. It is not a member of the classes that know the network, because nvcc would then
/// spell their names, and so the network's, in a kernel's template arguments, and it cannot spell Named's.
namespace cuda {
template <class Precision>
using StorageOf = typename Precision::Storage;
}

/// Chooses the kernels of the GPU: Inference<Network, Cuda>, or CudaWith<precision::Float16>.
template <class Precision = precision::Float32>
struct CudaWith {
    static constexpr const char* name = "Cuda";
    using precision = Precision;
    using Storage = cuda::StorageOf<Precision>;
};
using Cuda = CudaWith<>;

}  // namespace depix

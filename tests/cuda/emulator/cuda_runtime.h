// CUDA on a processor: the part of <cuda_runtime.h> that depix uses. With it an ordinary compiler compiles depix's
// device code, which then runs and is checked where there is no GPU, under the sanitizers too.
//
//     g++ -std=c++20 -I tests/cuda/emulator -I include test.cpp
//
// Blocks run one after another. The threads of a block are fibers (fibers.hpp) that give way only at barriers and
// shuffles. Every other launch starts them in the opposite order, so that a missing barrier shows as a wrong result.
// Shared memory and fresh device memory are filled with NaN. Device memory lies on the host's heap, where the address
// sanitizer checks its ends. It has a capacity (emulator::capacity), so that running out of memory can be tested.
//
// Tensor cores, and all else that is written in PTX, are used only by functions of depix that have a plain twin.
#pragma once

#include <math.h>  // device code calls isfinite by that name

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fibers.hpp"

#define DEPIX_CUDA_EMULATED 1
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
    constexpr dim3(unsigned width = 1, unsigned height = 1, unsigned depth = 1) : x(width), y(height), z(depth) {}
};
struct uint3 {
    unsigned x = 0, y = 0, z = 0;
};
inline uint3 threadIdx, blockIdx;
inline dim3 blockDim, gridDim;

// ---- errors ---------------------------------------------------------------------------------------------------------

enum cudaError_t {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInvalidConfiguration = 9,
    cudaErrorNoDevice = 100,
    cudaErrorInvalidDevice = 101,
    cudaErrorNotReady = 600,
    cudaErrorLaunchFailure = 719
};

namespace emulator {

inline std::size_t capacity = std::size_t{1} << 32;                 ///< bytes of device memory
inline std::size_t shared_capacity = 99 * 1024;                     ///< bytes of shared memory that a block may ask for
inline int device_count = 1;                                        ///< 0 means that there is no GPU
inline int fail_launch = -1;                                        ///< which launch fails, counted from now; -1: none
inline std::size_t launches = 0;                                    ///< kernels that ran
inline std::size_t allocations = 0;                                 ///< calls of cudaMalloc that succeeded
inline std::unordered_map<void*, std::size_t> memory;               ///< what cudaMalloc returned, and its bytes
inline std::unordered_map<const void*, std::size_t> shared_limits;  ///< what cudaFuncSetAttribute allowed a kernel
inline cudaError_t last_error = cudaSuccess;

inline std::size_t used() {
    std::size_t bytes = 0;
    for (const auto& [address, size] : memory) bytes += size;
    return bytes;
}
inline cudaError_t report(cudaError_t error) {
    if (error != cudaSuccess) last_error = error;
    return error;
}
/// Sets every byte to 0xFF, which makes NaN in each of the floating-point formats.
inline void poison(void* address, std::size_t bytes) { std::memset(address, 0xFF, bytes); }

}  // namespace emulator

inline cudaError_t cudaGetLastError() { return std::exchange(emulator::last_error, cudaSuccess); }
inline const char* cudaGetErrorString(cudaError_t error) {
    switch (error) {
        case cudaSuccess:
            return "no error";
        case cudaErrorInvalidValue:
            return "invalid argument";
        case cudaErrorMemoryAllocation:
            return "out of memory";
        case cudaErrorInvalidConfiguration:
            return "invalid configuration argument";
        case cudaErrorNoDevice:
            return "no CUDA-capable device is detected";
        case cudaErrorInvalidDevice:
            return "invalid device ordinal";
        default:
            return "unspecified launch failure";
    }
}

// ---- devices and memory ---------------------------------------------------------------------------------------------

enum cudaMemcpyKind { cudaMemcpyHostToHost, cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum cudaDeviceAttr { cudaDevAttrMaxSharedMemoryPerBlockOptin = 97, cudaDevAttrMultiProcessorCount = 16 };

inline cudaError_t cudaGetDeviceCount(int* count) {
    *count = emulator::device_count;
    return emulator::report(emulator::device_count > 0 ? cudaSuccess : cudaErrorNoDevice);
}
inline cudaError_t cudaGetDevice(int* device) {
    *device = 0;
    return emulator::report(emulator::device_count > 0 ? cudaSuccess : cudaErrorNoDevice);
}
inline cudaError_t cudaSetDevice(int device) {
    return emulator::report(device < emulator::device_count ? cudaSuccess : cudaErrorInvalidDevice);
}
inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
    *value = attribute == cudaDevAttrMultiProcessorCount ? 4 : static_cast<int>(emulator::shared_capacity);
    return cudaSuccess;
}
inline cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    *free = emulator::capacity - emulator::used();
    *total = emulator::capacity;
    return cudaSuccess;
}
template <class T>
cudaError_t cudaMalloc(T** address, std::size_t bytes) {
    if (emulator::device_count == 0) return emulator::report(cudaErrorNoDevice);
    if (bytes > emulator::capacity - emulator::used()) return emulator::report(cudaErrorMemoryAllocation);
    void* block = ::operator new (bytes, std::align_val_t{256});
    emulator::poison(block, bytes);
    emulator::memory[block] = bytes;
    ++emulator::allocations;
    *address = static_cast<T*>(block);
    return cudaSuccess;
}
inline cudaError_t cudaFree(void* address) {
    if (address == nullptr) return cudaSuccess;
    if (emulator::memory.erase(address) == 0) return emulator::report(cudaErrorInvalidValue);
    ::operator delete (address, std::align_val_t{256});
    return cudaSuccess;
}
template <class T>
cudaError_t cudaMallocHost(T** address, std::size_t bytes) {
    *address = static_cast<T*>(std::malloc(bytes));
    return *address ? cudaSuccess : emulator::report(cudaErrorMemoryAllocation);
}
inline cudaError_t cudaFreeHost(void* address) {
    std::free(address);
    return cudaSuccess;
}

// ---- streams, events, graphs ----------------------------------------------------------------------------------------

namespace emulator {
struct Graph {
    std::vector<std::function<void()>> work;
};
struct Stream {
    std::unique_ptr<Graph> captured;  ///< the work that is recorded while the stream is captured
    Stream* joined = nullptr;         ///< the stream in whose capture this one takes part
};
struct Event {
    std::chrono::steady_clock::time_point time;  // of recording, since work is done at once
    Stream* stream = nullptr;
};
/// Does the work now, or records it if the stream is captured.
inline cudaError_t enqueue(Stream* stream, std::function<void()> work) {
    if (stream && stream->joined) stream = stream->joined;
    if (stream && stream->captured)
        stream->captured->work.push_back(std::move(work));
    else
        work();
    return cudaSuccess;
}
}  // namespace emulator

using cudaStream_t = emulator::Stream*;
using cudaEvent_t = emulator::Event*;
using cudaGraph_t = emulator::Graph*;
using cudaGraphExec_t = emulator::Graph*;
inline constexpr unsigned cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2;
enum cudaStreamCaptureMode { cudaStreamCaptureModeGlobal, cudaStreamCaptureModeThreadLocal };

inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
    if (emulator::device_count == 0) return emulator::report(cudaErrorNoDevice);
    *stream = new emulator::Stream;
    return cudaSuccess;
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    delete stream;
    return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaStreamQuery(cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
    *event = new emulator::Event;
    return cudaSuccess;
}
inline cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, 0); }
inline cudaError_t cudaEventDestroy(cudaEvent_t event) {
    delete event;
    return cudaSuccess;
}
inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    *event = {std::chrono::steady_clock::now(), stream};
    return cudaSuccess;
}
inline cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
    *milliseconds = std::chrono::duration<float, std::milli>(end->time - begin->time).count();
    return cudaSuccess;
}
inline cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
/// A stream that waits for a captured one takes part in its capture.
inline cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned = 0) {
    if (event->stream && event->stream->captured && event->stream != stream) stream->joined = event->stream;
    return cudaSuccess;
}

inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
    return emulator::enqueue(stream, [=] { std::memmove(to, from, bytes); });
}
inline cudaError_t cudaMemsetAsync(void* address, int value, std::size_t bytes, cudaStream_t stream) {
    return emulator::enqueue(stream, [=] { std::memset(address, value, bytes); });
}

inline cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    stream->captured = std::make_unique<emulator::Graph>();
    return cudaSuccess;
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
    *graph = stream->captured.release();
    return cudaSuccess;
}
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* runnable, cudaGraph_t graph, unsigned long long = 0) {
    *runnable = new emulator::Graph(*graph);
    return cudaSuccess;
}
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t runnable, cudaStream_t) {
    for (const auto& work : runnable->work) work();
    return cudaSuccess;
}
inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    return cudaSuccess;
}
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t runnable) {
    delete runnable;
    return cudaSuccess;
}

// ---- kernels --------------------------------------------------------------------------------------------------------

enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };

template <class... Arguments>
cudaError_t cudaFuncSetAttribute(void (*kernel)(Arguments...), cudaFuncAttribute, int value) {
    if (static_cast<std::size_t>(value) > emulator::shared_capacity) return emulator::report(cudaErrorInvalidValue);
    emulator::shared_limits[reinterpret_cast<const void*>(kernel)] = static_cast<std::size_t>(value);
    return cudaSuccess;
}

namespace emulator {

inline unsigned char* shared_memory = nullptr;  ///< of the running block

/// Runs a kernel's grid, block by block.
inline void run_grid(dim3 grid, dim3 block, std::size_t shared_bytes, const std::function<void()>& kernel) {
    ++launches;
    const unsigned threads = block.x * block.y * block.z;
    constexpr std::align_val_t alignment{128};
    const auto release = [](unsigned char* address) { ::operator delete(address, alignment); };
    const std::unique_ptr<unsigned char, decltype(release)> shared(
        static_cast<unsigned char*>(::operator new(shared_bytes, alignment)), release);
    gridDim = grid;
    blockDim = block;
    const auto place = [&](unsigned thread) {
        threadIdx = {thread % block.x, thread / block.x % block.y, thread / block.x / block.y};
    };
    for (unsigned z = 0; z < grid.z; ++z)
        for (unsigned y = 0; y < grid.y; ++y)
            for (unsigned x = 0; x < grid.x; ++x) {
                blockIdx = {x, y, z};
                poison(shared.get(), shared_bytes);
                shared_memory = shared.get();
                run_fibers(threads, launches % 2 == 0, place, kernel);
            }
}

}  // namespace emulator

namespace emulator {

/// The error of a launch, or cudaSuccess.
inline cudaError_t check_launch(const void* kernel, dim3 grid, dim3 block, std::size_t shared_bytes) {
    const std::size_t threads = std::size_t{block.x} * block.y * block.z;
    const auto limit = shared_limits.find(kernel);
    if (threads == 0 || threads > 1024 || grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.y > 65535 || grid.z > 65535)
        return cudaErrorInvalidConfiguration;
    if (shared_bytes > (limit == shared_limits.end() ? 48 * 1024 : limit->second)) return cudaErrorInvalidValue;
    if (fail_launch >= 0 && fail_launch-- == 0) return cudaErrorLaunchFailure;
    return cudaSuccess;
}

}  // namespace emulator

template <class... Arguments>
cudaError_t cudaLaunchKernel(void (*kernel)(Arguments...), dim3 grid, dim3 block, void** arguments,
                             std::size_t shared_bytes, cudaStream_t stream) {
    const cudaError_t error = emulator::check_launch(reinterpret_cast<const void*>(kernel), grid, block, shared_bytes);
    if (error != cudaSuccess) return emulator::report(error);
    // The arguments are copied now, as in CUDA, because the work may run later.
    const auto copies = [&]<std::size_t... I>(std::index_sequence<I...>) {
        return std::tuple<std::remove_cvref_t<Arguments>...>{
            *static_cast<std::remove_cvref_t<Arguments>*>(arguments[I])...};
    }
    (std::index_sequence_for<Arguments...>{});
    return emulator::enqueue(
        stream, [=] { emulator::run_grid(grid, block, shared_bytes, [&] { std::apply(kernel, copies); }); });
}

// ---- what device code calls -----------------------------------------------------------------------------------------

inline void __syncthreads() { emulator::block_barrier(); }
inline void __syncwarp(unsigned = 0xFFFFFFFFu) { emulator::warp_barrier(); }

namespace emulator {

/// Returns the `value` that lane `source(lane)` of this warp passes.
template <class T, class Source>
T exchange(T value, Source&& source) {
    static_assert(sizeof(T) <= 8);
    Mailbox& mailbox = this_warps_mailbox();
    const unsigned lane = this_lane();
    std::memcpy(&mailbox.letters[lane], &value, sizeof(T));
    warp_barrier();
    T received;
    std::memcpy(&received, &mailbox.letters[source(lane) % 32], sizeof(T));
    warp_barrier();
    return received;
}

}  // namespace emulator

template <class T>
T __shfl_sync(unsigned, T value, int lane) {
    return emulator::exchange(value, [=](unsigned) { return static_cast<unsigned>(lane); });
}
template <class T>
T __shfl_xor_sync(unsigned, T value, int mask) {
    return emulator::exchange(value, [=](unsigned lane) { return lane ^ static_cast<unsigned>(mask); });
}
template <class T>
T __shfl_down_sync(unsigned, T value, unsigned by) {
    return emulator::exchange(value, [=](unsigned lane) { return lane + by < 32 ? lane + by : lane; });
}

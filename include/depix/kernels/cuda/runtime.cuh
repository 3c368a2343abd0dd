// The CUDA runtime as C++. Errors are exceptions; memory, streams and graphs are owned by objects; a kernel is launched
// by a function call.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "depix/error.hpp"

namespace depix::cuda {

/// Throws DeviceError, saying what could not be done and why, unless `error` is success.
inline void check(cudaError_t error, const char* what) {
    if (error == cudaSuccess) return;
    cudaGetLastError();  // forgets it, so that the next call does not report it again
    throw DeviceError(std::string("depix: CUDA cannot ").append(what).append(": ").append(cudaGetErrorString(error)));
}

/// Throws DeviceError where there is no GPU, or no driver for it.
inline void require_device() {
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    if (error == cudaSuccess && count > 0) return;
    cudaGetLastError();
    const char* why = error == cudaSuccess ? "none is installed" : cudaGetErrorString(error);
    throw DeviceError(std::string("depix: the backend Cuda needs a GPU: ").append(why));
}

/// The first member of every class that needs a GPU, so that the exception says so if there is none.
struct Device {
    Device() { require_device(); }
};

/// Memory on the device. Throws DeviceError, which says how much was asked for and how much there is.
struct OnTheDevice {
    static void* allocate(std::size_t bytes) {
        void* memory = nullptr;
        const cudaError_t error = cudaMalloc(&memory, bytes);
        if (error == cudaSuccess) return memory;
        cudaGetLastError();
        require_device();
        std::size_t free = 0, total = 0;
        if (cudaMemGetInfo(&free, &total) != cudaSuccess) cudaGetLastError();
        throw DeviceError("depix: the GPU cannot give " + std::to_string(bytes) + " bytes; " + std::to_string(free) +
                          " of its " + std::to_string(total) + " are free: " + cudaGetErrorString(error));
    }
    static void release(void* memory) { cudaFree(memory); }
};
/// Memory of the host, in pages that are never moved, so that the device can copy from and to them while the host goes
/// on.
struct PinnedOnTheHost {
    static void* allocate(std::size_t bytes) {
        void* memory = nullptr;
        check(cudaMallocHost(&memory, bytes), "pin memory of the host");
        return memory;
    }
    static void release(void* memory) { cudaFreeHost(memory); }
};

/// Memory that is owned. Not initialised.
template <class T, class Place>
class OwnedMemory {
  public:
    OwnedMemory() = default;
    explicit OwnedMemory(std::size_t count) { reserve(count); }
    OwnedMemory(OwnedMemory&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    OwnedMemory& operator=(OwnedMemory&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~OwnedMemory() { Place::release(data_); }

    /// Makes room for `count` elements. If there was less room before, the old elements are lost.
    void reserve(std::size_t count) {
        if (count <= size_) return;
        Place::release(std::exchange(data_, nullptr));
        size_ = 0;
        data_ = static_cast<T*>(Place::allocate(count * sizeof(T)));
        size_ = count;
    }
    T* data() const { return data_; }
    std::size_t size() const { return size_; }

  private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};
template <class T>
using Memory = OwnedMemory<T, OnTheDevice>;
template <class T>
using PinnedMemory = OwnedMemory<T, PinnedOnTheHost>;

/// Work that is done in order, in parallel with the work of other streams.
class Stream {
  public:
    Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "make a stream"); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() { cudaStreamDestroy(stream_); }

    operator cudaStream_t() const { return stream_; }  // NOLINT: implicit, because the runtime's own calls take it

    /// Returns when all work of the stream is done. Throws if any kernel so far had an error.
    void wait() const { check(cudaStreamSynchronize(stream_), "finish a stream's work"); }

  private:
    cudaStream_t stream_ = nullptr;
};

/// A point in a stream's work that another stream, or the host, can wait for.
class Event {
  public:
    Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "make an event"); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() { cudaEventDestroy(event_); }

    void record(cudaStream_t stream) const { check(cudaEventRecord(event_, stream), "record an event"); }
    void wait() const { check(cudaEventSynchronize(event_), "wait for an event"); }
    void let_wait(cudaStream_t stream) const { check(cudaStreamWaitEvent(stream, event_, 0), "wait for an event"); }

  private:
    cudaEvent_t event_ = nullptr;
};

/// A stream's work, recorded once and then launched as a whole. So a whole network takes one call.
class Graph {
  public:
    Graph() = default;
    Graph(Graph&& other) noexcept : graph_(std::exchange(other.graph_, nullptr)) {}
    Graph& operator=(Graph&& other) noexcept {
        std::swap(graph_, other.graph_);
        return *this;
    }
    ~Graph() {
        if (graph_) cudaGraphExecDestroy(graph_);
    }

    /// Records what `work()` asks of the stream, which does not run any of it yet.
    template <class Work>
    static Graph capture(cudaStream_t stream, Work&& work) {
        check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "begin to capture a graph");
        cudaGraph_t captured = nullptr;
        try {
            work();
        } catch (...) {
            if (cudaStreamEndCapture(stream, &captured) == cudaSuccess) cudaGraphDestroy(captured);
            throw;
        }
        check(cudaStreamEndCapture(stream, &captured), "capture a graph");
        Graph graph;
        const cudaError_t error = cudaGraphInstantiate(&graph.graph_, captured, 0);
        cudaGraphDestroy(captured);
        check(error, "make a graph runnable");
        return graph;
    }
    void launch(cudaStream_t stream) const { check(cudaGraphLaunch(graph_, stream), "launch a graph"); }
    explicit operator bool() const { return graph_ != nullptr; }

  private:
    cudaGraphExec_t graph_ = nullptr;
};

/// Copies `count` elements from the host to the device. The host's memory must be pinned, and must stay valid until the
/// copy is done.
template <class T>
void upload(cudaStream_t stream, const T* host, T* device, std::size_t count) {
    if (count == 0) return;
    check(cudaMemcpyAsync(device, host, count * sizeof(T), cudaMemcpyHostToDevice, stream), "copy to the GPU");
}
template <class T>
void download(cudaStream_t stream, const T* device, T* host, std::size_t count) {
    if (count == 0) return;
    check(cudaMemcpyAsync(host, device, count * sizeof(T), cudaMemcpyDeviceToHost, stream), "copy from the GPU");
}
/// Sets every byte of `count` elements to zero.
template <class T>
void clear(cudaStream_t stream, T* device, std::size_t count) {
    if (count == 0) return;
    check(cudaMemsetAsync(device, 0, count * sizeof(T), stream), "clear memory of the GPU");
}

/// kernel<<<grid, block, shared_bytes, stream>>>(arguments...), with errors checked. An empty grid launches nothing.
template <class... Parameters, class... Arguments>
void launch(cudaStream_t stream, void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t shared_bytes,
            const Arguments&... arguments) {
    if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
    constexpr std::size_t without_asking = 48 * 1024;
    if (shared_bytes > without_asking)
        check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes)),
              "give a kernel so much shared memory");
    std::tuple<std::remove_cvref_t<Parameters>...> values(arguments...);
    std::apply(
        [&](auto&... value) {
            void* pointers[] = {&value...};
            check(cudaLaunchKernel(kernel, grid, block, pointers, shared_bytes, stream), "launch a kernel");
        },
        values);
}

/// The block's shared memory, of as many bytes as `launch` was told. All kernels of depix get it from here.
template <class T>
__device__ T* shared_memory() {
#ifdef DEPIX_CUDA_EMULATED
    return reinterpret_cast<T*>(emulator::shared_memory);
#else
    extern __shared__ __align__(128) unsigned char depix_shared_memory[];
    return reinterpret_cast<T*>(depix_shared_memory);
#endif
}

}  // namespace depix::cuda

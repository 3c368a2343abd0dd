// Tests what the emulator promises to the other tests.
#include <doctest/doctest.h>

#include <vector>

#include "depix/kernels/cuda/reduce.cuh"

using namespace depix;

namespace {

/// y[i] = x[last - i], through shared memory.
void reverse(const float* x, float* y, bool wait) {
    float* shared = cuda::shared_memory<float>();
    shared[threadIdx.x] = x[threadIdx.x];
    if (wait) __syncthreads();
    y[threadIdx.x] = shared[blockDim.x - 1 - threadIdx.x];
}

std::vector<float> count_up(int size) {
    std::vector<float> values(static_cast<std::size_t>(size));
    for (int i = 0; i < size; ++i) values[static_cast<std::size_t>(i)] = static_cast<float>(i);
    return values;
}

}  // namespace

TEST_CASE("threads meet at barriers") {
    const std::vector<float> x = count_up(100);
    std::vector<float> y(100);
    for (int launches = 0; launches < 2; ++launches) {
        cuda::launch(nullptr, reverse, dim3(1), dim3(100), 100 * sizeof(float), x.data(), y.data(), true);
        for (std::size_t i = 0; i < 100; ++i) CHECK(y[i] == x[99 - i]);
    }
}

TEST_CASE("a missing barrier shows") {
    const std::vector<float> x = count_up(64);
    std::vector<float> y(64);
    cuda::launch(nullptr, reverse, dim3(1), dim3(64), 64 * sizeof(float), x.data(), y.data(), false);
    bool wrong = false;
    for (std::size_t i = 0; i < 64; ++i) wrong = wrong || !(y[i] == x[63 - i]);  // shared memory starts as NaN
    CHECK(wrong);
}

TEST_CASE("threads that wait for each other at different barriers are found out") {
    void (*kernel)(int) = [](int) {
        if (threadIdx.x == 0)
            __syncthreads();
        else
            __syncwarp();
    };
    CHECK_THROWS_WITH_AS(cuda::launch(nullptr, kernel, dim3(1), dim3(32), 0, 0),
                         "emulator: the threads of a block wait for each other at different barriers",
                         std::logic_error);
}

TEST_CASE("launches, memory and devices fail as they do on a card") {
    std::vector<float> y(64);
    const float* x = y.data();
    CHECK_THROWS_WITH_AS(cuda::launch(nullptr, reverse, dim3(1), dim3(2048), 0, x, y.data(), true),
                         "depix: CUDA cannot launch a kernel: invalid configuration argument", DeviceError);
    CHECK_THROWS_AS(cuda::launch(nullptr, reverse, dim3(1), dim3(64), std::size_t{1} << 20, x, y.data(), true),
                    DeviceError);
    cuda::launch(nullptr, reverse, dim3(1, 0), dim3(64), 0, x, y.data(), true);  // an empty grid

    const std::size_t capacity = std::exchange(emulator::capacity, 1000);
    CHECK_THROWS_WITH_AS(cuda::Memory<float>(251),
                         "depix: the GPU cannot give 1004 bytes; 1000 of its 1000 are free: out of memory",
                         DeviceError);
    cuda::Memory<float> memory(100);
    CHECK_THROWS_AS(memory.reserve(251), DeviceError);
    CHECK(memory.size() == 0);
    memory.reserve(250);
    emulator::capacity = capacity;

    emulator::device_count = 0;
    CHECK_THROWS_WITH_AS(cuda::require_device(),
                         "depix: the backend Cuda needs a GPU: no CUDA-capable device is detected", DeviceError);
    emulator::device_count = 1;
}

TEST_CASE("a graph does what was captured, each time with what memory holds then") {
    std::vector<float> x = count_up(32), y(32);
    const cuda::Stream stream;
    const cuda::Graph graph = cuda::Graph::capture(stream, [&] {
        cuda::launch(stream, reverse, dim3(1), dim3(32), 32 * sizeof(float), static_cast<const float*>(x.data()),
                     y.data(), true);
    });
    CHECK(y[0] == 0);
    for (const float first : {0.f, 100.f}) {
        x[31] = first;
        graph.launch(stream);
        CHECK(y[0] == first);
    }
}

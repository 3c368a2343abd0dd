// Measures the convolutions with groups and with dilation by themselves, without a network around them. Depthwise ones
// are limited by memory, so `copy` moves a map of the same size from one place to another, for comparison:
//
//     cmake --build --preset release --target benchmark_depthwise && build/release/benchmarks/benchmark_depthwise
#include <benchmark/benchmark.h>

#include <vector>

#include "depix/depix.hpp"

namespace {

using namespace depix;

template <class Work>
void run(benchmark::State& state, double bytes, const Work& work) {
    const int threads = static_cast<int>(state.range(0));
    for (auto _ : state) {
        cpu::run_team(threads, work);
        benchmark::ClobberMemory();
    }
    state.counters["GB/s"] = benchmark::Counter(bytes * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

/// A layer's forward pass on a map of 64 channels. "GB/s" counts its input once, and its output once.
template <class L, int Size>
void layer(benchmark::State& state) {
    constexpr Shape shape{64, Size, Size}, output = L::output(shape);
    constexpr cpu::ConvKernels kernels = kernels::Kernel<Cpu, L>::kernels;
    constexpr cpu::Algorithm algorithm = kernels.layer_algorithm();
    const auto order = state.range(0) > 1 ? cpu::MapOrder::Rows : cpu::MapOrder::Channels;
    const cpu::MapLayout from(shape, L::traits.halo, order), to(output, 1, order);
    AlignedMemory<float> input, result;
    input.reserve(static_cast<std::size_t>(from.size));
    result.reserve(static_cast<std::size_t>(to.size));
    const View<float> x = cpu::map_view(input.data(), 1, shape, from), y = cpu::map_view(result.data(), 1, output, to);
    fill(x, 0.5f);
    const std::vector<float> weights(layer_info<L>.parameter_count, 0.1f);
    std::vector<float> packed(kernels.forward_size(algorithm));
    kernels.pack_forward(algorithm, weights.data(), nullptr, packed.data(), cpu::Team{});
    const cpu::Epilogue epilogue{weights.data(), {0.f}};
    run(state, 4.0 * static_cast<double>(shape.size() + output.size()), [&](cpu::Team team) {
        const cpu::Part rows = team.share(output.height);
        kernels.rows(algorithm)(View<const float>(x), 0, packed.data(), kernels.geometry.padding_before, epilogue, y,
                                rows.first, rows.last);
    });
    state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(L::multiply_adds(shape)),
                                                   benchmark::Counter::kIsIterationInvariantRate);
}

template <int Size>
void copy_of_the_map(benchmark::State& state) {
    const std::size_t size = Shape{64, Size, Size}.size();
    const std::vector<float> from(size, 0.5f);
    std::vector<float> to(size);
    run(state, 8.0 * static_cast<double>(size), [&](cpu::Team team) {
        const cpu::Part vectors = team.share(static_cast<int>(size) / cpu::vector_width);
        for (int i = vectors.first; i < vectors.last; ++i)
            cpu::store(to.data() + i * cpu::vector_width, cpu::load(from.data() + i * cpu::vector_width));
    });
}

template <int K, class... Options>
using Depthwise = Conv<64, 64, K, Groups<64>, Options...>;

}  // namespace

#define DEPIX_BENCHMARK(...) BENCHMARK(__VA_ARGS__)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond)
DEPIX_BENCHMARK(copy_of_the_map<256>);
DEPIX_BENCHMARK(layer<Depthwise<3>, 256>);
DEPIX_BENCHMARK(layer<Depthwise<3, Stride<2>>, 256>);
DEPIX_BENCHMARK(layer<Depthwise<5>, 256>);
DEPIX_BENCHMARK(layer<Depthwise<7>, 256>);
DEPIX_BENCHMARK(layer<Depthwise<3, Dilation<2>>, 256>);
DEPIX_BENCHMARK(layer<Conv<64, 64, 3, Groups<16>>, 256>);
DEPIX_BENCHMARK(layer<Conv<64, 64, 3, Groups<4>>, 256>);
DEPIX_BENCHMARK(layer<Conv<64, 64, 3, Dilation<2>>, 256>);
DEPIX_BENCHMARK(layer<Conv<64, 64, 7, KernelSize<1, 7>>, 256>);
DEPIX_BENCHMARK(copy_of_the_map<1024>);
DEPIX_BENCHMARK(layer<Depthwise<3>, 1024>);
DEPIX_BENCHMARK(layer<Depthwise<5>, 1024>);
DEPIX_BENCHMARK(layer<Depthwise<7>, 1024>);

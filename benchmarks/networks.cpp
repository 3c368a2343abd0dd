// Measures whole networks: restoring one picture, and one step of training. To be run on a quiet machine:
//
//     cmake --build --preset release --target benchmarks && build/release/benchmarks/benchmark_networks
#include <benchmark/benchmark.h>

#include "depix/depix.hpp"

namespace {

using namespace depix;

template <class Network>
void restore(benchmark::State& state, Shape shape) {
    const Model<Network> model;
    const Inference<Network> network{model, static_cast<int>(state.range(0))};
    const Image image(shape, 0.5f);
    Image restored(Network::output(shape));
    for (auto _ : state) {
        network.run(image.view(), restored.view());
        benchmark::DoNotOptimize(restored.pixels.data());
    }
    // Every multiply-add of the convolutions counts as two operations.
    const double operations = 2.0 * static_cast<double>(multiply_adds<Network>(shape));
    state.counters["GFLOP/s"] = benchmark::Counter(operations * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
    state.counters["workspace_bytes"] = static_cast<double>(network.workspace_bytes(shape));
    state.counters["lower_bound"] =
        static_cast<double>(workspace_lower_bound<Network>(shape, static_cast<int>(state.range(0))));
}

template <class Network>
void train(benchmark::State& state, Shape shape, int batch) {
    Model<Network> model;
    Trainer trainer{model, MeanSquaredError{}, Adam{}, Cpu{}, static_cast<int>(state.range(0))};
    const Tensor<float> input(batch, shape, 0.5f), target(batch, Network::output(shape), 0.25f);
    for (auto _ : state) benchmark::DoNotOptimize(trainer.step(input, target));
    state.counters["pictures/s"] = benchmark::Counter(batch, benchmark::Counter::kIsIterationInvariantRate);
    state.counters["workspace_bytes"] = static_cast<double>(trainer.workspace_bytes());
}

void restore_depixelizer(benchmark::State& state) { restore<Depixelizer>(state, {3, 64, 256}); }
void restore_text(benchmark::State& state) { restore<TextRestorer>(state, {3, 64, 256}); }
void restore_document(benchmark::State& state) { restore<DocumentsAutoencoder>(state, {1, 420, 540}); }
void restore_page(benchmark::State& state) { restore<PageCleaner>(state, {1, 424, 544}); }
void restore_unet(benchmark::State& state) { restore<PixelShuffleUNet<>>(state, {3, 512, 512}); }
void restore_unet_16(benchmark::State& state) { restore<PixelShuffleUNet<16>>(state, {3, 512, 512}); }

void train_depixelizer(benchmark::State& state) { train<Depixelizer>(state, {3, 64, 256}, 32); }
void train_document(benchmark::State& state) { train<DocumentsAutoencoder>(state, {1, 420, 540}, 16); }
void train_unet(benchmark::State& state) { train<PixelShuffleUNet<>>(state, {3, 512, 512}, 1); }

}  // namespace

#define DEPIX_BENCHMARK(name) BENCHMARK(name)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond)
DEPIX_BENCHMARK(restore_depixelizer);
DEPIX_BENCHMARK(restore_text);
DEPIX_BENCHMARK(restore_document);
DEPIX_BENCHMARK(restore_page);
DEPIX_BENCHMARK(restore_unet);
DEPIX_BENCHMARK(restore_unet_16);
DEPIX_BENCHMARK(train_depixelizer);
DEPIX_BENCHMARK(train_document);
DEPIX_BENCHMARK(train_unet);

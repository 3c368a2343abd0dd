// depix in the race on a card: one program for each network and precision, which CMake defines as DEPIX_PEER_NETWORK
// and DEPIX_PEER_PRECISION.
//
//     WORKER FOLDER NETWORK SHAPE 1 restore|train      (peers/worker.hpp: files, and how a worker announces itself)
//
// For each line "0 device|host RUNS" of standard input it prints one number, the mean milliseconds of one of RUNS runs:
//
//   device   the time of the device alone, by its own clock: events before the first run and after the last, with no
//            wait in between. Input and output lie in its memory; a run is one launch of a graph.
//   host     the time from the caller's memory back to it, by the host's clock. It waits for every picture. For
//            training steps, each with a batch from the host, it waits only at the end, as in an epoch.
//
// For a rehearsal without a card, from the repository's root:
//
//     g++ -std=c++20 -O1 -I tests/cuda/emulator -I include -DDEPIX_PEER_PRECISION=Float32
//         -DDEPIX_PEER_NETWORK='"depixelizer"' -x c++ benchmarks/cuda/worker_depix.cu
//         -o FOLDER/worker_cuda_depixelizer_float32
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "../peers/worker_networks.hpp"
#include "depix/cuda.cuh"

namespace {

using namespace depix;
using peers::Network;
using Backend = CudaWith<precision::DEPIX_PEER_PRECISION>;

/// A moment by the device's clock. (cuda::Event keeps no time, which is cheaper.)
class Moment {
  public:
    Moment() { cuda::check(cudaEventCreate(&event_), "make an event"); }
    Moment(const Moment&) = delete;
    Moment& operator=(const Moment&) = delete;
    ~Moment() { cudaEventDestroy(event_); }

    void record(cudaStream_t stream) const { cuda::check(cudaEventRecord(event_, stream), "record an event"); }
    /// Milliseconds. Waits for `end`.
    friend double operator-(const Moment& end, const Moment& begin) {
        float milliseconds = 0;
        cuda::check(cudaEventSynchronize(end.event_), "wait for an event");
        cuda::check(cudaEventElapsedTime(&milliseconds, begin.event_, end.event_), "tell the time between events");
        return static_cast<double>(milliseconds);
    }

  private:
    cudaEvent_t event_ = nullptr;
};

/// A quarter as many runs go ahead. They raise the clocks, and the stream has work when the first event is recorded.
template <class Run>
double time_on_device(cudaStream_t stream, int runs, Run&& run) {
    const Moment begin, end;
    for (int i = 0; i <= runs / 4; ++i) run();
    begin.record(stream);
    for (int i = 0; i < runs; ++i) run();
    end.record(stream);
    return (end - begin) / runs;
}

template <class Run, class Wait>
double time_on_host(int runs, Run&& run, Wait&& wait) {
    run();
    wait();
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < runs; ++i) run();
    wait();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() / runs;
}

/// Answers until the end of standard input. A time below 0 means that there is none.
template <class OnDevice, class OnHost>
void serve(OnDevice&& on_device, OnHost&& on_host) {
    for (char line[64]; std::fgets(line, sizeof line, stdin);) {
        char where[16];
        int runs = 0;
        if (std::sscanf(line, "%*d %15s %d", where, &runs) != 2 || runs < 1)
            throw std::runtime_error(std::string("not understood: ").append(line));
        const double time = std::string(where) == "device" ? on_device(runs) : on_host(runs);
        std::printf(time < 0 ? "null\n" : "%.6f\n", time);
        std::fflush(stdout);
    }
}

void restore(const Model<Network>& model, const peers::Job& job) {
    const Shape shape{job.channels, job.height, job.width};
    const Tensor<float> input = peers::read_tensor(job.path + ".input.f32", job.batch, shape);
    const std::vector<float> exact = peers::read_floats(job.path + ".output.f32");
    const Inference<Network, Backend> network{model};
    Tensor<float> output(job.batch, Network::output(shape));
    network.run(input.view(), output.view());
    double error = peers::largest_difference(output.data, exact);

    // The network alone: what Inference does between upload and download, as its own graph.
    using Engine = detail::InferenceEngine<Backend, Network, float>;
    const Engine engine{model.parameters().data(), model.statistics().data(), 0, 0};
    typename Engine::WorkspaceType workspace;
    engine.prepare(workspace, shape, job.batch, 0);
    engine.infer(input.view(), output.view(), workspace);  // from now on the picture lies in the workspace
    const cuda::Graph graph = cuda::Graph::capture(workspace.stream, [&] { engine.enqueue(workspace, job.batch); });

    // The graph must make this picture too. It runs twice, because a run could destroy its own input.
    for (int i = 0; i < 2; ++i) {
        float* const result = Engine::output_floats(workspace);
        cuda::check(cudaMemsetAsync(result, 0xFF, output.data.size() * sizeof(float), workspace.stream), "set to NaN");
        graph.launch(workspace.stream);
        cuda::download(workspace.stream, static_cast<const float*>(result), output.data.data(), output.data.size());
        workspace.stream.wait();
        error = std::max(error, peers::largest_difference(output.data, exact));
    }

    peers::announce(peers::error_fact(error));
    serve([&](int runs) { return time_on_device(workspace.stream, runs, [&] { graph.launch(workspace.stream); }); },
          [&](int runs) {
              return time_on_host(
                  runs, [&] { network.run(input.view(), output.view()); }, [] {});
          });
}

// This is a template, so that it compiles where the Trainer has no step_graph or stream.
template <class TrainerType>
double time_steps_on_device([[maybe_unused]] TrainerType& trainer, [[maybe_unused]] int runs) {
    if constexpr (requires { trainer.step_graph().launch(trainer.stream()); })
        return time_on_device(trainer.stream(), runs, [&] { trainer.step_graph().launch(trainer.stream()); });
    else
        return -1;
}

void train(Model<Network>& model, const peers::Job& job) {
    const Shape shape{job.channels, job.height, job.width};
    Trainer trainer{model, peers::Loss{}, Adam{.learning_rate = peers::learning_rate}, Backend{}};
    const Tensor<float> input = peers::read_tensor(job.path + ".training_input.f32", job.batch, shape);
    const Tensor<float> target =
        peers::read_tensor(job.path + ".training_target.f32", job.batch, Network::output(shape));
    peers::announce(peers::loss_fact([&] { return trainer.step(input, target); }));
    serve([&](int runs) { return time_steps_on_device(trainer, runs); },
          [&](int runs) {
              return time_on_host(
                  runs, [&] { trainer.enqueue(input, target); }, [&] { trainer.last_loss(); });
          });
}

}  // namespace

int main(int count, char** arguments) {
    return peers::run(count, arguments, [](const peers::Job& job) {
        Model<Network> model = peers::read_model(job);
        job.training ? train(model, job) : restore(model, job);
    });
}

// Measures how time grows with the batch, the threads and the size of a picture. It takes some minutes on a quiet
// machine:
//
//     cmake --build --preset release --target benchmarks
//     build/release/benchmarks/benchmark_scaling [ROUNDS [LARGEST_SIDE]]       (5, 4096)
//
// The entries of one row, or of one table of batches, are measured in turn, ROUNDS times over, so that other load on
// the machine affects all of them alike. Tables hold medians.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "depix/depix.hpp"
#include "depix/restore/restore.hpp"

namespace {

using namespace depix;

struct Options {
    int rounds = 5;
    int largest_side = 4096;
};

/// Something to measure: `run` works on `amount` pixels, or pictures.
struct Job {
    double amount;
    std::function<void()> prepare, run;
    std::vector<double> seconds = {};  ///< of one run, once each round

    void take_turn() {
        using Clock = std::chrono::steady_clock;
        prepare();
        run();  // wakes the threads, fills the caches
        const auto start = Clock::now();
        std::chrono::duration<double> passed{};
        int runs = 0;
        for (; passed.count() < 0.05; ++runs, passed = Clock::now() - start) run();
        seconds.push_back(passed.count() / runs);
    }
    double median() const {
        std::vector<double> sorted = seconds;
        std::sort(sorted.begin(), sorted.end());
        return sorted[sorted.size() / 2];
    }
};

void measure_in_turn(std::vector<Job>& jobs, int rounds) {
    for (int round = 0; round < rounds; ++round)
        for (Job& job : jobs) job.take_turn();
}

// ---- batches --------------------------------------------------------------------------------------------------------

constexpr int batches[] = {1, 2, 4, 8, 16, 32, 64};

/// Adds a job for each batch.
template <class Network>
class BatchRuns {
  public:
    BatchRuns(Shape shape, int threads, std::vector<Job>& jobs)
        : network_(Model<Network>{}, threads), input_(64, shape, 0.5f), output_(64, Network::output(shape)) {
        for (const int batch : batches)
            jobs.push_back(
                {static_cast<double>(batch), [] {},
                 [this, batch] { network_.run(input_.view().images(0, batch), output_.view().images(0, batch)); }});
    }
    BatchRuns(const BatchRuns&) = delete;  // the jobs refer to this one
    BatchRuns& operator=(const BatchRuns&) = delete;

  private:
    Inference<Network> network_;
    Tensor<float> input_, output_;
};

void print_batches(const Options& options) {
    std::vector<Job> jobs;
    const BatchRuns<Depixelizer> depixelizer_1({3, 64, 256}, 1, jobs), depixelizer_2({3, 64, 256}, 2, jobs);
    const BatchRuns<DocumentsAutoencoder> documents_1({1, 420, 540}, 1, jobs), documents_2({1, 420, 540}, 2, jobs);
    measure_in_turn(jobs, options.rounds);
    std::printf("Pictures a second\n\n");
    std::printf("| batch | depixelizer, 1 thread | 2 threads | documents autoencoder, 1 thread | 2 threads |\n");
    std::printf("| --- | --- | --- | --- | --- |\n");
    for (std::size_t row = 0; row < std::size(batches); ++row) {
        std::printf("| %d |", batches[row]);
        for (std::size_t i = row; i < jobs.size(); i += std::size(batches))
            std::printf(" %.1f |", jobs[i].amount / jobs[i].median());
        std::printf("\n");
    }
}

// ---- sizes ----------------------------------------------------------------------------------------------------------

constexpr int sides[] = {256, 512, 1024, 2048, 4096};
constexpr std::size_t max_workspace = std::size_t{3} << 30;

enum class Way { Whole, Tiled };

template <class Network>
void print_sides(const char* name, Way way, int threads, const Options& options) {
    const Inference<Network> network{Model<Network>{}, threads};
    struct Images {
        Image input, output;
    };
    std::list<Images> images;  // jobs refer to them
    std::vector<Job> jobs;
    std::string left_out;
    for (const int side : sides) {
        const Shape shape{Network::in_channels, side, side};
        if (side > options.largest_side) break;
        const std::size_t workspace = network.workspace_bytes(shape);
        if (way == Way::Whole && workspace > max_workspace) {
            char text[96];
            std::snprintf(text, sizeof text, " %d would work in %.1f GiB: left out.", side,
                          static_cast<double>(workspace) / (1 << 30));
            left_out += text;
            continue;
        }
        Images& pair = images.emplace_back(Image(shape, 0.5f), Image(Network::output(shape)));
        const auto pixels = static_cast<double>(shape.area());
        if (way == Way::Whole)
            // The network is prepared before the clock starts, because it lays out its memory anew when the size
            // changes.
            jobs.push_back({pixels, [&network, shape] { network.prepare(shape); },
                            [&] { network.run(pair.input.view(), pair.output.view()); }});
        else
            jobs.push_back({pixels, [] {}, [&] { pair.output = restore(network, pair.input, Tiles{}); }});
    }
    measure_in_turn(jobs, options.rounds);
    std::printf("| %s, %s | %d |", name, way == Way::Whole ? "whole" : "in tiles", threads);
    const auto per_pixel = [](const Job& job) { return 1e9 * job.median() / job.amount; };
    for (const Job& job : jobs) std::printf(" %.2f |", per_pixel(job));
    for (std::size_t i = jobs.size(); i < std::size(sides); ++i) std::printf(" - |");
    std::printf(" %.2f |%s\n", per_pixel(jobs.back()) / per_pixel(jobs.front()), left_out.c_str());
    std::fflush(stdout);
}

void print_all_sides(const Options& options) {
    std::printf(
        "\nNanoseconds a pixel, for squares of so many pixels a side; the last column: the largest's by the "
        "smallest's\n\n| network | threads |");
    for (const int side : sides) std::printf(" %d |", side);
    std::printf(" |\n| --- | --- |");
    for (std::size_t i = 0; i <= std::size(sides); ++i) std::printf(" --- |");
    std::printf("\n");
    for (const int threads : {1, 2}) {
        print_sides<Depixelizer>("depixelizer", Way::Whole, threads, options);
        for (const Way way : {Way::Whole, Way::Tiled}) {
            print_sides<DocumentsAutoencoder>("documents autoencoder", way, threads, options);
            print_sides<PixelShuffleUNet<16>>("pixel-shuffle U-Net, 16 filters", way, threads, options);
        }
    }
}

}  // namespace

int main(int count, char** arguments) {
    Options options;
    if (count > 1) options.rounds = std::max(1, std::atoi(arguments[1]));
    if (count > 2) options.largest_side = std::max(sides[0], std::atoi(arguments[2]));
    print_batches(options);
    print_all_sides(options);
}

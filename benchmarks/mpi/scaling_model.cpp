// A model of training on many machines: how much of P machines' speed remains, from the bytes of the gradients, the
// network between the machines, and the time of a step on one rank.
//
//     scaling_model NETWORK MILLISECONDS PARTS                         the table for 10 and 100 Gbit/s, 2 to 512 ranks
//     scaling_model NETWORK MILLISECONDS PARTS RANKS GBIT BUCKET       one step in milliseconds
//
// MILLISECONDS is a step of one rank on its own share of a batch, which it runs in PARTS parts. Each rank has a machine
// of its own, and the batch grows with the ranks. The model:
//
// - The backward pass takes two thirds of a part's time, shared among the layers by their multiplications.
// - A bucket is sent when the last part's backward pass has completed it, and buckets go one after the other. Each
// takes
//   two phases of (P - 1) / P of its bytes at the network's speed, plus a latency, plus P - 1 messages' overhead.
// - Two gathers of small values are not hidden. What goes on after the backward pass is not hidden either.
//
// Latency and overhead are 30 and 5 microseconds at 10 Gbit/s (TCP), 2 and 0.5 at 100 Gbit/s (InfiniBand or RoCE).
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "depix/depix.hpp"
#include "depix/mpi.hpp"

namespace {

using namespace depix;

struct Bucket {
    double bytes;
    double done;  // share of the backward pass after which it is complete
};

template <class Network>
std::vector<Bucket> find_buckets(Shape input, double bucket_bytes) {
    static constexpr auto plan = detail::TrainingBackend<Cpu>::make_plan<Network>();
    const auto shapes = find_shapes(plan, input);
    std::vector<double> operations;
    double total = 0;
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        operations.push_back(
            static_cast<double>(step.layer.info->multiply_adds(shapes[static_cast<std::size_t>(step.input)])));
        total += operations.back();
    }
    std::vector<Bucket> buckets;
    const std::size_t values = Network::parameter_count;
    for (const detail::GradientBucket& bucket :
         detail::find_gradient_buckets(plan, values, static_cast<std::size_t>(bucket_bytes) / sizeof(float))) {
        double done = 0;
        for (int i = plan.step_count - 1; i >= bucket.step; --i)
            done += operations[static_cast<std::size_t>(i)] / total;
        buckets.push_back({static_cast<double>(sizeof(float) * (bucket.last - bucket.first)), done});
    }
    return buckets;
}

/// The seconds of a step on P ranks; `seconds` are those of one.
double step(const std::vector<Bucket>& buckets, double seconds, int parts, int ranks, double gbit) {
    const double latency = gbit > 50 ? 2e-6 : 30e-6, overhead = gbit > 50 ? 0.5e-6 : 5e-6;
    const double phase = latency + (ranks - 1) * overhead;
    const double backward = seconds / parts * 2 / 3;
    double free = 0;  // when the network has sent the buckets before, from the backward pass's begin
    for (const Bucket& bucket : buckets) {
        const double start = std::max(free, bucket.done * backward);
        free = start + 2 * (phase + bucket.bytes * 8 * (ranks - 1) / ranks / (gbit * 1e9));
    }
    return seconds + std::max(0.0, free - backward) + 2 * phase;
}

template <class Network>
int run(Shape input, int count, char** arguments) {
    const double seconds = 1e-3 * std::atof(arguments[2]);
    const int parts = std::atoi(arguments[3]);
    if (count > 6) {
        const auto buckets = find_buckets<Network>(input, std::atof(arguments[6]));
        std::printf("%.0f ms\n", 1e3 * step(buckets, seconds, parts, std::atoi(arguments[4]), std::atof(arguments[5])));
        return 0;
    }
    const auto buckets = find_buckets<Network>(input, 1 << 20);
    for (const double gbit : {10.0, 100.0}) {
        std::printf("| %s, %.1f MB, %.0f ms | %.0f |", arguments[1],
                    4e-6 * static_cast<double>(Network::parameter_count), 1e3 * seconds, gbit);
        for (const int ranks : {2, 8, 32, 128, 512})
            std::printf(" %.0f %% |", 100 * seconds / step(buckets, seconds, parts, ranks, gbit));
        std::printf("\n");
    }
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 4) return 2;
    const std::string_view name = arguments[1];
    if (name == "unet_16") return run<PixelShuffleUNet<16>>({3, 128, 128}, count, arguments);
    if (name == "de_gan_8") return run<DeGanGenerator<8>>({1, 128, 128}, count, arguments);
    if (name == "srresnet_small") return run<SRResNet<32, 4>>({3, 24, 24}, count, arguments);
    std::fprintf(stderr, "%s: the networks are unet_16, de_gan_8 and srresnet_small\n", arguments[1]);
    return 2;
}

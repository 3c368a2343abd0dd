// Measures training steps on the ranks that mpirun has started, or in one process:
//
//     mpirun -n 2 ranks_unet_16 ranks [STEPS [BUCKET_BYTES [MODE]]]    one thread a rank
//     ranks_unet_16 alone [STEPS [THREADS]]                            Trainer without ranks
//
// MODE is same_bits, fast, bfloat16, or synchronised, which is same_bits with synchronised batch norm.
//
// Prints the median step in milliseconds, the pictures a second that follow from it, and the median processor time of
// the main thread, which other programs on the machine disturb less. mpi/race runs both in turn.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "depix/depix.hpp"
#include "depix/mpi.hpp"

namespace {

using namespace depix;

constexpr std::string_view chosen = DEPIX_RANKS_NETWORK;

constexpr auto network = [] {
    if constexpr (chosen == "unet_16")
        return std::type_identity<PixelShuffleUNet<16>>{};
    else if constexpr (chosen == "de_gan_8")
        return std::type_identity<DeGanGenerator<8>>{};
    else if constexpr (chosen == "de_gan_pytorch_8")
        return std::type_identity<DeGanPyTorchGenerator<8>>{};
    else
        return std::type_identity<SRResNet<32, 4>>{};
}();
using Network = decltype(network)::type;
constexpr int batch = chosen == "srresnet_small" ? 16 : 8;
constexpr Shape input_shape{Network::in_channels, chosen == "srresnet_small" ? 24 : 128,
                            chosen == "srresnet_small" ? 24 : 128};

struct Seconds {
    double elapsed, processor;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double processor_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Medians of `steps` steps, after two that are not counted.
template <class Trainer>
Seconds median_step(Trainer& trainer, const BatchShare& share, int steps) {
    Tensor<float> input(batch, input_shape), target(batch, Network::output(input_shape));
    Random random(1);
    for (float& value : input.data) value = static_cast<float>(random.uniform());
    for (float& value : target.data) value = static_cast<float>(random.uniform());
    const BatchShare::Range own = share.images(batch);
    std::vector<double> elapsed, processor;
    for (int step = 0; step < steps + 2; ++step) {
        const auto start = std::chrono::steady_clock::now();
        const double processor_start = processor_seconds();
        trainer.step(input.view().images(own.first, own.size()), target.view().images(own.first, own.size()));
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
        if (step < 2) continue;
        elapsed.push_back(passed.count());
        processor.push_back(processor_seconds() - processor_start);
    }
    return {median(elapsed), median(processor)};
}

void print(const char* how, const Seconds& seconds) {
    std::printf("%s %s: step of %d pictures %.1f ms, %.1f pictures a second, processor %.1f ms\n", DEPIX_RANKS_NETWORK,
                how, batch, 1e3 * seconds.elapsed, batch / seconds.elapsed, 1e3 * seconds.processor);
}

int on_ranks(int steps, std::size_t bucket_bytes, std::string_view mode) {
    const Communicator ranks;
    const Reduction reduction = mode == "fast"       ? Reduction::Fast
                                : mode == "bfloat16" ? Reduction::FastBFloat16
                                                     : Reduction::SameBits;
    const Distributed distributed{
        ranks,
        {.synchronise_batch_norm = mode == "synchronised", .reduction = reduction, .bucket_bytes = bucket_bytes}};
    Model<Network> model;
    Trainer trainer{model, MeanSquaredError{}, Adam{}, distributed, 1};
    const Seconds seconds = median_step(trainer, distributed.share(), steps);
    if (ranks.rank() == 0) print((std::to_string(ranks.size()) + " ranks").c_str(), seconds);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    const int steps = count > 2 ? std::atoi(arguments[2]) : 20;
    if (std::string_view(arguments[1]) == "alone") {
        const int threads = count > 3 ? std::atoi(arguments[3]) : 2;
        Model<Network> model;
        Trainer trainer{model, MeanSquaredError{}, Adam{}, Cpu{}, threads};
        print((std::to_string(threads) + " threads").c_str(), median_step(trainer, BatchShare{}, steps));
        return 0;
    }
    Mpi mpi(&count, &arguments);
    const auto bucket_bytes = static_cast<std::size_t>(count > 3 ? std::atoll(arguments[3]) : 1 << 20);
    return mpi.run([&] { return on_ranks(steps, bucket_bytes, count > 4 ? arguments[4] : "same_bits"); });
}

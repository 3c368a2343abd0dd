// bench: measures how fast a network is on this machine, on a picture of noise.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "../system_calls.hpp"
#include "commands.hpp"
#include "depix/random.hpp"
#include "image.hpp"
#include "models.hpp"

int tool::bench(const BenchOptions& options) {
    const ChosenModel model = choose_model(options.model);
    const Architecture& architecture = *model.architecture;
    const bool blended = architecture.tiles == TileKind::Blended;
    const int whole = std::max(options.height, options.width);
    const int tile = options.tile > 0 ? options.tile : blended ? 0 : whole;
    const Cut cut = cut_image(architecture, options.height, options.width, tile, options.threads);
    const auto network = architecture.load(model.weights, model.backend, cut.threads, model.noise);

    depix::Image image({architecture.channels + (architecture.takes_mask ? 1 : 0), options.height, options.width});
    depix::Random random(1);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());

    std::vector<double> milliseconds;
    double processor = 0;
    for (int round = 0; round <= options.rounds; ++round) {
        const auto start = std::chrono::steady_clock::now();
        const double processor_start = example::processor_seconds();
        network->restore(image, cut.tiles);
        const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
        if (round == 0) continue;  // the first round allocates memory
        milliseconds.push_back(time.count());
        processor += (example::processor_seconds() - processor_start) * 1e3 / options.rounds;
    }
    std::sort(milliseconds.begin(), milliseconds.end());
    const double median = milliseconds[milliseconds.size() / 2];
    const double megapixels = static_cast<double>(options.height) * options.width / 1e6;

    std::printf("%s, %dx%dx%d, %s, %d threads, %d rounds\n", model.name.c_str(), architecture.channels, options.height,
                options.width, options.model.backend.c_str(), options.threads, options.rounds);
    std::printf("            %s\n", to_string(cut).c_str());
    std::printf("median      %.2f ms\n", median);
    std::printf("fastest     %.2f ms\n", milliseconds.front());
    if (processor > 0) std::printf("processor   %.2f ms, of all threads, mean\n", processor);
    std::printf("speed       %.3f megapixels/s\n", megapixels / median * 1e3);
    if (tile >= whole) {  // tiles also compute their surroundings
        const depix::Shape shape = architecture.padded(image.shape);
        std::printf("            %.1f GFLOP/s\n",
                    2 * static_cast<double>(architecture.multiply_adds(shape)) / median / 1e6);
        std::printf("workspace   %.1f MiB\n",
                    static_cast<double>(architecture.workspace_bytes(shape, model.backend, cut.threads)) / (1 << 20));
    }
    if (const std::size_t bytes = example::peak_memory())
        std::printf("peak memory %.1f MiB (of the process)\n", static_cast<double>(bytes) / (1 << 20));
    return 0;
}

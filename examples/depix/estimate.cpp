#include "estimate.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "depix/random.hpp"

namespace {

// One axis of a picture: the sides of the pieces that the network sees of it.
std::vector<int> pieces(const tool::Architecture& network, int length, int tile) {
    const int field = network.tiles == tool::TileKind::Exact ? tool::tile_field(network) : 0;
    const int margin = depix::round_up(std::min(field / 2, 32), network.size_multiple);  // as depix::restore has it
    const int size = depix::round_up(tile, network.size_multiple);
    const int overlap = network.tiles == tool::TileKind::Blended ? size / 4 : 0;
    std::vector<int> result;
    for (int first = 0; first < length; first += size - overlap) {
        const int last = std::min(first + size, length);
        const int begin = std::max(first - field / 2, -margin), end = std::min(last + field / 2, length + margin);
        result.push_back(network.tiles == tool::TileKind::Blended ? size : end - begin);
        if (last == length) break;
    }
    return result;
}

double work(const tool::Architecture& network, int height, int width, int tile) {
    double sum = 0;
    for (const int rows : pieces(network, height, tile))
        for (const int columns : pieces(network, width, tile))
            sum += static_cast<double>(network.multiply_adds(network.padded({network.channels, rows, columns})));
    return sum;
}

double seconds_of(const tool::Restorer& network, depix::Shape shape, tool::Tiles tiles) {
    depix::Image image(shape);
    depix::Random random(1);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    const auto start = std::chrono::steady_clock::now();
    network.restore(image, tiles);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

tool::Estimate tool::estimate(const ChosenModel& model, int height, int width, int threads) {
    const Architecture& network = *model.architecture;
    Estimate result;
    result.cut = cut_image(network, height, width, 0, threads);
    Tiles tiles = result.cut.tiles;
    const int tile = depix::round_up(tiles.size, network.size_multiple);
    const auto restorer = network.load(model.weights, model.backend, result.cut.threads, model.noise);

    // As many tiles side by side as the picture's, of doubled size until one takes a quarter of a second.
    constexpr double enough = 0.25;
    double seconds = 0, measured_work = 1;
    for (int side = 32;; side *= 2) {
        const int own = std::min(side, tile);
        tiles.size = own;
        const depix::Shape shape{network.channels, own, own * tiles.jobs};
        seconds = seconds_of(*restorer, shape, tiles);
        result.measured += seconds;
        const bool last = side >= tile || seconds >= enough;
        for (int i = 0; last && i < 2; ++i) {  // other programs make some runs slower
            const double again = seconds_of(*restorer, shape, tiles);
            result.measured += again;
            seconds = std::min(seconds, again);
        }
        measured_work = work(network, shape.height, shape.width, own);
        if (last) break;
    }
    result.seconds = seconds * work(network, height, width, tile) / measured_work;

    const auto largest = [&](int length) {
        const std::vector<int> all = pieces(network, length, tile);
        return *std::max_element(all.begin(), all.end());
    };
    const depix::Shape seen = network.padded({network.channels, largest(height), largest(width)});
    const std::size_t workspace = network.workspace_bytes(seen, model.backend, result.cut.threads);
    const std::size_t scale = static_cast<std::size_t>(network.scale);
    const std::size_t values =
        static_cast<std::size_t>(network.channels) * static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    const std::size_t piece = seen.size() * (1 + scale * scale) * sizeof(float);
    result.bytes = static_cast<std::size_t>(tiles.jobs) * (workspace + piece) + 8 * network.parameters * sizeof(float) +
                   values * (2 * sizeof(float) + 1) + values * scale * scale * (2 * sizeof(float) + 1);
    return result;
}

// The engine of the tab Train: a network learns. worker.js is the other side.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "exports.hpp"
#include "pixels.hpp"
#include "training.hpp"

namespace {

using page::exchange, page::guarded;

std::unique_ptr<page::Training>& running() {
    static std::unique_ptr<page::Training> one;
    return one;
}
page::Training& training() {
    if (!running()) throw depix::Error("no training was started");
    return *running();
}

}  // namespace

/// Starts a training from random weights, and returns their number. In memory there are first the pixelated, then the
/// clean pictures.
PAGE_EXPORT int page_train_start(int pairs, int width, int skip, int adam, double learning_rate, int seed) {
    return guarded([&] {
        const std::size_t size = page::Training::shape.area() * 4;
        if (pairs < 1 || exchange().memory.size() != 2 * size * static_cast<std::size_t>(pairs))
            throw depix::Error("there are not as many pairs of pictures");
        std::vector<float> sides[2];
        for (std::size_t i = 0; i < 2 * static_cast<std::size_t>(pairs); ++i) {
            const std::span<const std::uint8_t> rgba(exchange().memory.data() + i * size, size);
            const depix::Image image = page::from_rgba(rgba, page::Training::shape);
            std::vector<float>& side = sides[i / static_cast<std::size_t>(pairs)];
            side.insert(side.end(), image.pixels.begin(), image.pixels.end());
        }
        const page::EitherOptimizer optimizer{.use_adam = adam != 0, .learning_rate = learning_rate};
        running() = page::make_training({.width = width, .skip = skip != 0}, std::move(sides[0]), std::move(sides[1]),
                                        optimizer, static_cast<std::uint64_t>(seed));
        return static_cast<int>(training().parameter_count());
    });
}
/// One step; the loss before it, or NaN and page_text().
PAGE_EXPORT double page_train_step(int batch, double learning_rate) {
    double loss = NAN;
    guarded([&] {
        training().set_learning_rate(learning_rate);
        loss = training().step(batch);
        return 0;
    });
    return loss;
}
/// Takes the last step back; returns how many more can be.
PAGE_EXPORT int page_train_back() {
    return guarded([&] { return training().step_back(); });
}
/// page_bytes() becomes what the network that trains makes of a pair's pixelated picture.
PAGE_EXPORT int page_train_output(int pair) {
    return guarded([&] {
        exchange().bytes = page::to_rgba(training().output(pair));
        return 0;
    });
}
/// The weights of the first convolution: width x 3 x 3 x 3.
PAGE_EXPORT const float* page_train_filters() { return running() ? running()->filters() : nullptr; }

// The data of lessons 5 and 6, and how a network is trained and measured on it.
#pragma once

#include <depix/depix.hpp>
#include <depix/image/pixelate.hpp>

#include <cmath>
#include <cstddef>

/// Five black strokes on white, 24x24 pixels.
inline depix::Image draw_strokes(depix::Random& random) {
    depix::Image picture({1, 24, 24}, 1.0f);
    for (int stroke = 0; stroke < 5; ++stroke) {
        double y = random.uniform(0, 24), x = random.uniform(0, 24);
        const double angle = random.uniform(0, 6.2832);
        for (int i = 0; i < 24; ++i, y += 0.5 * std::sin(angle), x += 0.5 * std::cos(angle))
            if (y >= 0 && x >= 0 && y < 24 && x < 24) picture(0, static_cast<int>(y), static_cast<int>(x)) = 0;
    }
    return picture;
}

inline double squared_error(const depix::Image& a, const depix::Image& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::pow(a.pixels[i] - b.pixels[i], 2);
    return sum / static_cast<double>(a.pixels.size());
}
inline double psnr(double mean_squared_error) { return -10 * std::log10(mean_squared_error); }

/// Trains a network to restore strokes that are pixelated in windows of window x window pixels; a window of 1 leaves
/// them as they are.
template <class Network>
depix::Model<Network> train_on_strokes(int steps, int window) {
    depix::Random random(1);
    depix::Model<Network> model(1);
    depix::Trainer trainer{model, depix::MeanSquaredError{}, depix::Adam{.learning_rate = 3e-3}};
    for (int step = 0; step < steps; ++step) {
        const depix::Image clean = draw_strokes(random);
        trainer.step(depix::pixelate(clean, window), clean);
    }
    return model;
}

/// The PSNR of 100 pictures that are not trained on, restored. They are the same 100 in every call.
template <class Restore>
double psnr_on_strokes(const Restore& restore, int window) {
    depix::Random random(3);
    double error = 0;
    for (int i = 0; i < 100; ++i) {
        const depix::Image clean = draw_strokes(random);
        error += squared_error(restore(depix::pixelate(clean, window)), clean) / 100;
    }
    return psnr(error);
}

/// The PSNR of a network on them, after so many steps of training on other pictures.
template <class Network>
double trained_psnr(int steps, int window = 2) {
    const depix::Model<Network> model = train_on_strokes<Network>(steps, window);
    return psnr_on_strokes(depix::Inference<Network, depix::Reference>(model, 1), window);
}

// The network of network_in_200_lines.cpp by depix: the type, a trainer, and 20 lines. Only the data is drawn by hand.
#include <depix/depix.hpp>
#include <depix/image/pixelate.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>

using namespace depix;

using Sharpener = Residual<Conv<1, 8>, ReLU, Conv<8, 1>>;
static_assert(Sharpener::parameter_count == 153);

Image draw_strokes(Random& random) {
    Image picture({1, 24, 24}, 1.0f);
    for (int stroke = 0; stroke < 5; ++stroke) {
        double y = random.uniform(0, 24), x = random.uniform(0, 24);
        const double angle = random.uniform(0, 6.2832);
        for (int i = 0; i < 24; ++i, y += 0.5 * std::sin(angle), x += 0.5 * std::cos(angle))
            if (y >= 0 && x >= 0 && y < 24 && x < 24) picture(0, static_cast<int>(y), static_cast<int>(x)) = 0;
    }
    return picture;
}

double squared_error(const Image& a, const Image& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::pow(a.pixels[i] - b.pixels[i], 2);
    return sum / static_cast<double>(a.pixels.size());
}

int main() {
    Random random(1);
    Model<Sharpener> model(1);
    Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 3e-3}};
    for (int step = 0; step < 2000; ++step) {
        const Image clean = draw_strokes(random);
        trainer.step(pixelate(clean, 2), clean);
    }
    const Inference<Sharpener> restore{model};
    double before = 0, after = 0;
    for (int i = 0; i < 100; ++i) {
        const Image clean = draw_strokes(random), damaged = pixelate(clean, 2);
        before += squared_error(damaged, clean) / 100;
        after += squared_error(restore(damaged), clean) / 100;
    }
    std::printf("PSNR: %.2f dB pixelated, %.2f dB restored\n", -10 * std::log10(before), -10 * std::log10(after));
    return after < before ? 0 : 1;
}

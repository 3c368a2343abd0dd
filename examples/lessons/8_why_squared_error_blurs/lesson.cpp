// Lesson 8: why the mean squared error blurs, and what a discriminator changes.
//
// A white line is one pixel wide. Pixelated, it is two pixels wide and grey, and whether it was the left or the right
// of the two is lost. The same network is trained to restore it with two losses.
//
//     lesson [STEPS [RESULTS.svg]]
#include <depix/depix.hpp>
#include <depix/image/pixelate.hpp>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "../picture_table.hpp"

using namespace depix;

using Generator = Sequential<Conv<1, 8>, ReLU, Conv<8, 8>, ReLU, Conv<8, 1>>;

// It says for every place of a picture whether it looks real: it learns to answer 1 for clean ones, 0 for results.
using Leaky = LeakyReLU<std::ratio<1, 5>>;
using Discriminator = Sequential<Conv<1, 8>, Leaky, Conv<8, 8>, Leaky, Conv<8, 1>>;

// Two white lines on black, 20x20 pixels.
Image draw_lines(Random& random) {
    Image picture({1, 20, 20}, 0.0f);
    for (int line = 0; line < 2; ++line)
        for (int y = 0, x = random.integer(0, 19); y < 20; ++y) picture(0, y, x) = 1;
    return picture;
}

// The generator, trained for the squared error alone.
Model<Generator> train_alone(int steps) {
    Random random(1);
    Model<Generator> generator(1);
    Trainer trainer{generator, MeanSquaredError{}, Adam{.learning_rate = 2e-3}};
    for (int step = 0; step < steps; ++step) {
        const Image clean = draw_lines(random);
        trainer.step(pixelate(clean, 2), clean);
    }
    return generator;
}

// Trained for the squared error and for the discriminator's answer, while the discriminator learns too.
Model<Generator> train_against_discriminator(int steps) {
    Random random(1);
    Model<Generator> generator(1);
    Model<Discriminator> discriminator(2);
    const Adam adam{.learning_rate = 2e-3, .beta1 = 0.5};
    AdversarialTrainer trainer{generator, discriminator, MeanSquaredError{},         BinaryCrossEntropyWithLogits{},
                               adam,      adam,          {.adversarial_weight = 0.1}};
    for (int step = 0; step < steps; ++step) {
        const Image clean = draw_lines(random);
        trainer.step(pixelate(clean, 2), clean);
    }
    return generator;
}

using Rows = std::vector<std::vector<Image>>;
struct Quality {
    double error = 0, grey = 0;  // the squared error, and the part of the pixels that are neither black nor white
};

// Of 200 pictures that were not trained on. The first five are kept, each in its row.
template <class Restore>
Quality measure(const char* name, Rows& rows, Restore restore) {
    Random random(3);
    Quality mean;
    for (std::size_t i = 0; i < 200; ++i) {
        const Image clean = draw_lines(random), result = restore(clean);
        for (std::size_t k = 0; k < clean.pixels.size(); ++k) {
            mean.error += std::pow(result.pixels[k] - clean.pixels[k], 2) / 80000;
            mean.grey += std::fabs(result.pixels[k] - 0.5) < 0.3 ? 1.0 / 80000 : 0;
        }
        if (i < rows.size()) rows[i].push_back(result);
    }
    std::printf("%-18s squared error %.4f, PSNR %5.2f dB, grey pixels %4.1f %%\n", name, mean.error,
                -10 * std::log10(mean.error), 100 * mean.grey);
    return mean;
}

int main(int count, char** arguments) {
    const int steps = count > 1 ? std::atoi(arguments[1]) : 1500;
    const Model<Generator> alone = train_alone(steps), against = train_against_discriminator(steps);
    const Inference<Generator, Reference> restore_alone(alone, 1), restore_against(against, 1);
    const auto given = [](const Image& clean) { return pixelate(clean, 2); };
    Rows rows(5);
    measure("clean", rows, [](const Image& clean) { return clean; });
    measure("pixelated", rows, given);
    const auto blurred = measure("squared error", rows, [&](const auto& clean) { return restore_alone(given(clean)); });
    const auto sharp =
        measure("and discriminator", rows, [&](const auto& clean) { return restore_against(given(clean)); });
    PictureTable table({"clean", "pixelated", "squared error", "discriminator"}, 80);
    for (const auto& row : rows) table.add_row(row);
    if (count > 2) table.save(arguments[2]);
    return sharp.grey < blurred.grey / 2 && sharp.error > blurred.error ? 0 : 1;  // sharper, with a larger error
}

// 2: train on your own pairs.
//
// Two folders whose pictures have the same names are a data set. FOLDER/pixeled/0.png is the pixelated version of
// FOLDER/clean/0.png. The loader reads and shuffles them on threads of its own, ahead of the training. One step of the
// trainer is the forward pass, the loss, the backward pass and the optimizer, in memory that is laid out once.
//
//     2_train_on_your_pairs FOLDER WEIGHTS.safetensors     (the tour's test gives it examples/01_depixelizer/samples)
#include <depix/data/loader.hpp>
#include <depix/data/sources/pair_sources.hpp>
#include <depix/depix.hpp>

#include <cstdio>
#include <exception>

using namespace depix;

// A small network that keeps the picture's size. It learns what to add to the pixelated picture. Channels that do not
// fit together would not compile.
using Sharpener = Residual<Conv<3, 8>, ReLU, Conv<8, 8>, ReLU, Conv<8, 3>>;
static_assert(Sharpener::parameter_count == 224 + 584 + 219);

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: 2_train_on_your_pairs FOLDER WEIGHTS.safetensors\n");
        return 2;
    }
    try {
        const PairFolderSource pairs{PairFolder{arguments[1]}};
        const Loader loader{pairs, {.batch_size = 2, .seed = 1}};

        Model<Sharpener> model{/*seed=*/1};
        Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 3e-3}};

        double first = 0, last = 0;  // mean loss of an epoch
        for (int epoch = 0; epoch < 10; ++epoch) {
            double sum = 0;
            int steps = 0;
            for (const auto& [pixelated, clean] : loader.epoch(epoch)) {
                // If the loss is not finite, step() throws DivergenceError and changes nothing.
                sum += trainer.step(pixelated, clean);
                ++steps;
            }
            last = sum / steps;
            if (epoch == 0) first = last;
            std::printf("epoch %2d: mean squared error %.5f\n", epoch + 1, last);
        }
        save(model, arguments[2]);

        // train_in_folder() (train/run.hpp) adds validation, a schedule, checkpoints and a plot of the loss to this
        // loop. A run that was killed continues from its checkpoint with the same bits. See
        // examples/01_depixelizer/train.hpp.
        return last < first ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}

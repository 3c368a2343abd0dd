// The commands of this example and their options. main.cpp fills the options in from the command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "generators.hpp"

namespace example {

struct PrepareOptions {
    std::filesystem::path images;  // any pictures, in sub-folders too
    std::filesystem::path output;
    int high = 96;  // side of the squares that are cut out; 0: whole pictures
    int crops = 1;  // squares from each picture
    bool enlarge = false;
    std::uint64_t seed = 0;
};
int prepare(const PrepareOptions& options);

struct TrainOptions {
    Choice generator;
    std::filesystem::path images;
    std::filesystem::path run;  // empty: runs/ and the generator's name
    int high = 96;
    int height = 0, width = 0;  // of the large pictures; 0: high
    int crops = 1;              // squares from each picture in an epoch
    bool enlarge = false;
    int epochs = 20;
    int batch_size = 16;
    double learning_rate = 1e-4;
    double beta1 = 0.9, beta2 = 0.999;  // Adam's
    bool cosine = false;
    int checkpoint_interval = 200;  // steps; 0: only after each epoch
    bool in_memory = false;
    std::string device = "cpu";
    int threads = 0;
    std::uint64_t seed = 0;
};
int train(const TrainOptions& options);

/// All settings of the second phase, as its authors published them: see recipes.hpp.
enum class Recipe { SRGAN, Small, DeepDepixelate };
inline std::string to_string(Recipe recipe) {
    return recipe == Recipe::SRGAN ? "srgan" : recipe == Recipe::Small ? "small" : "deep_depixelate";
}

struct TrainGanOptions {
    Recipe recipe = Recipe::SRGAN;
    Architecture network = Architecture::SRResNet;
    std::filesystem::path images;
    std::filesystem::path start, vgg;  // weights
    bool torchvision = false;
    std::filesystem::path run;  // empty: runs/srgan_RECIPE, and the network's name if it is not SRResNet
    int crops = 1;              // squares from each picture in an epoch
    int channels = 3;
    int high = 0, height = 0, width = 0, epochs = 0, batch_size = 0;  // 0: the recipe's
    double learning_rate = 0;                                         // 0: the recipe's
    double beta1 = -1, beta2 = -1;                                    // below 0: the recipe's
    double discriminator_rate = 0;  // 0: the recipe's; a multiple of the generator's rate
    double adversarial_weight = 0;
    double pixel_weight = -1;  // below 0: the recipe's
    double real_label = 1;
    double average_decay = 0;
    int sample_every = 200;
    int checkpoint_interval = 50;  // steps; 0: only after each epoch
    bool in_memory = false;
    std::string device = "cpu";
    int threads = 0;
    std::uint64_t seed = 0;
};
int train_gan(const TrainGanOptions& options);

struct EvaluateOptions {
    Choice generator{.width = Width::Small};
    std::filesystem::path weights;  // empty: the generator's name and .safetensors
    std::filesystem::path images;
    std::filesystem::path sheet;  // empty: none
    std::size_t rows = 8;         // of the sheet, at most
    std::string device = "cpu";
    int threads = 0;
};
int evaluate(const EvaluateOptions& options);

struct RestoreOptions {
    Choice generator{.width = Width::Small};
    std::filesystem::path weights;
    std::filesystem::path input, output;
    std::string device = "cpu";
    int threads = 0;
};
int restore(const RestoreOptions& options);

// The functions that a command chooses among. Their files (train.hpp, train_gan.hpp, load.hpp) are compiled once for
// each network and backend; see ../device.hpp.
template <class Generator, class Backend>
int train_generator(const TrainOptions& options);
template <class Recipe, class Generator, class Backend>
int train_gan_by(const TrainGanOptions& options);

}  // namespace example

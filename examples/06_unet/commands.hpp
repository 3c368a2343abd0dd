// The commands of this example and their options. main.cpp fills the options in from the command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace example {

enum class Task { Denoise, Inpaint };

struct TrainOptions {
    Task task = Task::Denoise;
    int filters = 32;
    std::filesystem::path images;    // any pictures, in sub-folders too
    std::filesystem::path masks;     // for inpainting, white means missing; empty: masks are drawn
    std::vector<std::string> noise;  // for denoising, one drawn for each square (noise.hpp); empty: default_noise
    std::filesystem::path run;       // empty: runs/unet_TASK_FILTERS
    int size = 512;
    int crops = 1;  // squares from each picture in an epoch
    int epochs = 20;
    int batch_size = 8;
    double learning_rate = 3e-3;
    bool constant_rate = false;   // else it rises over the first steps and falls to 0 along half a cosine
    bool glorot_outside = false;  // outside the blocks the weights are initialised by Glorot, else He-normal everywhere
    bool in_memory = false;
    std::string device = "cpu";
    int threads = 0;
    std::uint64_t seed = 0;
};
int train(const TrainOptions& options);

/// The original's recipe: batches of 16, a constant rate of 3e-3, Glorot's weights outside the blocks, and for
/// denoising its noise, a fifth of all values black or white.
inline void use_published_recipe(TrainOptions& options) {
    options.batch_size = 16;
    options.learning_rate = 3e-3;
    options.constant_rate = true;
    options.glorot_outside = true;
    if (options.task == Task::Denoise) options.noise = {"salt_and_pepper:0.2"};
}

struct EvaluateOptions {
    Task task = Task::Denoise;
    int filters = 16;
    std::filesystem::path weights;  // empty: unet_TASK_FILTERS.safetensors
    std::filesystem::path images;
    std::filesystem::path sheet;     // empty: none
    std::vector<std::string> noise;  // for denoising, each measured on its own; empty: test_noise
    int size = 0;                    // 0: whole pictures; else their middle, at most of this side
    int threads = 0;
};
int evaluate(const EvaluateOptions& options);

struct RestoreOptions {
    Task task = Task::Denoise;
    int filters = 16;
    std::filesystem::path weights;
    std::filesystem::path input, output;
    std::filesystem::path mask;  // for inpainting, white means missing; empty: what is white in the picture
    std::string device = "cpu";
    int threads = 0;
};
int restore(const RestoreOptions& options);

struct ResizeOptions {
    std::filesystem::path input, output;
    int size = 512;
};
int resize(const ResizeOptions& options);

}  // namespace example

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
    bool in_memory = false;
    std::string device = "cpu";
    int threads = 0;
    std::uint64_t seed = 0;
};
int train(const TrainOptions& options);

struct EvaluateOptions {
    Task task = Task::Denoise;
    int filters = 16;
    std::filesystem::path weights;  // empty: unet_TASK_FILTERS.safetensors
    std::filesystem::path images;
    std::filesystem::path sheet;     // empty: none
    std::vector<std::string> noise;  // for denoising, each measured on its own; empty: test_noise
    int size = 0;                    // 0: whole pictures; else their middle, at most of this side
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

struct ServeOptions {
    int filters = 16;
    std::filesystem::path denoise_weights, inpaint_weights;  // empty: unet_TASK_FILTERS.safetensors
    int port = 8080;
    int threads = 0;
};
int serve(const ServeOptions& options);

}  // namespace example

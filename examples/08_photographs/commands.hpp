// The commands of this example, and what each may be told. main.cpp fills these in from the command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>

#include "tasks.hpp"

namespace example {

struct PrepareOptions {
    std::filesystem::path input, output;  // folders
};
int prepare(const PrepareOptions& options);

struct TrainOptions {
    Task task;
    std::filesystem::path images;  // with the folders train and held_out
    std::filesystem::path run;     // empty: runs/TASK
    std::filesystem::path start;   // weights to go on from; empty: random ones
    int size = 80;
    int batch_size = 10;
    std::int64_t steps = 40000;
    std::int64_t save_every = 250;
    std::int64_t validate_every = 500;
    double learning_rate = 8e-4;
    double average_decay = 0.999;
    double max_gradient_norm = std::numeric_limits<double>::infinity();
    int threads = 1;
    std::uint64_t seed = 0;
};
int train(const TrainOptions& options);

struct EvaluateOptions {
    Task task;
    std::filesystem::path images;  // clean pictures, in sub-folders too
    std::filesystem::path weights;
    std::string only;             // the kinds of damage whose names begin so
    std::filesystem::path sheet;  // empty: none
    int crop = 0;                 // the sheet shows the squares of so many pixels in the middle; 0: whole pictures
    int most = 0;                 // pictures, the first by name; 0: all
    int threads = 0;
};
int evaluate(const EvaluateOptions& options);

}  // namespace example

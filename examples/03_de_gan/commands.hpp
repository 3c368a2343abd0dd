// The commands of this example and their options. main.cpp fills the options in from the command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "pages.hpp"

namespace example {

struct PrepareOptions {
    Task task = Task::Binarize;
    std::filesystem::path output;
    int pairs = 20;
    int size = 512;  // side of the pages
    std::uint64_t seed = 0;
};
int prepare(const PrepareOptions& options);

struct TrainOptions {
    Task task = Task::Binarize;
    int filters = 64;
    std::filesystem::path pages;  // a folder of pairs; empty: only drawn ones
    std::string only;             // only pages whose names begin with this
    int drawn = 2000;             // drawn patches in an epoch, besides those of the pages
    std::filesystem::path start;  // weights the generator begins with; empty: random ones
    std::filesystem::path run;    // empty: runs/de_gan_TASK_FILTERS
    int epochs = 10;
    int batch_size = 4;
    double learning_rate = 2e-4;
    bool cosine = false;
    double average_decay = 0;
    int sample_every = 500;
    std::string device = "cpu";
    int threads = 0;
    std::uint64_t seed = 0;
};
int train(const TrainOptions& options);

struct EvaluateOptions {
    Task task = Task::Binarize;
    int filters = 8;
    std::filesystem::path weights;  // empty: de_gan_TASK_FILTERS.safetensors
    std::filesystem::path pages;    // empty: held-out drawn ones
    std::string only;
    double threshold = 0.5;
    std::filesystem::path sheet;  // empty: none
    std::size_t rows = 10;        // of the sheet, at most
    int side = 700;               // of the sheet's pictures, at most
    int threads = 0;
};
int evaluate(const EvaluateOptions& options);

struct RestoreOptions {
    Task task = Task::Binarize;
    int filters = 8;
    std::filesystem::path weights;
    std::filesystem::path input, output;
    double threshold = 0;  // for binarizing; 0: Otsu's
    bool grey = false;     // do not binarize the network's result
    std::string device = "cpu";
    int threads = 0;
};
int restore(const RestoreOptions& options);

}  // namespace example

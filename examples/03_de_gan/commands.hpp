// The commands of this example and their options. main.cpp fills the options in from the command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

#include "pages.hpp"
#include "recipes.hpp"

namespace example {

struct PrepareOptions {
    Task task = Task::Binarize;
    std::filesystem::path output;
    int pairs = 20;
    int size = 512;  // side of the pages
    Blur blur = Blur::Varied;
    bool for_binarizer = false;   // the pages that train-binarizer draws
    std::filesystem::path pages;  // for these: real pages
    std::string only;
    std::uint64_t seed = 0;
};
int prepare(const PrepareOptions& options);

struct TrainOptions {
    Task task = Task::Binarize;
    Recipe recipe = Recipe::Authors;
    Changes changes;  // of the recipe
    int filters = 64;
    std::filesystem::path pages;  // a folder of pairs; empty: only drawn ones
    std::string only;             // only pages whose names begin with this
    std::filesystem::path start;  // weights the generator begins with; empty: random ones
    std::filesystem::path run;    // empty: runs/de_gan_RECIPE_TASK_FILTERS
    bool cosine = false;
    double average_decay = 0;
    int sample_every = 500;
    std::string device = "cpu";
    int threads = 0;
    int images_per_part = 1;  // under mpirun: see depix/mpi/distributed.hpp
    bool synchronise_batch_norm = false;
    std::uint64_t seed = 0;
};
/// The same on all ranks that mpirun has started. Only in programs that are built with MPI.
int train_on_ranks(const TrainOptions& options, const Settings& settings);
int train(const TrainOptions& options);

struct TrainBinarizerOptions {
    std::filesystem::path pages;  // a folder of pairs; empty: only drawn ones
    std::string only;             // only pages whose names begin with this
    std::filesystem::path start;  // weights to go on from; empty: random ones
    std::filesystem::path run = "runs/binarizer";
    double real_share = 0.5;  // of the squares, if there are real pages
    int batch_size = 4;
    std::int64_t steps = 8000;
    std::int64_t save_every = 100;
    std::int64_t validate_every = 200;
    double learning_rate = 1e-3;
    double average_decay = 0.998;
    double max_gradient_norm = std::numeric_limits<double>::infinity();
    int threads = 1;
    std::uint64_t seed = 0;
};
int train_binarizer(const TrainBinarizerOptions& options);

struct EvaluateOptions {
    Task task = Task::Binarize;
    std::filesystem::path weights;  // empty: those that ship
    std::filesystem::path pages;    // empty: held-out drawn ones
    std::string only;
    Blur blur = Blur::Gaussian;  // of drawn pages
    double threshold = 0.5;
    std::filesystem::path sheet;  // empty: none
    std::size_t rows = 10;        // of the sheet, at most
    int side = 700;               // of the sheet's pictures, at most
    int threads = 0;
};
int evaluate(const EvaluateOptions& options);

struct RestoreOptions {
    Task task = Task::Binarize;
    std::filesystem::path weights;
    std::filesystem::path input, output;
    double threshold = 0;  // for binarizing; 0: Otsu's
    bool grey = false;     // do not binarize the network's result
    std::string device = "cpu";
    int threads = 0;
};
int restore(const RestoreOptions& options);

}  // namespace example

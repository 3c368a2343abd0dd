// The three commands of this example and their options. main.cpp fills the options in from the command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace example {

struct TrainOptions {
    std::string network = "documents_autoencoder";
    std::filesystem::path documents;  // has train/ and train_cleaned/, or noisy/ and clean/
    std::filesystem::path run;        // empty: runs/ and the network's name
    int crop = 0;                     // 0: whole pages, resized to 420x540; else squares of this side
    int crops = 1;                    // squares from each page in an epoch
    std::string resize = "bilinear";  // how whole pages are resized; or "bicubic"
    int epochs = 64;
    int batch_size = 16;
    double learning_rate = 1e-3;
    bool cosine = false;
    std::string device = "cpu";
    int threads = 0;
    std::uint64_t seed = 0;
};
int train(const TrainOptions& options);

struct EvaluateOptions {
    std::string network = "documents_autoencoder";
    std::filesystem::path weights;  // empty: the network's name and .safetensors
    std::filesystem::path documents;
    std::filesystem::path sheet;  // empty: none
    bool all_pages = false;       // also those that were trained on
    std::string device = "cpu";
};
int evaluate(const EvaluateOptions& options);

struct RestoreOptions {
    std::string network = "page_cleaner";
    std::filesystem::path weights;
    std::filesystem::path input, output;
    std::string device = "cpu";
    int threads = 0;
};
int restore(const RestoreOptions& options);

/// What `train` chooses among. train.hpp, which defines it, is compiled once for each network and backend; see
/// ../device.hpp.
template <class Network, class Backend>
int train_network(const TrainOptions& options);

}  // namespace example

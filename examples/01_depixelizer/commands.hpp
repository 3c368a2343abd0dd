// The four commands of this example, and what each may be told. main.cpp fills these in from the command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace example {

struct GenerateOptions {
    std::filesystem::path folder = "dataset";
    std::size_t count = 20000;
    std::vector<std::string> fonts{"Roboto-Regular.ttf"};
    std::uint64_t seed = 0;
};
int generate(const GenerateOptions& options);

struct TrainOptions {
    std::string network = "depixelizer";
    std::filesystem::path dataset;   // empty: pairs are drawn while training, never the same twice
    std::filesystem::path run;       // empty: runs/ and the network's name
    std::vector<std::string> fonts;  // empty: the network's own
    int epochs = 35;
    int patience = 10;
    int batch_size = 32;
    double learning_rate = 1e-3;
    bool cosine = false;
    int threads = 0;
    std::uint64_t seed = 0;
};
int train(const TrainOptions& options);

struct EvaluateOptions {
    std::string network = "depixelizer";
    std::filesystem::path weights;  // empty: the network's name and .safetensors
    std::filesystem::path dataset;  // empty: freshly drawn pairs
    std::vector<std::string> fonts{"Roboto-Regular.ttf"};
    int pixels_per_em = 16;
    int max_pixels_per_em = 0;  // 0: one size
    std::size_t count = 800;
    std::uint64_t seed = 2026;
    bool read_text = false;
};
int evaluate(const EvaluateOptions& options);

struct RestoreOptions {
    std::string network = "depixelizer";
    std::filesystem::path weights;
    std::filesystem::path input, output;
    int threads = 0;
};
int restore(const RestoreOptions& options);

}  // namespace example

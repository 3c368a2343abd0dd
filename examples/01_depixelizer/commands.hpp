// The four commands of this example and their options. main.cpp fills the options in from the command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace example {

// Of --resize: how the pixelated picture is resized back. The original's damage is "nearest"; "both" draws one of the
// two for each picture.
inline constexpr const char* default_resize = "nearest";

struct GenerateOptions {
    std::filesystem::path folder = "dataset";
    std::size_t count = 20000;
    std::vector<std::string> fonts{"Roboto-Regular.ttf"};
    std::string resize = default_resize;
    std::uint64_t seed = 0;
};
int generate(const GenerateOptions& options);

struct TrainOptions {
    std::string network = "depixelizer";
    std::filesystem::path dataset;   // empty: new pairs are drawn for every epoch
    std::filesystem::path run;       // empty: runs/ and the network's name
    std::filesystem::path start;     // weights to begin with; empty: random ones
    std::vector<std::string> fonts;  // empty: those of the network's recipe
    std::string resize = default_resize;
    bool normalise = false;  // the network sees values of -1..1 instead of 0..1
    int epochs = 35;
    int patience = 10;
    int batch_size = 32;
    double learning_rate = 1e-3;
    bool cosine = false;
    std::string device = "cpu";
    int threads = 0;
    std::uint64_t seed = 0;
    int images_per_part = 4;  // under mpirun: see depix/mpi/distributed.hpp
    bool synchronise_batch_norm = false;
};
int train(const TrainOptions& options);
/// The same on all ranks that mpirun has started. Only in programs that are built with MPI.
int train_on_ranks(const TrainOptions& options);

struct EvaluateOptions {
    std::string network = "depixelizer";
    std::filesystem::path weights;  // empty: the network's name and .safetensors
    std::filesystem::path dataset;  // empty: freshly drawn pairs
    std::vector<std::string> fonts{"Roboto-Regular.ttf"};
    int pixels_per_em = 16;
    int max_pixels_per_em = 0;  // 0: only pixels_per_em
    std::string resize = default_resize;
    bool normalise = false;
    std::size_t count = 800;
    std::uint64_t seed = 2026;
    bool read_text = false;
};
int evaluate(const EvaluateOptions& options);

struct RestoreOptions {
    std::string network = "depixelizer";
    std::filesystem::path weights;
    std::filesystem::path input, output;
    bool normalise = false;
    std::string device = "cpu";
    int threads = 0;
};
int restore(const RestoreOptions& options);

}  // namespace example

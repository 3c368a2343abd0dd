// The commands of the tool and their options. main.cpp fills the options in from the command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "depix/error.hpp"

namespace tool {

/// The command makes no sense, whatever the files hold. The exit status is then 2.
struct UsageError : depix::Error {
    using Error::Error;
};

/// Which network to use, with which weights, and on which backend.
struct ModelOptions {
    std::string name = "denoise";  // one that is compiled in, or a weights file, or a folder of such
    std::string in_folder;         // the weights file in that folder, without its ending
    int scale = 0;                 // the one of several such files that enlarges by this; 0: not said
    std::string architecture;      // of a weights file; empty: the one that the file names
    std::string backend = "cpu";
    double noise = 15;  // standard deviation, of pictures in 0..255, for networks that want to be told
};

/// How large a picture may be: see depix::ImageLimits.
struct Limits {
    std::size_t maximum_pixels = 100'000'000;
    std::size_t maximum_bytes = std::size_t{1} << 29;
};

/// How many threads read, restore and write.
struct Threads {
    int load = 1, restore = 1, save = 1;
};

/// Every count-th picture from the number-th on, counted from 1.
struct Shard {
    int number = 1, count = 1;
};

struct RestoreOptions {
    std::string input, output;  // a picture, a folder, or "-"
    ModelOptions model;
    double scale = 0;  // 0: the network's own
    int tile = 0;      // side, in pixels of the input; 0: what fits into tile_memory
    Threads threads;
    std::string format;       // empty: as the output's name says, png for folders
    int quality = 95;         // of JPEG and WebP
    int page = 0;             // of a file of several, counted from 1; 0: all
    std::string mask;         // a picture that is bright where pixels are missing; empty: none
    std::string mask_colour;  // of missing pixels, in hexadecimal digits; empty: none
    bool flips = false;
    bool recursive = false;
    bool full_names = false;  // x.jpg becomes x.jpg.png
    bool skip_existing = false;
    bool verbose = false;
    Shard shard;
    Limits limits;
};
int restore(const RestoreOptions& options);

int list();

struct InfoOptions {
    ModelOptions model{
        .name = "", .in_folder = "", .scale = 0, .architecture = "", .backend = "cpu"};  // no name: the tool itself
    int height = 0, width = 0;  // of a picture, to say how long it will take; 0: none
    int threads = 1;
};
int info(const InfoOptions& options);
int list_formats();

struct SummaryOptions {
    std::string name;  // of a model or an architecture
    int height = 256, width = 256;
};
int summarise(const SummaryOptions& options);

struct DrawOptions {
    std::string name;          // of a model, an architecture or a published network
    std::string output = "-";  // a file, or "-"
    int height = 256, width = 256;
};
int draw(const DrawOptions& options);

struct LookOptions {
    ModelOptions model;
    std::string picture, output;
    std::string font;  // empty: a common one; "none": no labels
    int side = 256;    // larger pictures are cut to their middle
    int maps = 0;      // of each layer; 0: what fits into a row
    Limits limits;
};
int look(const LookOptions& options);

struct ImportOptions {
    std::string file;    // .param, .bin or .onnx; with `to` any weights file
    std::string output;  // a folder, or with `to` a file; empty: one called like the file
    std::string to;      // "onnx" or "ncnn"; empty: C++
};
int import_network(const ImportOptions& options);

struct EmbedOptions {
    ModelOptions model{.name = "", .in_folder = "", .architecture = "", .backend = "cpu"};
    std::string output;            // .hpp or .h, .S, or .c
    std::string name;              // of the arrays, or of the function; empty: the file's
    std::string type = "float32";  // or float16, int8
    std::string pictures;          // for int8: a picture or a folder of them
    bool fold = false;             // batch norms into convolutions
    bool c = false;                // the whole network as C99
    int height = 64, width = 256;  // of the picture, for C
};
int embed(const EmbedOptions& options);

struct CompareOptions {
    std::string first, second;
    Limits limits;
};
int compare(const CompareOptions& options);

struct EvaluateOptions {
    std::string pictures;  // a folder of clean ones
    std::string task;      // empty: all
    bool pages = false;    // the pictures are pages of text
    bool choice = false;   // measure how often the right model is chosen, not the models
    bool grey = false;     // photographs without colour, in three channels
    int most = 0;          // pictures, the first by name; 0: all
    int threads = 1;
    std::uint64_t seed = 2026;  // of the damage
};
int evaluate(const EvaluateOptions& options);

struct BenchOptions {
    ModelOptions model;
    int height = 512, width = 512;
    int tile = 0;  // 0: the whole picture at once
    int threads = 1;
    int rounds = 10;
};
int bench(const BenchOptions& options);

struct ServeOptions {
    int port = 8080;  // 0: any that is free
    // A folder that examples/10_page/build made, whose networks for browsers are served too; empty: none.
    std::filesystem::path page;
    Limits limits{.maximum_pixels = 16'000'000, .maximum_bytes = std::size_t{64} << 20};
    double seconds = 60;  // a picture that takes longer is given up
    int threads = 1;
};
int serve(const ServeOptions& options);

struct TrainOptions {
    std::string architecture;
    std::string start;  // a model or a weights file; empty: random weights
    std::filesystem::path pairs, run;
    int epochs = 20;
    int batch_size = 8;
    int crop = 128;
    int crops = 16;  // squares from each picture in an epoch
    double learning_rate = 1e-3;
    int threads = 0;
    std::uint64_t seed = 0;
};
int train(const TrainOptions& options);

}  // namespace tool

// The same types on a GPU.
//
// When a network moves to a GPU, only one word changes, the policy: Inference<Network, Cuda> instead of
// Inference<Network>, Trainer{model, loss, optimizer, Cuda{}} instead of Trainer{model, loss, optimizer}. Device code
// needs nvcc, so code that names a policy of the GPU stands in a .cu file. Here that is networks.cu, and this file is
// ordinary C++ that calls it.
//
//     gpu restore WEIGHTS INPUT OUTPUT    a picture, or a folder of pictures
//     gpu train                           the depixelizer, from pairs of pictures that are drawn on the fly
//
// In training, a batch goes to the GPU while the step on the batch before it still runs, and only a number comes back
// now and then. Precision is a part of the policy too: in float16 the maps take half the memory and the products run on
// tensor cores, while weights, sums and the optimizer stay in float32.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

#include "../restore_files.hpp"
#include "depix/data/loader.hpp"
#include "depix/data/sources/pair_sources.hpp"
#include "networks.hpp"

namespace {

struct TrainOptions {
    std::string precision = "float32", font = "Roboto-Regular.ttf", weights = "depixelizer_gpu.safetensors";
    int epochs = 10, batch = 32;
    std::size_t pairs = 18000;
    double learning_rate = 1e-3;
};

int train(const TrainOptions& options) {
    const depix::TextImages images({depix::Font(depix::find_font(options.font))}, depix::TextOptions{});
    const depix::TextPairSource pairs(images, options.pairs, 1, depix::Redraw::EveryEpoch);
    const depix::Loader loader{depix::AnyPairSource(pairs), {.batch_size = options.batch, .seed = 1}};
    const std::unique_ptr<example::Learner> learner = example::make_learner(options.precision, options.learning_rate);
    for (int epoch = 0; epoch < options.epochs; ++epoch) {
        for (const auto& [pixelated, clean] : loader.epoch(static_cast<std::uint64_t>(epoch), 0))
            learner->learn(depix::as_view(pixelated), depix::as_view(clean));
        std::printf("epoch %d: the last batch's mean squared error is %.5f\n", epoch + 1, learner->loss());
        learner->save(options.weights);
    }
    std::printf("weights: %s\n", options.weights.c_str());
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"gpu: depix's networks on a GPU"};
    app.require_subcommand(1);

    std::string network = "depixelizer", precision = "float32", weights, input, output;
    CLI::App* restore_command = app.add_subcommand("restore", "restore a picture, or a folder of pictures");
    restore_command->add_option("weights", weights, "safetensors")->required();
    restore_command->add_option("input", input, "a picture, or a folder")->required();
    restore_command->add_option("output", output, "likewise")->required();
    restore_command->add_option("--network", network, "what the weights are for")
        ->check(CLI::IsMember({"depixelizer", "documents", "unet_16"}))
        ->capture_default_str();
    restore_command->add_option("--precision", precision, "of maps and products")
        ->check(CLI::IsMember({"float32", "float16"}))
        ->capture_default_str();

    TrainOptions training;
    CLI::App* train_command = app.add_subcommand("train", "teach a depixelizer");
    train_command->add_option("--precision", training.precision, "of maps and products")
        ->check(CLI::IsMember({"float32", "float16"}))
        ->capture_default_str();
    train_command->add_option("--epochs", training.epochs, "passes over the pairs")->capture_default_str();
    train_command->add_option("--pairs", training.pairs, "in an epoch")->capture_default_str();
    train_command->add_option("--batch", training.batch, "pairs a step")->capture_default_str();
    train_command->add_option("--learning-rate", training.learning_rate, "Adam's")->capture_default_str();
    train_command->add_option("--font", training.font, "a file, or a name to look for")->capture_default_str();
    train_command->add_option("--weights", training.weights, "where to")->capture_default_str();

    CLI11_PARSE(app, count, arguments);
    try {
        if (*train_command) return train(training);
        const example::RestoreFiles files{"gpu", "pictures could not be restored", example::channels_of(network)};
        return example::restore_files(files, input, output, example::load_network(network, precision, weights));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "gpu: %s\n", error.what());
        return 1;
    }
}

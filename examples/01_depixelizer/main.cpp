// The depixelizer: a network of 5,103 parameters that restores pixelated text.
//
// Pixelation replaces each little square of pixels by its mean and so makes a text illegible. Much is lost, but not
// all, because the squares still depend on the text, and letters are not arbitrary pictures. A small network that is
// trained on enough pairs of clean and pixelated text learns which letters a grey square is likely to come from.
//
// The example has four commands, in the order in which they are used:
//
//     depixelizer generate    writes 20,000 pairs of pictures to train on                 generate.cpp
//     depixelizer train       trains on them, or on pairs that it draws itself            train.cpp
//     depixelizer evaluate    measures the result, in decibels and in letters             evaluate.cpp
//     depixelizer restore     restores a picture or a folder of pictures                  restore.cpp
//
// Read the four files in this order. The network itself is a type, which depix/models/depixelizer.hpp defines in one
// screen.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

#include "../device.hpp"
#include "commands.hpp"

int main(int count, char** arguments) {
    CLI::App app{"depixelizer: a convolutional autoencoder of 5,103 parameters that restores pixelated text"};
    app.require_subcommand(1);

    const CLI::IsMember known_resize({"nearest", "bilinear", "both"});
    const std::string resize = "how the blocks are resized back where the window leaves a rest";

    example::GenerateOptions generate;
    CLI::App* generate_command = app.add_subcommand("generate", "write a data set: clean/ID.png and pixeled/ID.png");
    generate_command->add_option("folder", generate.folder, "where to")->capture_default_str();
    generate_command->add_option("--count", generate.count, "pairs")->capture_default_str();
    generate_command->add_option("--font", generate.fonts, "font files, or names to look for")->capture_default_str();
    generate_command->add_option("--resize", generate.resize, resize)->check(known_resize)->capture_default_str();
    generate_command->add_option("--seed", generate.seed, "another seed, other pictures")->capture_default_str();

    const CLI::IsMember known_network({"depixelizer", "notebook", "text_restorer"});
    const std::string which = "depixelizer, the one of the original's notebook, or depix's own text_restorer";
    const std::string normalise = "give the network values of -1..1 instead of 0..1";

    example::TrainOptions train;
    CLI::App* train_command = app.add_subcommand("train", "learn from a data set, or from pairs drawn on the fly");
    train_command->add_option("--network", train.network, which)->check(known_network)->capture_default_str();
    train_command->add_option("--dataset", train.dataset,
                              "a folder that `generate` wrote, or one of tar shards; without: drawn on the fly");
    train_command->add_option("--run", train.run,
                              "folder for weights, checkpoint and loss curve; a run that was "
                              "stopped goes on from there (runs/NETWORK)");
    train_command->add_option("--start", train.start, "weights to begin with, safetensors (random ones)");
    train_command->add_option("--resize", train.resize, resize)->check(known_resize)->capture_default_str();
    train_command->add_flag("--normalise", train.normalise, normalise);
    train_command->add_option("--font", train.fonts, "fonts to draw with (the network's own; see fonts.hpp)");
    train_command->add_option("--epochs", train.epochs, "at most")->capture_default_str();
    train_command->add_option("--patience", train.patience, "epochs without progress before it stops; 0: never")
        ->capture_default_str();
    train_command->add_option("--batch", train.batch_size, "pairs a step")->capture_default_str();
    train_command->add_option("--learning-rate", train.learning_rate, "Adam's")->capture_default_str();
    train_command->add_flag("--cosine", train.cosine, "let the learning rate fall to 0 along half a cosine");
    train_command->add_option("--device", train.device, example::device_help)
        ->check(CLI::IsMember({"cpu", "cuda"}))
        ->capture_default_str();
    train_command->add_option("--threads", train.threads, "0: all; under mpirun: one a rank")->capture_default_str();
    train_command->add_option("--seed", train.seed, "of weights, order and drawn pairs")->capture_default_str();
    train_command
        ->add_option("--part", train.images_per_part,
                     "under mpirun: pairs that run through the network at once; the result depends on this "
                     "number, not on the number of ranks")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    train_command->add_flag("--synchronise", train.synchronise_batch_norm,
                            "under mpirun: batch norm by the statistics of the whole batch, not of each part");

    example::EvaluateOptions evaluate;
    CLI::App* evaluate_command = app.add_subcommand("evaluate", "measure on pairs that were not trained on");
    evaluate_command->add_option("--network", evaluate.network, which)->check(known_network)->capture_default_str();
    evaluate_command->add_option("--weights", evaluate.weights, "safetensors (NETWORK.safetensors)");
    evaluate_command->add_option("--dataset", evaluate.dataset, "measure on this set's last 4 %; without: fresh pairs");
    evaluate_command->add_option("--font", evaluate.fonts, "fonts to draw with")->capture_default_str();
    evaluate_command->add_option("--size", evaluate.pixels_per_em, "of the text, in pixels")->capture_default_str();
    evaluate_command->add_option("--largest-size", evaluate.max_pixels_per_em, "text of all sizes up to this one");
    evaluate_command->add_option("--resize", evaluate.resize, resize)->check(known_resize)->capture_default_str();
    evaluate_command->add_flag("--normalise", evaluate.normalise, normalise + ", as in its training");
    evaluate_command->add_option("--count", evaluate.count, "fresh pairs")->capture_default_str();
    evaluate_command->add_option("--seed", evaluate.seed, "of the fresh pairs")->capture_default_str();
    evaluate_command->add_flag("--read", evaluate.read_text, "let tesseract read the pictures, and count its errors");

    example::RestoreOptions restore;
    CLI::App* restore_command = app.add_subcommand("restore", "restore a picture, or a folder of pictures");
    restore_command->add_option("input", restore.input, "a picture, a folder, or a folder with clean/ and pixeled/")
        ->required();
    restore_command->add_option("output", restore.output, "a picture, or a folder")->required();
    restore_command->add_option("--network", restore.network, which)->check(known_network)->capture_default_str();
    restore_command->add_option("--weights", restore.weights, "safetensors (NETWORK.safetensors)");
    restore_command->add_flag("--normalise", restore.normalise, normalise + ", as in its training");
    restore_command->add_option("--device", restore.device, example::device_help)
        ->check(CLI::IsMember({"cpu", "cuda"}))
        ->capture_default_str();
    restore_command->add_option("--threads", restore.threads, "0: all")->capture_default_str();

    CLI11_PARSE(app, count, arguments);
    if (train.run.empty()) train.run = "runs/" + train.network;
    if (evaluate.weights.empty()) evaluate.weights = evaluate.network + ".safetensors";
    if (restore.weights.empty()) restore.weights = restore.network + ".safetensors";
    try {
        if (*generate_command) return example::generate(generate);
        if (*train_command) return example::train(train);
        if (*evaluate_command) return example::evaluate(evaluate);
        return example::restore(restore);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "depixelizer: %s\n", error.what());
        return 1;
    }
}

// The documents autoencoder: a network of 9,569 parameters that removes coffee stains from a page.
//
// Scanned pages may be stained, folded, wrinkled, or written on with a pen that runs dry. The network makes the clean
// page from the dirty one. Two convolutions with a stride of two halve the page each, two transposed ones double it
// again, and a sigmoid keeps the result between black and white.
//
//     documents train       trains on pairs of pages, dirty and clean           train.hpp
//     documents evaluate    says how far the results are from the clean pages   evaluate.cpp
//     documents restore     cleans a page, or a folder of pages                 restore.cpp
//
// The example has the published network (depix/models/documents_autoencoder.hpp) and one of depix's own
// (depix/models/page_cleaner.hpp), which shows what skip connections are good for. Everything that the first network
// makes has to pass through its middle, a quarter of the page's size. The second passes the page itself to its last
// layers.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

#include "../device.hpp"
#include "commands.hpp"

int main(int count, char** arguments) {
    CLI::App app{"documents: small networks that clean scanned pages"};
    app.require_subcommand(1);
    const CLI::IsMember known_network({"documents_autoencoder", "page_cleaner"});
    const std::string which = "documents_autoencoder, or depix's own page_cleaner";
    const CLI::IsMember known_device({"cpu", "cuda"});
    const std::string layout = "a folder with train/ and train_cleaned/, or noisy/ and clean/";

    example::TrainOptions train;
    CLI::App* train_command = app.add_subcommand("train", "learn from pairs of pages");
    train_command->add_option("documents", train.documents, layout)->required();
    train_command->add_option("--network", train.network, which)->check(known_network)->capture_default_str();
    train_command->add_option(
        "--run", train.run,
        "folder for weights, checkpoint and loss curve; a run that was stopped goes on from there "
        "(runs/NETWORK)");
    train_command->add_option("--crop", train.crop, "learn from squares of this side; 0: from whole pages, resized")
        ->capture_default_str();
    train_command->add_option("--crops", train.crops, "squares from each page in an epoch")->capture_default_str();
    train_command
        ->add_option("--resize", train.resize, "how whole pages are resized: bilinear, as published, or bicubic")
        ->check(CLI::IsMember({"bilinear", "bicubic"}))
        ->capture_default_str();
    train_command->add_option("--epochs", train.epochs)->capture_default_str();
    train_command->add_option("--batch", train.batch_size, "pairs a step")->capture_default_str();
    train_command->add_option("--learning-rate", train.learning_rate, "Adam's")->capture_default_str();
    train_command->add_flag("--cosine", train.cosine, "let the learning rate fall to 0 along half a cosine");
    train_command->add_option("--device", train.device, example::device_help)
        ->check(known_device)
        ->capture_default_str();
    train_command->add_option("--threads", train.threads, "0: all")->capture_default_str();
    train_command->add_option("--seed", train.seed, "of weights, order and crops")->capture_default_str();

    example::EvaluateOptions evaluate;
    CLI::App* evaluate_command = app.add_subcommand("evaluate", "measure on the pages that were not trained on");
    evaluate_command->add_option("documents", evaluate.documents, layout)->required();
    evaluate_command->add_option("--network", evaluate.network, which)->check(known_network)->capture_default_str();
    evaluate_command->add_option("--weights", evaluate.weights, "safetensors (NETWORK.safetensors)");
    evaluate_command->add_option("--sheet", evaluate.sheet, "write noisy, restored and clean pages side by side here");
    evaluate_command->add_option("--device", evaluate.device, example::device_help)
        ->check(known_device)
        ->capture_default_str();
    evaluate_command->add_flag("--all", evaluate.all_pages, "on all pages");

    example::RestoreOptions restore;
    CLI::App* restore_command = app.add_subcommand("restore", "clean a page, or a folder of pages");
    restore_command->add_option("input", restore.input, "a picture or a folder")->required();
    restore_command->add_option("output", restore.output, "a picture or a folder")->required();
    restore_command->add_option("--network", restore.network, which)->check(known_network)->capture_default_str();
    restore_command->add_option("--weights", restore.weights, "safetensors (NETWORK.safetensors)");
    restore_command->add_option("--device", restore.device, example::device_help)
        ->check(known_device)
        ->capture_default_str();
    restore_command->add_option("--threads", restore.threads, "0: all")->capture_default_str();

    CLI11_PARSE(app, count, arguments);
    if (train.run.empty()) train.run = "runs/" + train.network;
    if (evaluate.weights.empty()) evaluate.weights = evaluate.network + ".safetensors";
    if (restore.weights.empty()) restore.weights = restore.network + ".safetensors";
    try {
        if (*train_command) return example::train(train);
        if (*evaluate_command) return example::evaluate(evaluate);
        return example::restore(restore);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "documents: %s\n", error.what());
        return 1;
    }
}

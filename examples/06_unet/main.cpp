// The pixel-shuffle U-Net removes noise from photographs, and fills in what is missing.
//
// A U-Net first halves the picture five times, and so sees more and more of it at once. To fill in a missing eye, it
// must have seen the face. Then it doubles the picture five times. Each time the map of that size from the first half
// is concatenated, so that what was sharp stays sharp. It enlarges by pixel shuffle: the network makes four small
// pictures, and their pixels, put side by side, are one of twice the size.
//
//     unet train denoise     FOLDER     trains on a folder of any pictures       train.hpp, damages.cpp
//     unet evaluate denoise  FOLDER     measures on the held-out pictures        evaluate.cpp
//     unet restore denoise   IN OUT     restores a picture or a folder           restore.cpp
//     unet resize            IN OUT     makes squares of a folder's pictures     resize.cpp
//
// The same commands take `inpaint`. The network is a type, which depix/models/pixel_shuffle_unet.hpp defines. Its width
// is a number in that type. This example has the published width, 32 filters, and a small one, 16.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <map>

#include "../device.hpp"
#include "commands.hpp"
#include "noise.hpp"

int main(int count, char** arguments) {
    CLI::App app{"unet: a pixel-shuffle U-Net that denoises and inpaints"};
    app.require_subcommand(1);
    const std::map<std::string, example::Task> tasks{{"denoise", example::Task::Denoise},
                                                     {"inpaint", example::Task::Inpaint}};
    const CLI::CheckedTransformer task(tasks);
    const CLI::IsMember known_width({16, 32});
    const std::string width = "width: the first level has half as many channels";

    example::TrainOptions train;
    CLI::App* train_command = app.add_subcommand("train", "learn from a folder of any pictures");
    train_command->add_option("task", train.task, "denoise or inpaint")->required()->transform(task);
    train_command->add_option("pictures", train.images, "a folder")->required();
    // It comes before the options that it sets, because CLI11 assigns in this order: a flag that is given wins.
    train_command
        ->add_option_function<std::string>(
            "--recipe",
            [&](const std::string& recipe) {
                if (recipe == "published") example::use_published_recipe(train);
            },
            "depix: --batch 8, the rate rises to --learning-rate and falls to 0, He-normal weights; "
            "published: the original's --batch 16, constant rate of 3e-3, Glorot's weights outside the blocks and "
            "--noise salt_and_pepper:0.2; flags that are given change either (depix)")
        ->check(CLI::IsMember({"depix", "published"}));
    train_command->add_option("--filters", train.filters, width)->check(known_width)->capture_default_str();
    train_command->add_option("--masks", train.masks,
                              "a folder of masks (white: missing) to inpaint, instead of drawn ones");
    train_command
        ->add_option("--noise", train.noise,
                     "of denoise, once for each kind of which one is drawn for a square: " + example::noise_help() +
                         " (each kind, at any strength)")
        ->allow_extra_args(false);
    train_command->add_option(
        "--run", train.run,
        "folder for weights, checkpoint and loss curve; a run that was stopped goes on from there "
        "(runs/unet_TASK_FILTERS)");
    train_command->add_option("--size", train.size, "side of the squares to learn from")->capture_default_str();
    train_command->add_option("--crops", train.crops, "squares from each picture in an epoch")->capture_default_str();
    train_command->add_option("--epochs", train.epochs)->capture_default_str();
    train_command->add_option("--batch", train.batch_size, "pairs a step")->capture_default_str();
    train_command->add_option("--learning-rate", train.learning_rate, "Adam's, at its highest")->capture_default_str();
    train_command->add_flag("--in-memory", train.in_memory, "decode the pictures once and keep them");
    train_command->add_option("--device", train.device, example::device_help)
        ->check(CLI::IsMember({"cpu", "cuda"}))
        ->capture_default_str();
    train_command->add_option("--threads", train.threads, "0: all")->capture_default_str();
    train_command->add_option("--seed", train.seed, "of weights, order and damage")->capture_default_str();

    example::EvaluateOptions evaluate;
    CLI::App* evaluate_command = app.add_subcommand("evaluate", "measure on pictures that were not trained on");
    evaluate_command->add_option("task", evaluate.task, "denoise or inpaint")->required()->transform(task);
    evaluate_command->add_option("pictures", evaluate.images, "the folder that was trained on")->required();
    evaluate_command->add_option("--filters", evaluate.filters, width)->check(known_width)->capture_default_str();
    evaluate_command->add_option("--weights", evaluate.weights, "safetensors (unet_TASK_FILTERS.safetensors)");
    evaluate_command->add_option("--sheet", evaluate.sheet,
                                 "write damaged, restored and clean pictures side by side here");
    evaluate_command
        ->add_option("--noise", evaluate.noise, "of denoise, once for each row of the table: " + example::noise_help())
        ->allow_extra_args(false);
    evaluate_command->add_option("--size", evaluate.size, "of the pictures' middle; 0: whole")->capture_default_str();
    evaluate_command->add_option("--threads", evaluate.threads, "0: all")->capture_default_str();

    example::RestoreOptions restore;
    CLI::App* restore_command = app.add_subcommand("restore", "restore a picture, or a folder of pictures");
    restore_command->add_option("task", restore.task, "denoise or inpaint")->required()->transform(task);
    restore_command->add_option("input", restore.input, "a picture or a folder")->required();
    restore_command->add_option("output", restore.output, "a picture or a folder")->required();
    restore_command->add_option("--mask", restore.mask, "a picture of the same size: white is missing");
    restore_command->add_option("--filters", restore.filters, width)->check(known_width)->capture_default_str();
    restore_command->add_option("--weights", restore.weights, "safetensors (unet_TASK_FILTERS.safetensors)");
    restore_command->add_option("--device", restore.device, example::device_help)
        ->check(CLI::IsMember({"cpu", "cuda"}))
        ->capture_default_str();
    restore_command->add_option("--threads", restore.threads, "0: all")->capture_default_str();

    example::ResizeOptions resize;
    CLI::App* resize_command =
        app.add_subcommand("resize", "make all pictures of a folder squares, as the original trains on them");
    resize_command->add_option("input", resize.input, "a folder or a picture")->required();
    resize_command->add_option("output", resize.output, "a folder or a picture")->required();
    resize_command->add_option("--size", resize.size, "side of the squares")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();

    CLI11_PARSE(app, count, arguments);
    const auto name = [](example::Task which, int filters) {
        return std::string(which == example::Task::Denoise ? "unet_denoise_" : "unet_inpaint_") +
               std::to_string(filters);
    };
    if (train.run.empty()) train.run = "runs/" + name(train.task, train.filters);
    if (evaluate.weights.empty()) evaluate.weights = name(evaluate.task, evaluate.filters) + ".safetensors";
    if (restore.weights.empty()) restore.weights = name(restore.task, restore.filters) + ".safetensors";
    try {
        if (*train_command) return example::train(train);
        if (*evaluate_command) return example::evaluate(evaluate);
        if (*resize_command) return example::resize(resize);
        return example::restore(restore);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "unet: %s\n", error.what());
        return 1;
    }
}

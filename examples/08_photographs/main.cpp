// Photographs: takes off noise, blur, or what JPEG left, of any strength, without being told which; fills holes; and
// enlarges.
//
//     photographs prepare          FOLDER OUT     at half their size, for training          prepare.cpp
//     photographs train    TASK    FOLDER         trains on them                            train.cpp, tasks.hpp
//     photographs evaluate TASK    FOLDER         measures on clean pictures, damage drawn  evaluate.cpp
//
// TASK is denoise, dejpeg, inpaint, enlarge_2, enlarge_4 or deblur. The networks are types of a few lines:
// depix/models/denoiser.hpp for noise, JPEG and blur alike, inpainter.hpp and enlarger.hpp. What they were trained on
// and what they reach says README.md.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

#include "commands.hpp"

int main(int count, char** arguments) {
    CLI::App app{"photographs: takes off noise, blur, or what JPEG left; fills holes; enlarges"};
    app.require_subcommand(1);
    std::string task = "denoise";
    const auto add_task = [&](CLI::App* command) {
        command->add_option("task", task, "denoise, dejpeg, inpaint, enlarge_2, enlarge_4 or deblur")
            ->required()
            ->check(CLI::IsMember(example::task_names));
    };

    example::PrepareOptions prepare;
    CLI::App* prepare_command = app.add_subcommand("prepare", "write photographs at a half to an eighth of their size");
    prepare_command->add_option("input", prepare.input, "a folder")->required();
    prepare_command->add_option("output", prepare.output, "a folder")->required();

    example::TrainOptions train;
    CLI::App* train_command = app.add_subcommand("train", "train on photographs");
    add_task(train_command);
    train_command->add_option("pictures", train.images, "a folder with the folders train and held_out")->required();
    train_command->add_option("--run", train.run,
                              "folder for weights, checkpoint and log (runs/TASK); a run that was stopped goes on from "
                              "there");
    train_command->add_option("--size", train.size, "side of the squares that the network gets")->capture_default_str();
    train_command->add_option("--batch", train.batch_size, "squares a step")->capture_default_str();
    train_command->add_option("--start", train.start, "weights to go on from, instead of random ones");
    train_command->add_option("--steps", train.steps, "of the whole run")->capture_default_str();
    train_command->add_option("--save-every", train.save_every, "steps")->capture_default_str();
    train_command->add_option("--validate-every", train.validate_every, "steps")->capture_default_str();
    train_command->add_option("--learning-rate", train.learning_rate, "Adam's, at its highest")->capture_default_str();
    train_command->add_option("--average-decay", train.average_decay, "of the weights' moving average")
        ->capture_default_str();
    train_command->add_option("--max-gradient-norm", train.max_gradient_norm, "larger gradients are scaled down to it")
        ->check(CLI::PositiveNumber);
    train_command->add_option("--threads", train.threads, "0: all")->capture_default_str();
    train_command->add_option("--seed", train.seed, "of weights, order and damage")->capture_default_str();

    example::EvaluateOptions evaluate;
    CLI::App* evaluate_command = app.add_subcommand("evaluate", "measure on clean pictures");
    add_task(evaluate_command);
    evaluate_command->add_option("pictures", evaluate.images, "a folder")->required();
    evaluate_command->add_option("--weights", evaluate.weights, "safetensors (TASK.safetensors)");
    evaluate_command->add_option("--only", evaluate.only, "the kinds of damage whose names begin so");
    evaluate_command->add_option("--sheet", evaluate.sheet, "write damaged, restored and clean pictures here");
    evaluate_command->add_option("--crop", evaluate.crop, "pixels: show only the square in the middle on the sheet")
        ->check(CLI::PositiveNumber);
    evaluate_command->add_option("--most", evaluate.most, "pictures; 0: all")->capture_default_str();
    evaluate_command->add_option("--threads", evaluate.threads, "0: all")->capture_default_str();

    CLI11_PARSE(app, count, arguments);
    try {
        if (*prepare_command) return example::prepare(prepare);
        train.task = evaluate.task = example::task_called(task);
        if (evaluate.weights.empty()) evaluate.weights = task + ".safetensors";
        return *evaluate_command ? example::evaluate(evaluate) : example::train(train);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "photographs: %s\n", error.what());
        return 1;
    }
}

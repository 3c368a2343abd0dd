// The denoiser: takes noise of any kind and strength off colour photographs, without being told which.
//
//     denoise prepare   FOLDER OUT     photographs at half their size, for training      prepare.cpp
//     denoise train     FOLDER         trains on them                                     train.cpp, noise.hpp
//     denoise evaluate  FOLDER         measures on clean pictures, with noise drawn       evaluate.cpp
//
// The network is a type of a few lines: depix/models/denoiser.hpp. What it was trained on and what it reaches says
// README.md.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

#include "commands.hpp"

int main(int count, char** arguments) {
    CLI::App app{"denoise: takes noise off photographs"};
    app.require_subcommand(1);

    example::PrepareOptions prepare;
    CLI::App* prepare_command = app.add_subcommand("prepare", "write photographs at a half to an eighth of their size");
    prepare_command->add_option("input", prepare.input, "a folder")->required();
    prepare_command->add_option("output", prepare.output, "a folder")->required();

    example::TrainOptions train;
    CLI::App* train_command = app.add_subcommand("train", "train on photographs");
    train_command->add_option("pictures", train.pictures, "a folder with the folders train and held_out")->required();
    train_command
        ->add_option("--run", train.run,
                     "folder for weights, checkpoint and log; a run that was stopped "
                     "goes on from there")
        ->capture_default_str();
    train_command->add_option("--size", train.size, "side of the squares to train on")->capture_default_str();
    train_command->add_option("--batch", train.batch_size, "squares a step")->capture_default_str();
    train_command->add_option("--start", train.start, "weights to go on from, instead of random ones");
    train_command->add_option("--steps", train.steps, "of the whole run")->capture_default_str();
    train_command
        ->add_option("--from", train.from,
                     "the step at which the learning rate's cosine starts; to train "
                     "on, the steps so far")
        ->capture_default_str();
    train_command->add_option("--save-every", train.save_every, "steps")->capture_default_str();
    train_command->add_option("--validate-every", train.validate_every, "steps")->capture_default_str();
    train_command->add_option("--learning-rate", train.learning_rate, "Adam's, at its highest")->capture_default_str();
    train_command->add_option("--average-decay", train.average_decay, "of the weights' moving average")
        ->capture_default_str();
    train_command->add_option("--threads", train.threads, "0: all")->capture_default_str();
    train_command->add_option("--seed", train.seed, "of weights, order and noise")->capture_default_str();

    example::EvaluateOptions evaluate;
    CLI::App* evaluate_command = app.add_subcommand("evaluate", "measure on clean pictures");
    evaluate_command->add_option("pictures", evaluate.pictures, "a folder")->required();
    evaluate_command->add_option("--weights", evaluate.weights, "safetensors")->capture_default_str();
    evaluate_command->add_option("--sheet", evaluate.sheet, "write noisy, restored and clean pictures here");
    evaluate_command->add_option("--most", evaluate.most, "pictures; 0: all")->capture_default_str();
    evaluate_command->add_option("--threads", evaluate.threads, "0: all")->capture_default_str();

    CLI11_PARSE(app, count, arguments);
    try {
        if (*prepare_command) return example::prepare(prepare);
        if (*evaluate_command) return example::evaluate(evaluate);
        return example::train(train);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "denoise: %s\n", error.what());
        return 1;
    }
}

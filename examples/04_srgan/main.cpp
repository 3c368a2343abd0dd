// SRGAN enlarges pictures four times in each direction: it makes sixteen pixels from one.
//
// Bicubic interpolation lays a smooth surface through the small picture's pixels, whatever they show. A network that
// was trained on many photographs has learnt more: that an edge was sharp which the small picture shows as a ramp, and
// that hair is thin and long. SRResNet works at the small size, in a row of residual blocks, each of which adds a
// correction to its input. Only then pixel shuffle, applied twice, makes one large picture of four small ones.
//
//     srgan prepare FOLDER OUT     writes pairs, small and large, to look at         prepare.cpp
//     srgan train FOLDER           trains on a folder of any pictures                train.hpp
//     srgan train-gan FOLDER       continues from there, with a discriminator        train_gan.hpp, recipes.hpp
//     srgan evaluate FOLDER        measures on pictures that were not trained on     evaluate.cpp
//     srgan restore IN OUT         enlarges a picture or a folder                    restore.cpp
//
// There are three networks, each a type in depix/models: SRResNet (SRGAN's generator), RRDB (DeepDepixelate's) and
// RRDBNet (ESRGAN's). A network's width is some numbers in its type. generators.hpp names the published widths and
// small ones. The width `foreign` is another author's SRResNet with its author's weights; foreign.hpp defines it.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <map>

#include "../device.hpp"
#include "commands.hpp"

int main(int count, char** arguments) {
    using example::Architecture;
    using example::Width;
    CLI::App app{"srgan: networks that enlarge pictures four times"};
    app.require_subcommand(1);
    const CLI::CheckedTransformer known_network(std::map<std::string, Architecture>{
        {"srresnet", Architecture::SRResNet}, {"rrdb", Architecture::RRDB}, {"rrdbnet", Architecture::RRDBNet}});
    const CLI::CheckedTransformer known_width(
        std::map<std::string, Width>{{"published", Width::Published}, {"small", Width::Small}});
    const CLI::CheckedTransformer any_width(std::map<std::string, Width>{
        {"published", Width::Published}, {"small", Width::Small}, {"foreign", Width::Foreign}});
    const std::string networks = "srresnet; rrdb: DeepDepixelate's; rrdbnet: ESRGAN's";
    const std::string widths = "published, or small: for a laptop (generators.hpp)";
    const std::string all_widths = widths + "; foreign: srresnet of github.com/leftthomas/SRGAN";
    const std::string weights = "safetensors (NETWORK_WIDTH.safetensors)";
    const std::string channels = "of the pictures: 3, or 1 for grey ones";
    const std::string sides = "of the large pictures, if they are not squares; 0: --high";
    const std::string interval = "steps between checkpoints; 0: only after each epoch";
    const auto choose_device = [](CLI::App* command, std::string& device) {
        command->add_option("--device", device, example::device_help)
            ->check(CLI::IsMember({"cpu", "cuda"}))
            ->capture_default_str();
    };
    const auto choose_generator = [&](CLI::App* command, example::Choice& generator, bool foreign) {
        command->add_option("--network", generator.network, networks)
            ->transform(known_network)
            ->default_str("srresnet");
        command->add_option("--width", generator.width, foreign ? all_widths : widths)
            ->transform(foreign ? any_width : known_width)
            ->default_str(generator.width == Width::Small ? "small" : "published");
        command->add_option("--channels", generator.channels, channels)->capture_default_str();
    };

    example::PrepareOptions prepare;
    CLI::App* prepare_command = app.add_subcommand("prepare", "write pairs of pictures, small and large, to look at");
    prepare_command->add_option("pictures", prepare.images, "a folder of any pictures")->required();
    prepare_command->add_option("output", prepare.output, "a folder")->required();
    prepare_command->add_option("--high", prepare.high, "side of the large squares; 0: whole pictures")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    prepare_command->add_option("--crops", prepare.crops, "squares from each picture")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    prepare_command->add_flag("--enlarge", prepare.enlarge,
                              "resize pictures smaller than a square, do not refuse them");
    prepare_command->add_option("--seed", prepare.seed, "of places and turns")->capture_default_str();

    example::TrainOptions train;
    CLI::App* train_command = app.add_subcommand("train", "learn from a folder of any pictures");
    train_command->add_option("pictures", train.images, "a folder")->required();
    choose_generator(train_command, train.generator, false);
    train_command->add_option(
        "--run", train.run,
        "folder for weights, checkpoint and loss curve; a run that was stopped goes on from there "
        "(runs/NETWORK_WIDTH)");
    train_command->add_option("--high", train.high, "side of the large squares to learn from; divides by 4")
        ->capture_default_str();
    train_command->add_option("--hr-height", train.height, "height " + sides);
    train_command->add_option("--hr-width", train.width, "width " + sides);
    train_command->add_option("--crops", train.crops, "squares from each picture in an epoch")->capture_default_str();
    train_command->add_flag("--enlarge", train.enlarge, "resize pictures smaller than a square, do not refuse them");
    train_command->add_option("--epochs", train.epochs)->capture_default_str();
    train_command->add_option("--batch", train.batch_size, "pairs a step")->capture_default_str();
    train_command->add_option("--learning-rate", train.learning_rate, "Adam's, at its highest")->capture_default_str();
    train_command->add_option("--beta1", train.beta1, "Adam's")->capture_default_str();
    train_command->add_option("--beta2", train.beta2, "Adam's")->capture_default_str();
    train_command->add_flag("--cosine", train.cosine,
                            "let the learning rate rise over the first steps and fall to 0 along half a cosine");
    train_command->add_option("--checkpoint-interval", train.checkpoint_interval, interval)->capture_default_str();
    train_command->add_flag("--in-memory", train.in_memory, "decode the pictures once and keep them");
    choose_device(train_command, train.device);
    train_command->add_option("--threads", train.threads, "0: all")->capture_default_str();
    train_command->add_option("--seed", train.seed, "of weights, order and squares")->capture_default_str();

    using example::Recipe;
    const CLI::CheckedTransformer known_recipe(std::map<std::string, Recipe>{
        {"srgan", Recipe::SRGAN}, {"small", Recipe::Small}, {"deep-depixelate", Recipe::DeepDepixelate}});
    example::TrainGanOptions gan;
    CLI::App* gan_command = app.add_subcommand("train-gan", "the second phase: against a discriminator");
    gan_command->add_option("pictures", gan.images, "a folder")->required();
    gan_command->add_option("--start", gan.start, "weights of the first phase, safetensors")->required();
    gan_command->add_option("--vgg", gan.vgg, "VGG19's weights, safetensors with torchvision's names")->required();
    gan_command->add_flag("--torchvision", gan.torchvision,
                          "those weights are torchvision's own, not Caffe's or Keras's");
    gan_command
        ->add_option("--recipe", gan.recipe,
                     "srgan: as published; deep-depixelate: likewise; small: srgan for a laptop (recipes.hpp)")
        ->transform(known_recipe)
        ->default_str("srgan");
    gan_command->add_option("--network", gan.network, networks + "; which ones a recipe trains: recipes.hpp")
        ->transform(known_network)
        ->default_str("srresnet");
    gan_command->add_option(
        "--run", gan.run,
        "folder for weights, checkpoint and samples; a run that was stopped goes on from there (runs/srgan_RECIPE)");
    gan_command->add_option("--crops", gan.crops, "squares from each picture in an epoch")->capture_default_str();
    gan_command->add_option("--channels", gan.channels, "of the pictures: 3")->capture_default_str();
    const std::string recipe_says = "; 0: what the recipe says";
    gan_command->add_option("--high", gan.high, "side of the large squares" + recipe_says);
    gan_command->add_option("--hr-height", gan.height, "height " + sides);
    gan_command->add_option("--hr-width", gan.width, "width " + sides);
    gan_command->add_option("--epochs", gan.epochs, "0: what the recipe says");
    gan_command->add_option("--batch", gan.batch_size, "pairs a step" + recipe_says);
    gan_command->add_option("--learning-rate", gan.learning_rate, "of the generator" + recipe_says);
    gan_command->add_option("--beta1", gan.beta1, "Adam's; below 0: what the recipe says");
    gan_command->add_option("--beta2", gan.beta2, "Adam's; below 0: what the recipe says");
    gan_command->add_option("--discriminator-rate", gan.discriminator_rate,
                            "the discriminator's learning rate, in generator's" + recipe_says);
    gan_command->add_option("--adversarial-weight", gan.adversarial_weight,
                            "of the discriminator's opinion, against that of VGG19" + recipe_says);
    gan_command->add_option("--pixel-weight", gan.pixel_weight,
                            "of the pixels' squared error, against VGG19's opinion; below 0: what the recipe says");
    gan_command
        ->add_option("--real-label", gan.real_label, "what the discriminator shall say of real pictures, e.g. 0.9")
        ->capture_default_str();
    gan_command->add_option("--average", gan.average_decay,
                            "keep a moving average of the generator with this decay, such as 0.999; 0: none");
    gan_command->add_option("--sample-every", gan.sample_every, "steps between sheets of samples; 0: none")
        ->capture_default_str();
    gan_command->add_option("--checkpoint-interval", gan.checkpoint_interval, interval)->capture_default_str();
    gan_command->add_flag("--in-memory", gan.in_memory, "decode the pictures once and keep them");
    choose_device(gan_command, gan.device);
    gan_command->add_option("--threads", gan.threads, "0: all")->capture_default_str();
    gan_command->add_option("--seed", gan.seed, "of weights, order and squares")->capture_default_str();

    example::EvaluateOptions evaluate;
    CLI::App* evaluate_command = app.add_subcommand("evaluate", "measure on pictures that were not trained on");
    evaluate_command
        ->add_option("pictures", evaluate.images, "a folder of large pictures, or of pairs NAME_HR and NAME_LR")
        ->required();
    choose_generator(evaluate_command, evaluate.generator, true);
    evaluate_command->add_option("--weights", evaluate.weights, weights);
    evaluate_command->add_option("--sheet", evaluate.sheet,
                                 "write bicubic, the network's and the true pictures side by side here");
    evaluate_command->add_option("--rows", evaluate.rows, "of the sheet, at most")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    choose_device(evaluate_command, evaluate.device);
    evaluate_command->add_option("--threads", evaluate.threads, "0: all")->capture_default_str();

    example::RestoreOptions restore;
    CLI::App* restore_command = app.add_subcommand("restore", "enlarge a picture, or a folder of pictures");
    restore_command->add_option("input", restore.input, "a picture or a folder")->required();
    restore_command->add_option("output", restore.output, "a picture or a folder")->required();
    choose_generator(restore_command, restore.generator, true);
    restore_command->add_option("--weights", restore.weights, weights);
    choose_device(restore_command, restore.device);
    restore_command->add_option("--threads", restore.threads, "0: all")->capture_default_str();

    CLI11_PARSE(app, count, arguments);
    if (train.run.empty()) train.run = "runs/" + to_string(train.generator);
    if (gan.run.empty()) {
        gan.run = "runs/srgan_" + to_string(gan.recipe);
        if (gan.network == Architecture::RRDB) gan.run += "_rrdb";
        if (gan.network == Architecture::RRDBNet) gan.run += "_rrdbnet";
    }
    if (evaluate.weights.empty()) evaluate.weights = to_string(evaluate.generator) + ".safetensors";
    if (restore.weights.empty()) restore.weights = to_string(restore.generator) + ".safetensors";
    try {
        if (*prepare_command) return example::prepare(prepare);
        if (*train_command) return example::train(train);
        if (*gan_command) return example::train_gan(gan);
        if (*evaluate_command) return example::evaluate(evaluate);
        return example::restore(restore);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "srgan: %s\n", error.what());
        return 1;
    }
}

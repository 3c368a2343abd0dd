// DE-GAN cleans old, blurred or watermarked pages with a conditional generative adversarial network (Souibgui and
// Kessentini 2020).
//
// A binarization method decides for every pixel whether it is ink or paper. A threshold looks at the pixel alone, or
// also at its neighbourhood's brightness. A network can look at shapes: a stain has no strokes, and a stroke that a
// fold interrupts continues after the fold. Where such a network is not sure, it would make the page slightly grey. A
// second network, which learns to tell its pages from real clean ones, prevents that.
//
//     de_gan prepare TASK OUT     draws and degrades pages, to look at              prepare.cpp, pages.cpp
//     de_gan train TASK           trains on drawn pages, and real ones if given     train.hpp
//     de_gan train-binarizer      trains depix's own binarizer instead      train_binarizer.cpp, binarizer_pages.hpp
//     de_gan evaluate TASK        measures the network, Otsu and Sauvola            evaluate.cpp
//     de_gan restore TASK IN OUT  restores a page or a folder, in blended tiles     restore.cpp
//
// TASK is binarize, deblur or unwatermark. There are two published recipes, each with its own networks, losses and
// numbers: that of the paper's authors, and that of an implementation in PyTorch (recipes.hpp). The networks are types,
// which depix/models/de_gan.hpp and de_gan_pytorch.hpp define. The generator's width is a number in its type. This
// example has the published width, 64 filters (31 million weights), and a small one, 8.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <map>
#include <string>

#include "../device.hpp"
#include "commands.hpp"

namespace {

/// For an option with a few names: turns a name into its value, and lists the names if there is no such one.
template <class Value>
CLI::Validator one_of(const std::map<std::string, Value>& values) {
    const auto choose = [values](std::string& text) {
        const auto found = values.find(text);
        if (found == values.end()) return example::no_such(text, values);
        text = std::to_string(static_cast<int>(found->second));
        return std::string();
    };
    return {choose, "NAME", "one of"};
}

}  // namespace

int main(int count, char** arguments) {
    using example::Task;
    CLI::App app{"de_gan: a conditional GAN that binarizes, deblurs and takes watermarks off pages"};
    app.require_subcommand(1);
    const CLI::Validator tasks = one_of(std::map<std::string, Task>{
        {"binarize", Task::Binarize}, {"deblur", Task::Deblur}, {"unwatermark", Task::Unwatermark}});
    const CLI::IsMember known_width({8, 64});
    const std::string task = "binarize, deblur or unwatermark";
    const std::string layout =
        "a folder of NAME_source.png and NAME_target.png, or with A/ (degraded) and B/ (clean), or noisy/ and clean/";
    const CLI::Validator recipes = one_of(example::recipe_names), blurs = one_of(example::blur_names);
    const CLI::Validator contents = one_of(example::content_names);
    const CLI::Validator adversarials = one_of(example::adversarial_names);
    const std::string blur_help =
        "of drawn pages, for deblur: gaussian (sigma 2), varied (defocus and motion of many strengths), or both";

    example::PrepareOptions prepare;
    CLI::App* prepare_command = app.add_subcommand("prepare", "draw pages and spoil them, to look at");
    prepare_command->add_option("task", prepare.task, task)->required()->transform(tasks);
    prepare_command->add_option("output", prepare.output, "a folder")->required();
    prepare_command->add_option("--pairs", prepare.pairs)->check(CLI::PositiveNumber)->capture_default_str();
    prepare_command->add_option("--size", prepare.size, "of the pages' sides")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    prepare_command->add_option("--blur", prepare.blur, blur_help)->transform(blurs);
    prepare_command->add_flag("--binarizer", prepare.for_binarizer, "draw what train-binarizer trains on");
    prepare_command->add_option("--pages", prepare.pages, "for --binarizer: real pages too; " + layout);
    prepare_command->add_option("--only", prepare.only, "of those pages the ones whose names begin so");
    prepare_command->add_option("--seed", prepare.seed)->capture_default_str();

    example::TrainOptions train;
    CLI::App* train_command = app.add_subcommand("train", "learn from drawn pages, and real ones if given");
    train_command->add_option("task", train.task, task)->required()->transform(tasks);
    train_command->add_option("--recipe", train.recipe, "authors (the default) or pytorch: networks, losses, numbers")
        ->transform(recipes);
    train_command->add_option("--filters", train.filters, "width of the generator")
        ->check(known_width)
        ->capture_default_str();
    train_command->add_option("--pages", train.pages, layout);
    train_command->add_option("--only", train.only, "of those pages the ones whose names begin so");
    example::Changes& changes = train.changes;
    train_command->add_option("--drawn", changes.drawn, "patches that are drawn anew every epoch (2000; pytorch: 0)");
    train_command->add_option("--whole-pages", changes.whole_pages,
                              "pages of 768x1024, drawn once and cut into 20 patches each (0; pytorch: 100)");
    train_command->add_option("--blur", changes.blur, blur_help + " (varied; pytorch: gaussian)")->transform(blurs);
    train_command->add_option("--start", train.start,
                              "weights the generator begins with, such as those of a run on drawn pages alone");
    train_command->add_option("--run", train.run,
                              "folder for weights, checkpoint and samples; a run that was stopped goes on from there "
                              "(runs/de_gan_TASK_FILTERS, runs/de_gan_TASK_pytorch_FILTERS)");
    train_command->add_option("--epochs", changes.epochs, "(80; pytorch: 150)");
    train_command->add_option("--batch", changes.batch_size, "pairs a step (1; pytorch: 16)");
    train_command->add_option("--learning-rate", changes.learning_rate,
                              "Adam's, of both networks (1e-4; pytorch: 2e-4)");
    train_command->add_option("--beta1", changes.beta1, "Adam's (0.9; pytorch: 0.5)");
    train_command->add_option("--beta2", changes.beta2, "Adam's (0.999)");
    train_command
        ->add_option("--content-loss", changes.content,
                     "cross-entropy, mse or mae: the generator's, pixel by pixel (cross-entropy; pytorch: mse)")
        ->transform(contents);
    train_command->add_option("--content-weight", changes.content_weight, "its weight (100; pytorch: 500)");
    train_command
        ->add_option("--adversarial-loss", changes.adversarial, "mse, that is least squares, or cross-entropy (mse)")
        ->transform(adversarials);
    train_command->add_flag("--cosine", train.cosine,
                            "let the learning rate rise over the first steps and fall to 0 along half a cosine");
    train_command->add_option("--average", train.average_decay,
                              "keep a moving average of the generator with this decay, such as 0.999; 0: none");
    train_command->add_option("--sample-every", train.sample_every, "steps between sheets of samples; 0: none")
        ->capture_default_str();
    train_command->add_option("--device", train.device, example::device_help)
        ->check(CLI::IsMember({"cpu", "cuda"}))
        ->capture_default_str();
    train_command->add_option("--threads", train.threads, "0: all; under mpirun: one a rank")->capture_default_str();
    train_command
        ->add_option("--part", train.images_per_part,
                     "under mpirun: pairs that run through the networks at once; the result depends on this number")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    train_command->add_flag("--synchronise", train.synchronise_batch_norm,
                            "under mpirun: batch norm by the statistics of the whole batch, not of each part");
    train_command->add_option("--seed", train.seed, "of weights, order and drawing")->capture_default_str();

    example::TrainBinarizerOptions binarizer;
    CLI::App* binarizer_command = app.add_subcommand("train-binarizer", "train depix's own binarizer");
    binarizer_command->add_option("--pages", binarizer.pages, "train on real pages too: " + layout);
    binarizer_command->add_option("--only", binarizer.only, "of those pages the ones whose names begin so");
    binarizer_command->add_option("--real-share", binarizer.real_share, "of the squares, if there are real pages")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    binarizer_command->add_option("--start", binarizer.start, "weights to go on from, instead of random ones");
    binarizer_command
        ->add_option("--run", binarizer.run,
                     "folder for weights, checkpoint and log; a run that was stopped goes on from there")
        ->capture_default_str();
    binarizer_command->add_option("--batch", binarizer.batch_size, "squares a step")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    binarizer_command->add_option("--steps", binarizer.steps, "of the whole run")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    binarizer_command->add_option("--save-every", binarizer.save_every, "steps")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    binarizer_command->add_option("--validate-every", binarizer.validate_every, "steps")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    binarizer_command->add_option("--learning-rate", binarizer.learning_rate, "Adam's, at its highest")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    binarizer_command->add_option("--average", binarizer.average_decay, "decay of the weights' moving average")
        ->capture_default_str();
    binarizer_command
        ->add_option("--max-gradient-norm", binarizer.max_gradient_norm, "larger gradients are scaled down to it")
        ->check(CLI::PositiveNumber);
    binarizer_command->add_option("--threads", binarizer.threads, "0: all")->capture_default_str();
    binarizer_command->add_option("--seed", binarizer.seed, "of weights, order and drawing")->capture_default_str();

    example::EvaluateOptions evaluate;
    CLI::App* evaluate_command = app.add_subcommand("evaluate", "measure, beside Otsu and Sauvola");
    evaluate_command->add_option("task", evaluate.task, task)->required()->transform(tasks);
    evaluate_command->add_option("--pages", evaluate.pages, layout + "; without: drawn pages");
    evaluate_command->add_option("--only", evaluate.only, "of those pages the ones whose names begin so");
    evaluate_command->add_option("--blur", evaluate.blur, blur_help)->transform(blurs);
    evaluate_command->add_option("--weights", evaluate.weights, "safetensors (the one that ships, in this folder)");
    evaluate_command->add_option("--threshold", evaluate.threshold, "of the network's page")->capture_default_str();
    evaluate_command->add_option("--sheet", evaluate.sheet, "write the pages side by side here");
    evaluate_command->add_option("--rows", evaluate.rows, "of the sheet, at most")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    evaluate_command->add_option("--side", evaluate.side, "of the sheet's pictures, at most, pixels")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    evaluate_command->add_option("--threads", evaluate.threads, "0: all")->capture_default_str();

    example::RestoreOptions restore;
    CLI::App* restore_command = app.add_subcommand("restore", "restore a page, or a folder of pages");
    restore_command->add_option("task", restore.task, task)->required()->transform(tasks);
    restore_command->add_option("input", restore.input, "a page or a folder")->required();
    restore_command->add_option("output", restore.output, "a page or a folder")->required();
    restore_command->add_option("--weights", restore.weights, "safetensors (the one that ships, in this folder)");
    restore_command->add_option("--threshold", restore.threshold, "for binarize, such as 0.95; 0: Otsu's")
        ->capture_default_str();
    restore_command->add_flag("--grey", restore.grey, "for binarize: leave the page as the network makes it");
    restore_command->add_option("--device", restore.device, example::device_help)
        ->check(CLI::IsMember({"cpu", "cuda"}))
        ->capture_default_str();
    restore_command->add_option("--threads", restore.threads, "0: all")->capture_default_str();

    CLI11_PARSE(app, count, arguments);
    const auto name = [](Task which) { return "de_gan_" + to_string(which); };
    // The weights that ship with this example.
    const auto shipped = [](Task which) {
        return (which == Task::Deblur ? "de_gan_pytorch_" : "de_gan_") + to_string(which) + "_8.safetensors";
    };
    if (train.run.empty())
        train.run = std::string("runs/") + name(train.task) +
                    (train.recipe == example::Recipe::PyTorch ? "_pytorch_" : "_") + std::to_string(train.filters);
    if (evaluate.weights.empty()) evaluate.weights = shipped(evaluate.task);
    if (restore.weights.empty()) restore.weights = shipped(restore.task);
    try {
        if (*prepare_command) return example::prepare(prepare);
        if (*train_command) return example::train(train);
        if (*binarizer_command) return example::train_binarizer(binarizer);
        if (*evaluate_command) return example::evaluate(evaluate);
        return example::restore(restore);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "de_gan: %s\n", error.what());
        return 1;
    }
}

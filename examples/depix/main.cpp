// depix: restores any picture from the command line.
//
// Each of the other examples shows one network, how it is trained and how good it is. This one is for use. It restores
// a picture of any size, or a folder of thousands, with any of those networks, whose weights are compiled in. It is a
// thin layer on the library. Each part that needs care has its own file:
//
//     depix restore    a picture or a folder                 restore.cpp: one picture and all options come together
//                                                            choose.cpp:  which model a picture needs; examine.cpp
//                                                            jobs.cpp:    what becomes of which file, checked first
//                                                            folder.cpp:  reading, restoring and writing at once
//                                                            image.cpp:   grey and colour, alpha, tiles, scale
//     depix list       the models that there are             models.cpp:  the table
//     depix info       this build and this processor         instruction_set.cpp: which kernels are used
//     depix formats    the picture files it reads and writes
//     depix summary    a network, layer by layer             architecture.hpp: a type becomes a value
//     depix draw       the same as a drawing                 draw.cpp
//     depix look       what each layer makes of a picture    look.cpp
//     depix import     a network of ncnn or ONNX as C++   import/: graphs become types
//     depix embed      weights, or a network in C, for firmware   embed/
//     depix compare    PSNR and SSIM of two pictures
//     depix evaluate   how good every model is           evaluation.cpp: damages, methods; evaluate.cpp: the tables
//     depix bench      how fast a network is here
//     depix serve      a web page to restore pictures with   serve/: HTTP, and what is answered
//     depix train      trains an architecture                architectures/train_network.hpp
//
// Its options follow realesrgan-ncnn-vulkan, waifu2x and unpaper: -i, -o, -m, -s, -t, -j, -f. `depix in.png out.png`
// means `depix restore in.png out.png`. The exit status is 0 if all is well, 1 if something could not be done, 2 if the
// command line makes no sense, and 130 if the program was interrupted.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "arguments.hpp"
#include "commands.hpp"
#include "depix/data/parallel.hpp"
#include "depix/version.hpp"
#include "formats.hpp"

namespace {

void add_model_options(CLI::App& command, tool::ModelOptions& model, const char* names = "-m,--model") {
    command
        .add_option(names, model.name, "a model of `depix list`, or a weights file (safetensors, .pth, ncnn, .onnx)")
        ->capture_default_str();
    command.add_option("-n,--name", model.in_folder, "of a weights file, if --model is a folder of them");
    command.add_option("--architecture", model.architecture,
                       "of a weights file that does not say it itself; see `depix list`");
    command.add_option("--noise", model.noise, "of a picture, 0 to 255, for networks that are told (DRUNet, FFDNet)")
        ->check(CLI::Range(0.0, 255.0))
        ->capture_default_str();
    command.add_option("--backend", model.backend, "cpu, or reference: slow, plain loops")->capture_default_str();
}

void add_limits(CLI::App& command, tool::Limits& limits) {
    const auto add = [&](const char* name, std::size_t& limit, const char* what) {
        command.add_option_function<std::string>(
            name, [&limit, name](const std::string& text) { limit = tool::parse_count(name, text); },
            std::string(what) + " (" + std::to_string(limit) + ")");
    };
    add("--max-pixels", limits.maximum_pixels, "larger pictures are refused, such as 50M");
    add("--max-bytes", limits.maximum_bytes, "larger files are refused, such as 1GB");
}

void add_restore(CLI::App& command, tool::RestoreOptions& options) {
    command
        .add_option("-i,--input,input", options.input, "a picture (depix formats), a folder, or - for standard input")
        ->required();
    command.add_option("-o,--output,output", options.output, "a picture, a folder, or - for standard output")
        ->required();
    add_model_options(command, options.model);
    command.add_option_function<std::string>(
        "-s,--scale", [&options](const std::string& text) { options.scale = tool::parse_scale(text); },
        "how much larger, from 1 to what the model does (what it does)");
    command.add_option("-t,--tile", options.tile, "side of the tiles, in pixels of the input; 0: as memory allows")
        ->check(CLI::Range(0, 1 << 20))
        ->capture_default_str();
    command.add_option_function<std::string>(
        "-j,--jobs", [&options](const std::string& text) { options.threads = tool::parse_threads(text); },
        "threads, or three numbers: those that read, restore and write (1:" + std::to_string(options.threads.restore) +
            ":" + std::to_string(options.threads.save) + ")");
    command.add_option("-f,--format", options.format,
                       tool::written_formats() + " (as the output is called; for folders png)");
    command.add_option("--page", options.page, "of a TIFF file of several pages: only this, counted from 1")
        ->check(CLI::Range(1, 65535));
    command.add_option("--mask", options.mask,
                       "for -m inpaint: a picture of the same size, white where pixels are missing");
    command.add_option("--mask-colour,--mask-color", options.mask_colour,
                       "for -m inpaint: the colour of missing pixels, such as ff00ff");
    command.add_option("-q,--quality", options.quality, "of JPEG and WebP")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    command.add_flag("--tta", options.flips,
                     "mean over the eight ways to lay the picture down: better photographs, eight times the work");
    command.add_flag("-r,--recursive", options.recursive, "sub-folders too, under their names");
    command.add_flag("--full-names", options.full_names,
                     "x.jpg becomes x.jpg.png, so that x.jpg and x.png may lie in one folder");
    command.add_flag("--skip-existing", options.skip_existing, "leave out what is there already");
    command.add_option_function<std::string>(
        "--shard", [&options](const std::string& text) { options.shard = tool::parse_shard(text); },
        "i/n: of a folder every n-th picture from the i-th on, so that n machines share it");
    add_limits(command, options.limits);
    command.add_flag("-v,--verbose", options.verbose, "say what is done");
}

void add_size(CLI::App& command, int& height, int& width) {
    command.add_option_function<std::string>(
        "--size",
        [&height, &width](const std::string& text) {
            const auto [rows, columns] = tool::parse_size(text);
            height = rows;
            width = columns;
        },
        "HEIGHTxWIDTH (" + std::to_string(height) + "x" + std::to_string(width) + ")");
}

int run(CLI::App& app, std::vector<std::string> arguments) {
    const int threads = depix::hardware_threads();
    app.require_subcommand(1);
    app.set_version_flag("--version", "depix " + std::to_string(DEPIX_VERSION_MAJOR) + "." +
                                          std::to_string(DEPIX_VERSION_MINOR) + "." +
                                          std::to_string(DEPIX_VERSION_PATCH));

    tool::RestoreOptions restore;
    restore.model.name.clear();  // chosen for each picture
    restore.threads.restore = restore.threads.save = threads;
    CLI::App* restore_command = app.add_subcommand(
        "restore",
        "restore a picture or a folder; `depix IN OUT` for short. Without -m, a model is chosen for each picture");
    add_restore(*restore_command, restore);

    CLI::App* list_command = app.add_subcommand("list", "the models and architectures that there are");
    tool::InfoOptions info;
    CLI::App* info_command = app.add_subcommand(
        "info", "what a model is for; without one this build, and which kernels this processor runs");
    info_command->add_option("model", info.model.name, "a model or a weights file");
    info_command->add_option("--architecture", info.model.architecture, "of a weights file that does not name it");
    info_command->add_option("-n,--name", info.model.in_folder, "of a weights file, if the model is a folder of them");
    info_command->add_option_function<std::string>(
        "--size", [&info](const std::string& text) { std::tie(info.height, info.width) = tool::parse_size(text); },
        "HEIGHTxWIDTH of a picture: how long it will take, and how much memory");
    info.threads = threads;
    info_command->add_option("-j,--jobs", info.threads, "threads")->check(CLI::Range(1, 1024))->capture_default_str();
    CLI::App* formats_command =
        app.add_subcommand("formats", "the kinds of picture files that this build reads and writes");

    tool::SummaryOptions summary;
    CLI::App* summary_command = app.add_subcommand("summary", "a network, layer by layer");
    summary_command->add_option("model", summary.name, "a model or an architecture")->required();
    add_size(*summary_command, summary.height, summary.width);

    tool::DrawOptions draw;
    CLI::App* draw_command = app.add_subcommand("draw", "a network as a drawing (SVG)");
    draw_command->add_option("model", draw.name, "a model, an architecture, or de_gan, srresnet, rrdb as published")
        ->required();
    draw_command->add_option("-o,--output", draw.output, "an SVG file, or - for standard output")
        ->capture_default_str();
    add_size(*draw_command, draw.height, draw.width);

    tool::LookOptions look;
    CLI::App* look_command = app.add_subcommand("look", "what each layer makes of a picture, on a contact sheet");
    add_model_options(*look_command, look.model, "-m,--model,model");
    look_command->add_option("-i,--input,picture", look.picture, "a picture, or - for standard input")->required();
    look_command->add_option("-o,--output", look.output, "the sheet: a picture, or - for standard output")->required();
    look_command->add_option("--side", look.side, "pixels each way; of a larger picture the middle is taken")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    look_command->add_option("--maps", look.maps, "of each layer; 0: one row")->check(CLI::Range(0, 4096));
    look_command->add_option("--font", look.font,
                             "of the labels: a TrueType file or its name; none: no labels (Roboto, DejaVu Sans, "
                             "Liberation Sans or FreeSans)");
    add_limits(*look_command, look.limits);

    tool::ImportOptions import;
    CLI::App* import_command = app.add_subcommand(
        "import",
        "write a network of ncnn or ONNX as a folder that compiles: a type, and its weights; or any network as a file");
    import_command->add_option("file", import.file, "NAME.param or NAME.bin (ncnn), or NAME.onnx; with --to any")
        ->required();
    import_command->add_option("-o,--output", import.output, "the folder or file (the file's name)");
    import_command->add_option("--to", import.to, "onnx or ncnn: write such a file")
        ->check(CLI::IsMember({"onnx", "ncnn"}));

    tool::EmbedOptions embed;
    CLI::App* embed_command =
        app.add_subcommand("embed", "write a model's weights, or by --c all of it as C99, for firmware to compile");
    add_model_options(*embed_command, embed.model, "-m,--model,model");
    embed_command->get_option("--model")->required();
    embed_command->add_option("-o,--output", embed.output, "NAME.hpp, or NAME.S with NAME.bin beside it, or NAME.c")
        ->required();
    embed_command->add_option("--array", embed.name,
                              "of the arrays, or of the function: NAME_weights, NAME_run (NAME)");
    embed_command->add_option("--type", embed.type, "float32, float16 or int8")->capture_default_str();
    embed_command->add_option("--pictures", embed.pictures,
                              "for int8: a picture, or a folder of some, like those that will be restored");
    embed_command->add_flag("--fold", embed.fold, "fold batch norms into the convolutions before them");
    embed_command->add_flag("--c", embed.c, "the whole network as one C99 file, for pictures of --size");
    add_size(*embed_command, embed.height, embed.width);

    tool::CompareOptions compare;
    CLI::App* compare_command = app.add_subcommand("compare", "PSNR and SSIM of two pictures");
    compare_command->add_option("first", compare.first)->required();
    compare_command->add_option("second", compare.second)->required();
    add_limits(*compare_command, compare.limits);

    tool::EvaluateOptions evaluate;
    evaluate.threads = threads;
    CLI::App* evaluate_command = app.add_subcommand(
        "evaluate", "damage clean pictures, and measure how well every model and what needs no training restore them");
    evaluate_command->add_option("pictures", evaluate.pictures, "a folder of clean photographs, or of pages")
        ->required();
    evaluate_command->add_flag("--pages", evaluate.pages, "the pictures are pages of text, dark on light");
    evaluate_command->add_option("--task", evaluate.task,
                                 "only noise, jpeg, blur, enlarge or holes; with --pages dirt, ink, blur, watermark, "
                                 "enlarge or pixels");
    evaluate_command->add_flag("--choice", evaluate.choice, "count how often the right model is chosen without -m");
    evaluate_command->add_flag("--grey", evaluate.grey, "take the colours away first, as for BSD68");
    evaluate_command->add_option("--most", evaluate.most, "pictures, the first by name; 0: all")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    evaluate_command->add_option("-j,--jobs", evaluate.threads, "threads")->check(CLI::Range(1, 1024));
    evaluate_command->add_option("--seed", evaluate.seed, "of the damage")->capture_default_str();

    tool::BenchOptions bench;
    bench.threads = threads;
    CLI::App* bench_command = app.add_subcommand("bench", "how fast a network is here");
    add_model_options(*bench_command, bench.model);
    add_size(*bench_command, bench.height, bench.width);
    bench_command->add_option("-t,--tile", bench.tile, "0: the whole picture at once")->check(CLI::Range(0, 1 << 20));
    bench_command->add_option("-j,--jobs", bench.threads, "threads")->check(CLI::Range(1, 1024))->capture_default_str();
    bench_command->add_option("--rounds", bench.rounds)->check(CLI::PositiveNumber)->capture_default_str();

    tool::ServeOptions serve;
    serve.threads = threads;
    CLI::App* serve_command =
        app.add_subcommand("serve", "a page to restore pictures with, for this machine's browsers");
    serve_command->add_option("--port", serve.port, "0: any that is free")
        ->check(CLI::Range(0, 65535))
        ->capture_default_str();
    serve_command->add_option("--page", serve.page,
                              "a folder that examples/10_page/build made: networks can be opened and trained, too");
    serve_command->add_option("--max-seconds", serve.seconds, "a picture that takes longer is given up")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    serve_command->add_option("-j,--jobs", serve.threads, "threads")->check(CLI::Range(1, 1024))->capture_default_str();
    add_limits(*serve_command, serve.limits);

    tool::TrainOptions train;
    CLI::App* train_command = app.add_subcommand("train", "teach an architecture: weights for -m");
    train_command->add_option("-m,--architecture", train.architecture, "of `depix list`")->required();
    train_command
        ->add_option("--pairs", train.pairs,
                     "a folder with degraded/ and clean/ under equal names; for srresnet_small with clean/")
        ->required();
    train_command->add_option("--start", train.start, "a model or weights to begin with");
    train_command->add_option(
        "--run", train.run,
        "folder for weights, checkpoint and loss curve; a run that was stopped goes on from there (runs/ARCHITECTURE)");
    train_command->add_option("--epochs", train.epochs)->check(CLI::PositiveNumber)->capture_default_str();
    train_command->add_option("--batch", train.batch_size, "squares a step")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    train_command->add_option("--crop", train.crop, "side of the squares")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    train_command->add_option("--crops", train.crops, "squares from each picture in an epoch")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    train_command->add_option("--learning-rate", train.learning_rate, "Adam's, at its highest")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    train_command->add_option("-j,--jobs", train.threads, "threads; 0: all")->check(CLI::Range(0, 1024));
    train_command->add_option("--seed", train.seed, "of weights, order and squares")->capture_default_str();

    // A command line that begins with no command is a restoration, as `depix in.png out.png` is.
    const auto commands = app.get_subcommands({});
    const auto is_first = [&](const CLI::App* command) { return command->get_name() == arguments[0]; };
    if (!arguments.empty() && arguments[0] != "-h" && arguments[0] != "--help" && arguments[0] != "--version" &&
        std::none_of(commands.begin(), commands.end(), is_first))
        arguments.insert(arguments.begin(), "restore");
    std::reverse(arguments.begin(), arguments.end());  // the order that CLI11 wants
    app.parse(arguments);

    if (*restore_command) return tool::restore(restore);
    if (*list_command) return tool::list();
    if (*info_command) return tool::info(info);
    if (*formats_command) return tool::list_formats();
    if (*summary_command) return tool::summarise(summary);
    if (*draw_command) return tool::draw(draw);
    if (*look_command) return tool::look(look);
    if (*import_command) return tool::import_network(import);
    if (*embed_command) return tool::embed(embed);
    if (*compare_command) return tool::compare(compare);
    if (*evaluate_command) return tool::evaluate(evaluate);
    if (*bench_command) return tool::bench(bench);
    if (*serve_command) return tool::serve(serve);
    return tool::train(train);
}

}  // namespace

int main(int count, char** arguments) {
    constexpr int wrong_usage = 2;
    std::optional<CLI::App> app;  // constructed inside the try, because that may run out of memory
    try {
        app.emplace("depix: restores pictures of any size", "depix");
        return run(*app, {arguments + 1, arguments + count});
    } catch (const CLI::ParseError& error) {  // --help too
        return app->exit(error) == 0 ? 0 : wrong_usage;
    } catch (const tool::UsageError& error) {
        std::fprintf(stderr, "depix: %s\n", error.what());
        return wrong_usage;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "depix: %s\n", error.what());
        return 1;
    }
}

// info: prints what this build is, and which of its kernels run on this processor, or what is known of a model;
// formats: what it reads and writes.
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "commands.hpp"
#include "depix/io/identify.hpp"
#include "depix/io/weights_file.hpp"
#include "depix/kernels/cpu/team.hpp"
#include "depix/version.hpp"
#include "estimate.hpp"
#include "formats.hpp"
#include "instruction_set.hpp"
#include "models.hpp"
#include "on_demand/on_demand.hpp"

namespace {

// "192 to 2500 pixels, of the shorter side".
std::string range_of(const tool::ModelFacts& facts) {
    const std::string least = std::to_string(facts.smallest_side), most = std::to_string(facts.largest_side);
    const char* const side = " pixels, of the shorter side";
    if (facts.smallest_side > 0 && facts.largest_side > 0) return least + " to " + most + side;
    if (facts.smallest_side > 0) return "at least " + least + side;
    if (facts.largest_side > 0) return "at most " + most + side;
    return "any";
}

const char* explain(tool::Colours colours) {
    switch (colours) {
        case tool::Colours::Kept:
            return "kept";
        case tool::Colours::Enlarged:
            return "kept: the network makes the brightness, and the colours are enlarged";
        case tool::Colours::Grey:
            return "lost: the result is grey";
        case tool::Colours::BlackAndWhite:
            return "lost: the result is black and white";
    }
    return "";
}

// What becomes of a network that is not compiled in.
void print_on_demand(const depix::TensorFile& file, const std::optional<depix::NetworkDescription>& network) {
    std::printf("runs here:    %s\n", tool::has_network(file, network)
                                          ? "it is compiled when it is needed, once, if there is a compiler"
                                          : "no, it is not compiled in (depix list)");
}

// What a picture takes.
void print_estimate(const tool::InfoOptions& options, const tool::ChosenModel& model) {
    const tool::Estimate estimate = tool::estimate(model, options.height, options.width, options.threads);
    const int scale = model.architecture->scale;
    std::printf("for %dx%d:  %dx%d pixels, some %.1f s on %d threads, without reading and writing, and %.0f MiB\n",
                options.height, options.width, scale * options.height, scale * options.width, estimate.seconds,
                options.threads, static_cast<double>(estimate.bytes) / (1 << 20));
    std::printf("              %s; %.1f s were measured\n", to_string(estimate.cut).c_str(), estimate.measured);
}

// The file's format, its network if it is known, and its tensors.
void print_file(const std::string& path, depix::TensorFile file) {
    tool::name_in_order(file);
    std::printf("file:         %s, %s\n", path.c_str(), file.format.c_str());
    for (const auto& [key, value] : file.metadata) std::printf("  %s: %s\n", key.c_str(), value.c_str());
    if (const auto network = depix::find_network(file)) {
        const bool typed = !network->type.empty();
        std::printf("architecture: %s%s\n", network->architecture.c_str(),
                    typed ? (" (in depix " + network->type + ")").c_str() : "");
        std::printf("channels:     %d to %d%s\n", network->in_channels, network->out_channels,
                    network->noise_map ? ", and the noise's strength (--noise)" : "");
        std::printf("scale:        %d\n", network->scale);
        if (!network->note.empty()) std::printf("note:         %s\n", network->note.c_str());
        if (const tool::Architecture* here = tool::find_architecture_of(*network)) {
            const depix::Shape shape = here->padded({here->channels, 512, 512});
            const double workspace = static_cast<double>(here->workspace_bytes(shape, tool::Backend::Cpu, 1));
            std::printf("runs here:    as %s (depix restore -m %s)\n", here->name.c_str(), path.c_str());
            std::printf("depends on:   at most %d pixels each way\n", here->receptive_field);
            std::printf("workspace:    %.1f MiB for 512x512, and %.1f thousand million multiply-adds\n",
                        workspace / (1 << 20), static_cast<double>(here->multiply_adds(shape)) / 1e9);
        } else {
            print_on_demand(file, network);
        }
    } else {
        std::printf("architecture: not known\n");
        print_on_demand(file, network);
    }
    std::printf("parameters:   %llu, in %zu tensors:\n%s",
                static_cast<unsigned long long>(depix::parameter_count(file)), file.names.size(),
                depix::tensor_table(file).c_str());
}

int print_model(const tool::InfoOptions& options) {
    // What `depix train` made says what it is for; others' weights do not.
    const std::string path = tool::file_of(options.model);
    const bool is_file = std::filesystem::is_regular_file(path) && options.model.architecture.empty();
    if (is_file) {
        depix::TensorFile file = depix::read_weights(path);
        if (!file.metadata.contains("architecture")) {
            print_file(path, std::move(file));
            if (options.height > 0) print_estimate(options, tool::choose_model(options.model));
            return 0;
        }
    }
    const tool::ChosenModel model = tool::choose_model(options.model);
    const tool::Architecture& network = *model.architecture;
    const std::string& trained_on = model.facts.trained_on;
    std::printf("model:        %s\n", model.name.c_str());
    if (!model.about.empty()) std::printf("what for:     %s\n", model.about.c_str());
    std::printf("network:      %s, %zu parameters (%s)\n", network.name.c_str(), network.parameters,
                network.about.c_str());
    std::printf("scale:        %d\n", network.scale);
    std::printf("colours:      %s\n", explain(model.facts.colours));
    std::printf("picture size: %s\n", range_of(model.facts).c_str());
    std::printf("trained on:   %s\n", trained_on.empty() ? "not known" : trained_on.c_str());
    if (options.height > 0) print_estimate(options, model);
    return 0;
}

}  // namespace

int tool::info(const InfoOptions& options) {
    if (!options.model.name.empty()) return print_model(options);
    if (options.height > 0) throw UsageError("--size: of which model?");
    const InstructionSet& chosen = chosen_instruction_set();
    std::printf("depix %d.%d.%d, compiled by %s\n", DEPIX_VERSION_MAJOR, DEPIX_VERSION_MINOR, DEPIX_VERSION_PATCH,
                __VERSION__);
    std::printf("kernels:\n");
    for (const InstructionSet& set : instruction_sets()) {
        const char* use = &set == &chosen ? "used" : set.runs_here ? "not used" : "this processor lacks it";
        std::printf("  %-10s %-14s %s\n", set.name, set.about, use);
    }
#ifdef _OPENMP
    std::printf("threads: OpenMP, %d by default\n", depix::cpu::default_threads());
#else
    std::printf("threads: built without OpenMP, one for each network\n");
#endif
    std::printf("backends: cpu, reference\n");
    std::printf("models: %zu compiled in (depix list)\n", models().size());
    return 0;
}

int tool::list_formats() {
    std::printf("%-8s %-6s %-7s %s\n", "FORMAT", "READS", "WRITES", "WHAT OF IT");
    for (const Format& format : formats()) {
        const std::string by = format.library != nullptr ? std::string(" (") + format.library + ")" : std::string();
        const bool available = format.is_available == nullptr || format.is_available();
        std::printf("%-8s %-6s %-7s %s%s\n", format.name, format.read != nullptr && available ? "yes" : "no",
                    format.append != nullptr && available ? "yes" : "no",
                    available ? format.about : "the library cannot be loaded here", by.c_str());
    }
    return 0;
}

// info: prints what this build is, and which of its kernels run on this processor, or what is known of a model;
// formats: what it reads and writes.
#include <cstdio>
#include <string>

#include "commands.hpp"
#include "depix/kernels/cpu/team.hpp"
#include "depix/version.hpp"
#include "formats.hpp"
#include "instruction_set.hpp"
#include "models.hpp"

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

int print_model(const tool::ModelOptions& options) {
    const tool::ChosenModel model = tool::choose_model(options);
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
    return 0;
}

}  // namespace

int tool::info(const InfoOptions& options) {
    if (!options.model.name.empty()) return print_model(options.model);
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

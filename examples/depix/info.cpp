// info: prints what this build is, and which of its kernels run on this processor; formats: what it reads and writes.
#include <cstdio>

#include "commands.hpp"
#include "depix/kernels/cpu/team.hpp"
#include "depix/version.hpp"
#include "instruction_set.hpp"
#include "models.hpp"

int tool::info() {
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
    std::printf("%-6s %-6s %-7s %s\n", "FORMAT", "READS", "WRITES", "WHAT OF IT");
    std::printf("%-6s %-6s %-7s %s\n", "PNG", "yes", "yes", "1 to 16 bits, palettes, transparency, interlaced");
    std::printf("%-6s %-6s %-7s %s\n", "JPEG", "yes", "yes",
                "8 bits, baseline and progressive; grey, RGB, CMYK; turned as EXIF says");
    std::printf("%-6s %-6s %-7s %s\n", "BMP", "yes", "yes",
                "1 to 32 bits, run-length encoded, either way up; written with 24 bits");
    return 0;
}

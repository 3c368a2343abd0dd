#include "instruction_set.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../system_calls.hpp"
#include "commands.hpp"
#include "depix/kernels/cpu/simd.hpp"

// ---- a processor that lacks what the program is compiled for
// ---------------------------------------------------------

namespace {

extern "C" void report_missing_instruction(int) {
    constexpr std::string_view message =
        "depix: this processor lacks instructions that this program was compiled for. Build it on this machine, or "
        "with "
        "-DDEPIX_TOOL_DISPATCH=ON for any x86-64 processor of 2009 or later.\n";
    example::end_with_message(message, 1);
}

// Before the constructors of all other global objects, whose code may have such instructions already.
[[gnu::constructor(101)]] void report_missing_instructions() { std::signal(SIGILL, report_missing_instruction); }

}  // namespace

// ---- the instruction sets
// --------------------------------------------------------------------------------------------

#ifdef DEPIX_TOOL_DISPATCH

namespace tool {
namespace v3 {
std::vector<Architecture> all_architectures();
}
namespace v4 {
std::vector<Architecture> all_architectures();
}
}  // namespace tool

std::span<const tool::InstructionSet> tool::instruction_sets() {
    static const bool has_v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                               __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    static const bool has_v4 = has_v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                               __builtin_cpu_supports("avx512vl");
    static const std::array<InstructionSet, 3> all{{
        {"x86-64-v2", "SSE4.2", true, &v2::all_architectures},
        {"x86-64-v3", "AVX2 and FMA", has_v3, &v3::all_architectures},
        {"x86-64-v4", "AVX-512", has_v4, &v4::all_architectures},
    }};
    return all;
}

#else

namespace {

// The name of a macro's value.
#define DEPIX_TOOL_TEXT(name) #name
#define DEPIX_TOOL_NAME(macro) DEPIX_TOOL_TEXT(macro)

}  // namespace

std::span<const tool::InstructionSet> tool::instruction_sets() {
    static const std::array<InstructionSet, 1> all{
        {{"native", DEPIX_TOOL_NAME(DEPIX_INSTRUCTIONS), true, &all_architectures}}};
    return all;
}

#endif

const tool::InstructionSet& tool::chosen_instruction_set() {
    const std::span<const InstructionSet> all = instruction_sets();
    if (const char* wanted = std::getenv("DEPIX_INSTRUCTION_SET")) {
        std::string names;
        for (const InstructionSet& set : all) {
            if (std::string_view(set.name) == wanted && set.runs_here) return set;
            if (set.runs_here) names += (names.empty() ? "" : ", ") + std::string(set.name);
        }
        throw UsageError("DEPIX_INSTRUCTION_SET=" + std::string(wanted) + ": this build has, for this processor, " +
                         names);
    }
    const InstructionSet* fastest = &all.front();
    for (const InstructionSet& set : all)
        if (set.runs_here) fastest = &set;
    return *fastest;
}

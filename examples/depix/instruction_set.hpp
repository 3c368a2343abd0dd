// InstructionSet: the networks of the tool, compiled for a kind of processor. A tool that is built with
// DEPIX_TOOL_DISPATCH has them for several, and chooses one when it runs, so that it runs on other machines too.
#pragma once

#include <span>
#include <vector>

#include "architecture.hpp"

namespace tool {

struct InstructionSet {
    const char* name;   // "x86-64-v3"; "native" where the tool is compiled for one kind only
    const char* about;  // what it has
    bool runs_here;
    std::vector<Architecture> (*architectures)();
};

/// Those that this build has, the fastest last.
std::span<const InstructionSet> instruction_sets();

/// The fastest one that this processor has, or the one that the environment variable DEPIX_INSTRUCTION_SET names.
/// Throws UsageError if there is no such one, or if this processor lacks it.
const InstructionSet& chosen_instruction_set();

}  // namespace tool

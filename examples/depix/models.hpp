// The models that the tool knows by name: an architecture with weights that are compiled in, and what it is good for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "architecture.hpp"
#include "commands.hpp"
#include "depix/io/safetensors_file.hpp"

namespace tool {

struct Model {
    std::string name, architecture, weights, about;
    bool black_and_white = false;  // the network's result is binarized by Otsu's threshold
    bool grey_only = false;        // it was trained on grey pictures; the tool keeps the colours
};

const std::vector<Model>& models();
const std::vector<Architecture>& architectures();

/// Throws UsageError, which lists the names that there are.
const Architecture& find_architecture(const std::string& name);

/// The architecture of this name, or that of the model of this name. Throws UsageError.
const Architecture& find_architecture_or_model(const std::string& name);

/// The model that a command works with.
struct ChosenModel {
    std::string name;
    const Architecture* architecture = nullptr;
    depix::SafetensorsFile weights;
    Backend backend = Backend::Cpu;
    bool black_and_white = false, grey_only = false;
};

/// Throws UsageError for an unknown name or backend, and if no architecture is named. Throws FileError for a weights
/// file that cannot be read.
ChosenModel choose_model(const ModelOptions& options);

}  // namespace tool

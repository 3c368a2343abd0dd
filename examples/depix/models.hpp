// The models that the tool knows by name: an architecture with weights that are compiled in, and what it is good for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "architecture.hpp"
#include "commands.hpp"
#include "depix/io/tensor_file.hpp"

namespace depix {
struct NetworkDescription;
}

namespace tool {

/// What becomes of a picture's colours.
enum class Colours {
    Kept,
    Enlarged,      // trained on grey: the network makes the brightness, and the tool enlarges the colours
    Grey,          // lost
    BlackAndWhite  // lost: what is above one half becomes white
};

/// What is known of weights besides their network: what they do with colours, and which pictures they are for.
struct ModelFacts {
    Colours colours = Colours::Kept;
    int smallest_side = 0;   // of a picture's two sides the shorter; 0: any
    int largest_side = 0;    // the same; 0: any
    std::string trained_on;  // empty: not known
};

struct Model {
    std::string name, architecture, weights, about;
    ModelFacts facts;
};

const std::vector<Model>& models();
const std::vector<Architecture>& architectures();

/// Whether there is a model of this name.
bool is_model(const std::string& name);

/// Throws UsageError, which lists the names that there are.
const Architecture& find_architecture(const std::string& name);

/// The architecture of this name, or that of the model of this name. Throws UsageError.
const Architecture& find_architecture_or_model(const std::string& name);

/// The architecture of a network that depix::identify has found; null if it is not compiled in.
const Architecture* find_architecture_of(const depix::NetworkDescription& network);

/// Gives the tensors of ncnn's and ONNX's files, whose names say nothing, those of the published network that has as
/// many parameters in the same order. Without one they stay as they are.
void name_in_order(depix::TensorFile& weights);

/// The model that a command works with.
struct ChosenModel {
    std::string name;
    const Architecture* architecture = nullptr;
    depix::TensorFile weights;
    Backend backend = Backend::Cpu;
    float noise = 0;  // standard deviation, of pictures in 0..1
    ModelFacts facts;
    std::string about;  // empty for a weights file
};

/// "kept", "grey" ...
const char* to_string(Colours colours);

/// The file that the options name: in a folder, the one called `in_folder`, or NAME-x2 and the like, of several the one
/// for their scale. Throws UsageError if there is none, or more than one.
std::string file_of(const ModelOptions& options);

/// Throws UsageError for an unknown name or backend, and if no architecture is named. Throws FileError for a weights
/// file that cannot be read.
ChosenModel choose_model(const ModelOptions& options);

}  // namespace tool

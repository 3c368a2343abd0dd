// train: trains an architecture on a folder of pairs; see architectures/train_network.hpp.
#include <optional>
#include <string>

#include "commands.hpp"
#include "models.hpp"

int tool::train(const TrainOptions& options) {
    const Architecture& architecture = find_architecture(options.architecture);
    if (architecture.train == nullptr) {
        std::string all;
        for (const Architecture& other : architectures())
            if (other.train != nullptr) all += (all.empty() ? "" : ", ") + other.name;
        throw UsageError(architecture.name + " is not trained by this tool; these are: " + all);
    }
    const int multiple = architecture.size_multiple * architecture.scale;
    if (options.crop % multiple != 0) {
        throw UsageError("--crop " + std::to_string(options.crop) + ": the squares' side divides by " +
                         std::to_string(multiple) + " for " + architecture.name);
    }
    TrainOptions settled = options;
    settled.architecture = architecture.name;
    if (settled.run.empty()) settled.run = "runs/" + architecture.name;
    std::optional<ChosenModel> start;
    if (!options.start.empty()) {
        ModelOptions model;
        model.name = options.start;
        start = choose_model(model);
    }
    return architecture.train(settled, start ? &start->weights : nullptr);
}

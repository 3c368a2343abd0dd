// list: prints the models and architectures that there are.
#include <cstdio>
#include <string>

#include "commands.hpp"
#include "models.hpp"

int tool::list() {
    std::printf("%-22s %-22s %10s %5s %12s  %s\n", "MODEL (-m)", "ARCHITECTURE", "PARAMETERS", "SCALE", "COLOURS",
                "WHAT FOR");
    for (const Model& model : models()) {
        const Architecture& network = find_architecture(model.architecture);
        std::printf("%-22s %-22s %10zu %4dx %12s  %s\n", model.name.c_str(), network.name.c_str(), network.parameters,
                    network.scale, to_string(model.facts.colours), model.about.c_str());
    }
    std::printf("\n%-22s %10s  %s\n", "ARCHITECTURE", "PARAMETERS", "WHAT IT IS");
    for (const Architecture& network : architectures()) {
        std::printf("%-22s %10zu  %s%s\n", network.name.c_str(), network.parameters, network.about.c_str(),
                    network.train != nullptr ? " (depix train)" : "");
    }
    return 0;
}

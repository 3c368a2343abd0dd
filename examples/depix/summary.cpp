// summary: prints a network, layer by layer, and what the compiler knows of it.
#include <cstdio>

#include "commands.hpp"
#include "models.hpp"

int tool::summarise(const SummaryOptions& options) {
    const Architecture& network = find_architecture_or_model(options.name);
    const depix::Shape shape = network.padded({network.channels, options.height, options.width});
    std::fputs(network.summary(shape).c_str(), stdout);
    std::printf("%s: %s\n", network.name.c_str(), network.about.c_str());
    std::printf(
        "sides are multiples of %d (the tool sees to it); an output pixel depends on at most %d pixels each way\n",
        network.size_multiple, network.receptive_field);
    std::printf("workspace for this size, one thread: %.1f MiB\n",
                static_cast<double>(network.workspace_bytes(shape, Backend::Cpu, 1)) / (1 << 20));
    return 0;
}

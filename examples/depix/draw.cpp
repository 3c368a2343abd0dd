// draw: draws a network.
#include <algorithm>
#include <cstdio>
#include <string>

#include "commands.hpp"
#include "depix/io/atomic_file.hpp"
#include "drawings.hpp"
#include "files.hpp"
#include "models.hpp"

namespace {

const tool::Drawing* find_drawing(const std::string& name) {
    const auto found = std::ranges::find(tool::drawings(), name, &tool::Drawing::name);
    return found == tool::drawings().end() ? nullptr : &*found;
}

const tool::Drawing& choose_drawing(const std::string& name) {
    if (const tool::Drawing* drawing = find_drawing(name)) return *drawing;
    try {
        const tool::Architecture& architecture = tool::find_architecture_or_model(name);
        if (const tool::Drawing* drawing = find_drawing(architecture.name)) return *drawing;
        throw tool::UsageError("there is no drawing of " + architecture.name);
    } catch (const tool::UsageError& error) {
        throw tool::UsageError(std::string(error.what()) +
                               "; as published there are also de_gan, de_gan_pytorch, srresnet, rrdb");
    }
}

}  // namespace

int tool::draw(const DrawOptions& options) {
    const Drawing& drawing = choose_drawing(options.name);
    if (options.output != "-") check_writable(options.output);
    const int multiple = drawing.size_multiple;
    const std::string svg = drawing.svg(
        {drawing.channels, depix::round_up(options.height, multiple), depix::round_up(options.width, multiple)},
        drawing.title);
    if (options.output != "-")
        depix::write_file(options.output, svg);
    else if (std::fwrite(svg.data(), 1, svg.size(), stdout) != svg.size() || std::fflush(stdout) != 0)
        throw depix::FileError("standard output", "cannot be written");
    return 0;
}

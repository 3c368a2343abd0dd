// embed: writes a network's weights, or all of it, as a file that firmware compiles.
#include <cstdio>
#include <filesystem>
#include <string>

#include "commands.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/weights_header.hpp"
#include "embed/fold.hpp"
#include "embed/write_arrays.hpp"
#include "embed/write_c.hpp"
#include "files.hpp"
#include "models.hpp"

namespace {

tool::EmbeddedType type_of(const std::string& name) {
    if (name == "float32") return tool::EmbeddedType::Float32;
    if (name == "float16") return tool::EmbeddedType::Float16;
    throw tool::UsageError("--type " + name + ": there are float32, float16");
}

// The file's name as an identifier: "my-net.hpp" becomes my_net.
std::string identifier_of(const std::filesystem::path& path) {
    std::string name = path.stem().string();
    for (char& c : name)
        if (!depix::detail::is_identifier(std::string("_") + c)) c = '_';
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name.insert(0, "network_");
    return name;
}

}  // namespace

int tool::embed(const EmbedOptions& options) {
    const EmbeddedType type = type_of(options.type);
    const std::filesystem::path output = options.output;
    const std::string ending = output.extension().string();
    const std::string name = options.name.empty() ? identifier_of(output) : options.name;
    if (!depix::detail::is_identifier(name)) throw UsageError("--array " + name + " is no identifier of C++");
    const bool as_c = ending == ".c";
    if (options.c != as_c) throw UsageError("a network in C (--c) goes into a file NAME.c, and nothing else does");
    if (!as_c && ending != ".hpp" && ending != ".h" && ending != ".S" && ending != ".s")
        throw UsageError(options.output + ": embed writes .hpp or .h, .S with a file .bin beside it, and by --c .c");
    if (as_c && type != EmbeddedType::Float32) throw UsageError("--type " + options.type + ": C files hold float32");

    const ChosenModel model = choose_model(options.model);
    EmbeddedNetwork network = model.architecture->embed(model.weights);
    if (as_c && (options.height % network.size_multiple != 0 || options.width % network.size_multiple != 0))
        throw UsageError("--size: height and width must be multiples of " + std::to_string(network.size_multiple) +
                         " for " + model.architecture->name);
    const int folded = options.fold ? fold_batch_norms(network) : 0;
    std::string about = model.name + ", the network " + model.architecture->name;
    if (folded > 0)
        about += ", of which " + std::to_string(folded) +
                 " batch norms were folded into the convolutions before them, which all have a bias";
    about += ".";

    check_writable(output);
    if (as_c) {
        depix::write_file(options.output, network_as_c(network, name, options.height, options.width, about));
    } else if (ending == ".hpp" || ending == ".h") {
        depix::write_file(options.output, arrays_as_header(network, name, type, about));
    } else {
        const std::filesystem::path bytes = std::filesystem::path(output).replace_extension(".bin");
        check_writable(bytes);
        depix::write_file(bytes.string(), arrays_as_bytes(network, type));
        depix::write_file(options.output, arrays_as_assembly(network, name, type, about, bytes.filename().string()));
    }
    std::printf("%s: %s\n", options.output.c_str(), about.c_str());
    return 0;
}

// embed: writes a network's weights, or all of it, as a file that firmware compiles.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "commands.hpp"
#include "depix/image/resize.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/image.hpp"
#include "depix/io/weights_header.hpp"
#include "embed/embedded_int8.hpp"
#include "embed/fold.hpp"
#include "embed/write_arrays.hpp"
#include "embed/write_c.hpp"
#include "embed/write_int8.hpp"
#include "files.hpp"
#include "models.hpp"

namespace {

tool::EmbeddedType type_of(const std::string& name) {
    if (name == "float32") return tool::EmbeddedType::Float32;
    if (name == "float16") return tool::EmbeddedType::Float16;
    throw tool::UsageError("--type " + name + ": there are float32, float16, int8");
}

// Pictures for calibration: at most 32, and of each the middle, at most 512 pixels each way.
std::vector<depix::Image> pictures_for(const tool::Architecture& network, const std::filesystem::path& from) {
    std::vector<std::filesystem::path> paths{from};
    if (std::filesystem::is_directory(from)) {
        paths.clear();
        for (const auto& entry : std::filesystem::directory_iterator(from))
            if (entry.is_regular_file()) paths.push_back(entry.path());
        std::ranges::sort(paths);
        if (paths.empty()) throw depix::FileError(from.string(), "holds no pictures");
        if (paths.size() > 32) paths.resize(32);
    }
    std::vector<depix::Image> pictures;
    for (const std::filesystem::path& path : paths) {
        const depix::Image image = depix::convert_channels(tool::read_image(path, {}).color, network.channels);
        const auto side = [&](int whole) {
            return std::min(whole, 512) / network.size_multiple * network.size_multiple;
        };
        const int height = side(image.shape.height), width = side(image.shape.width);
        if (height == 0 || width == 0)
            throw depix::FileError(path.string(), "is smaller than " + std::to_string(network.size_multiple) +
                                                      " pixels, with which " + network.name + " cannot be calibrated");
        pictures.push_back(
            depix::crop(image, (image.shape.height - height) / 2, (image.shape.width - width) / 2, height, width));
    }
    return pictures;
}

// The network in C takes pictures of one size.
void check_size(const tool::EmbedOptions& options, int multiple, const std::string& network) {
    if (options.height % multiple != 0 || options.width % multiple != 0)
        throw tool::UsageError("--size: height and width must be multiples of " + std::to_string(multiple) + " for " +
                               network);
}

// Writes a network in 8-bit integers.
int embed_int8(const tool::EmbedOptions& options, const std::filesystem::path& output, const std::string& name) {
    if (options.pictures.empty())
        throw tool::UsageError(
            "--type int8 takes --pictures: some like those that will be restored, to see which values "
            "the maps hold");
    const tool::ChosenModel model = tool::choose_model(options.model);
    if (!model.architecture->quantize)
        throw tool::UsageError(
            "--type int8: the tool quantizes depixelizer, text_restorer, documents_autoencoder and "
            "page_cleaner, not " +
            model.architecture->name);
    if (options.c) check_size(options, model.architecture->size_multiple, model.architecture->name);
    tool::check_writable(output);
    const auto pictures = pictures_for(*model.architecture, options.pictures);
    const tool::EmbeddedInt8 network = model.architecture->quantize(model.weights, pictures);
    const std::string about = model.name + ", the network " + model.architecture->name +
                              " in 8-bit integers, calibrated with " + std::to_string(pictures.size()) +
                              (pictures.size() == 1 ? " picture." : " pictures.");
    if (options.c) {
        depix::write_file(options.output, tool::network_as_c(network, name, options.height, options.width, about));
    } else if (output.extension() == ".S" || output.extension() == ".s") {
        const std::filesystem::path bytes = std::filesystem::path(output).replace_extension(".bin");
        tool::check_writable(bytes);
        depix::write_file(bytes.string(), tool::int8_as_bytes(network.packed));
        depix::write_file(options.output,
                          tool::int8_as_assembly(network.packed, name, about, bytes.filename().string()));
    } else {
        depix::write_file(options.output, tool::int8_as_header(network.packed, name, about));
    }
    std::printf("%s: %s\n%s", options.output.c_str(), about.c_str(), network.report.c_str());
    return 0;
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
    const bool is_int8 = options.type == "int8";
    const EmbeddedType type = is_int8 ? EmbeddedType::Float32 : type_of(options.type);
    const std::filesystem::path output = options.output;
    const std::string ending = output.extension().string();
    const std::string name = options.name.empty() ? identifier_of(output) : options.name;
    if (!depix::detail::is_identifier(name)) throw UsageError("--array " + name + " is no identifier of C++");
    const bool as_c = ending == ".c";
    if (options.c != as_c) throw UsageError("a network in C (--c) goes into a file NAME.c, and nothing else does");
    if (!as_c && ending != ".hpp" && ending != ".h" && ending != ".S" && ending != ".s")
        throw UsageError(options.output + ": embed writes .hpp or .h, .S with a file .bin beside it, and by --c .c");
    if (is_int8) return embed_int8(options, output, name);
    if (!options.pictures.empty()) throw UsageError("--pictures are for --type int8");
    if (as_c && type != EmbeddedType::Float32)
        throw UsageError("--type " + options.type + ": C files hold float32 or int8");

    const ChosenModel model = choose_model(options.model);
    EmbeddedNetwork network = model.architecture->embed(model.weights);
    if (as_c) check_size(options, network.size_multiple, model.architecture->name);
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

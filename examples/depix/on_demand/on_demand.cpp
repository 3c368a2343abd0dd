#include "on_demand.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../import/read_graph.hpp"
#include "../import/write_project.hpp"
#include "../published_input.hpp"
#include "compiler.hpp"
#include "depix/error.hpp"
#include "headers.hpp"
#include "module_interface.hpp"

#if defined(__unix__)
#include <dlfcn.h>
#endif

namespace {

using tool::PublishedInput;

// ---- the source of a module
// ------------------------------------------------------------------------------------------

// What is known of the types that depix::identify writes: the header, and what the network takes and gives.
struct PublishedType {
    std::string_view name, header;
    PublishedInput input = PublishedInput::Picture;
    float scale = 1, shift = 0;  // of the output: scale * x + shift is in 0..1
};
constexpr std::array<PublishedType, 18> published_types{{
    {"Compact", "compact"},
    {"RRDBNet", "rrdbnet"},
    {"UnshuffledRRDBNet", "rrdbnet"},
    {"RRDB", "rrdb"},
    {"SPAN", "span", PublishedInput::Centred},
    {"EDSR", "edsr", PublishedInput::Bytes, 1.0f / 255},
    {"RCAN", "rcan", PublishedInput::Bytes, 1.0f / 255},
    {"SRResNet", "srresnet", PublishedInput::Picture, 0.5f, 0.5f},
    {"PaddedUpConv7", "upconv_7"},
    {"DnCNN", "dncnn"},
    {"IRCNN", "ircnn"},
    {"FFDNet", "ffdnet", PublishedInput::NoiseMap},
    {"DRUNet", "drunet", PublishedInput::NoiseMap},
    {"NAFNet", "nafnet"},
    {"PixelShuffleUNet", "pixel_shuffle_unet"},
    {"DeGanGenerator", "de_gan"},
    {"DepixelizerOfWidth", "depixelizer"},
    {"NotebookDepixelizer", "depixelizer"},
}};

const PublishedType* find_type(const std::optional<depix::NetworkDescription>& known) {
    if (!known || known->type.empty()) return nullptr;
    const std::string_view name = std::string_view(known->type).substr(0, known->type.find('<'));
    const auto found = std::find_if(published_types.begin(), published_types.end(),
                                    [&](const PublishedType& type) { return type.name == name; });
    return found == published_types.end() ? nullptr : &*found;
}

// What a module is for, and what its source says.
enum class Purpose { Restore, Onnx };

// A network as the source of a module needs it, and what it takes and gives.
struct Network {
    std::string includes, definitions;
    PublishedType type{};
    std::string name;  // for messages

    std::string source(Purpose purpose) const {
        const bool restores = purpose == Purpose::Restore;
        return std::string("#include \"") + (restores ? "module" : "onnx_module") + ".hpp\"\n" + includes +
               "\nnamespace imported {\nusing namespace depix;\n" + definitions + "}\n\n" +
               (restores ? "DEPIX_MODULE" : "DEPIX_ONNX_MODULE") + "(imported::Network)\n";
    }
};

// Every header of depix's in these folders.
std::string includes_of(std::initializer_list<std::string_view> folders) {
    std::string text;
    for (const tool::CompiledInFile& header : tool::compiled_in_headers())
        for (const std::string_view folder : folders)
            if (header.path.starts_with(folder)) text.append("#include \"").append(header.path).append("\"\n");
    return text;
}

// ---- the module
// ------------------------------------------------------------------------------------------------------

constexpr std::size_t message_size = 4096;

// A function of a module, which stays loaded until the program ends.
template <class Function>
Function* load_function([[maybe_unused]] const std::filesystem::path& path, [[maybe_unused]] const char* name) {
#if defined(__unix__)
    void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* const symbol = handle == nullptr ? nullptr : ::dlsym(handle, name);
    if (symbol != nullptr) return reinterpret_cast<Function*>(symbol);
    const char* const why = ::dlerror();
    throw depix::FileError(path.string(), std::string("the compiled network cannot be loaded: ") +
                                              (why != nullptr ? why : name) +
                                              "; XDG_CACHE_HOME may name another folder");
#else
    throw depix::FileError(path.string(), "cannot be loaded on this system");
#endif
}

// Weights as a module takes them.
struct ModuleTensors {
    explicit ModuleTensors(const depix::TensorFile& weights) {
        for (const std::string& name : weights.names) {
            const depix::TensorFile::Entry& entry = weights.entry(name);
            if (!depix::converts_to<float>(entry.dtype)) continue;  // counters
            values.push_back(weights.values<float>(name));
            tensors.push_back({name.c_str(), entry.shape.data(), entry.shape.size(), values.back().data()});
        }
    }
    std::deque<std::vector<float>> values;
    std::vector<DepixModuleTensor> tensors;
};

// Tells the tool's tiles of a module's progress.
void report(void* context, int done, int count) { static_cast<const tool::Tiles*>(context)->progress(done, count); }

class ModuleRestorer : public tool::Restorer {
  public:
    ModuleRestorer(const DepixModule& module, const PublishedType& type, const depix::TensorFile& weights, int threads,
                   float noise)
        : module_(module), type_(type), noise_(noise) {
        const ModuleTensors all(weights);
        std::string message(message_size, '\0');
        network_ = module.load(all.tensors.data(), all.tensors.size(), weights.path.c_str(), threads,
                               {message.data(), message.size()});
        if (network_ == nullptr) throw depix::Error(message.c_str());
    }
    ~ModuleRestorer() override { module_.unload(network_); }

    depix::Image restore(const depix::Image& image, tool::Tiles tiles) const override {
        const depix::Image picture = tool::published_input(image, type_.input, noise_);
        const auto enlarged = [&](int pixels) { return pixels * (module_.up / module_.down); };
        depix::Image result({image.shape.channels, enlarged(image.shape.height), enlarged(image.shape.width)});
        std::string message(message_size, '\0');
        const DepixModuleTiles cut{tiles.size, tiles.jobs, tiles.reach, tiles.progress ? &report : nullptr, &tiles};
        if (module_.restore(network_, picture.pixels.data(), image.shape.height, image.shape.width,
                            result.pixels.data(), cut, {message.data(), message.size()}) == 0)
            throw depix::Error(message.c_str());
        if (type_.scale != 1)
            for (float& value : result.pixels) value = type_.scale * value + type_.shift;
        return result;
    }

  private:
    const DepixModule& module_;
    PublishedType type_;
    float noise_;
    void* network_;
};

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw depix::FileError(path, "holds a network that does not restore pictures: " + why);
}

// Throws where a network makes something else than a picture of the input's channels, as large or some times larger.
// `noise` is the number of channels that the input has besides.
void check_restores_pictures(depix::Shape input, depix::Shape output, int noise, const std::string& path) {
    const int channels = input.channels - noise;
    if (channels != 1 && channels != 3) refuse(path, "it takes " + std::to_string(channels) + " channels");
    const int scale = std::max(output.height / input.height, 1);
    if (output != depix::Shape{channels, scale * input.height, scale * input.width})
        refuse(path, "of " + depix::to_string(input) + " it makes " + depix::to_string(output));
}
void check_restores_pictures(const DepixModule& module, int noise, const std::string& path) {
    if (module.up % module.down != 0) refuse(path, "its output is smaller than its input");
    const int side = depix::round_up(256, module.size_multiple);
    std::array<int, 3> output{};
    if (module.output_shape(side, side, output.data()) == 0) refuse(path, "it takes pictures of one size");
    check_restores_pictures({module.in_channels, side, side}, {output[0], output[1], output[2]}, noise, path);
}

tool::Architecture describe(const DepixModule& module, const PublishedType& type, const std::string& path) {
    tool::Architecture network;
    network.name = std::string(type.name);
    network.about = "compiled for " + path;
    const int noise_channels = type.input == PublishedInput::NoiseMap ? 1 : 0;
    network.channels = module.in_channels - noise_channels;
    check_restores_pictures(module, noise_channels, path);
    network.scale = module.up / module.down;
    network.size_multiple = module.size_multiple;
    const bool global = module.receptive_field < 0;
    network.tiles = !global              ? tool::TileKind::Exact
                    : network.scale == 1 ? tool::TileKind::Blended
                                         : tool::TileKind::Whole;
    network.receptive_field = global ? INT_MAX : module.receptive_field;
    network.reach = tool::published_reach;
    network.parameters = static_cast<std::size_t>(module.parameters);
    network.workspace_bytes = [&module](depix::Shape shape, tool::Backend, int threads) {
        return static_cast<std::size_t>(module.workspace_bytes(shape.height, shape.width, threads));
    };
    network.multiply_adds = [&module](depix::Shape shape) {
        return static_cast<std::size_t>(module.multiply_adds(shape.height, shape.width));
    };
    network.load = [&module, type](const depix::TensorFile& weights, tool::Backend backend, int threads,
                                   float noise) -> std::unique_ptr<const tool::Restorer> {
        if (backend != tool::Backend::Cpu)
            throw tool::UsageError("--backend: networks that are compiled when they are needed are for the cpu alone");
        PublishedType own = type;
        if (own.input == PublishedInput::Centred && weights.metadata.contains("no_norm"))
            own.input = PublishedInput::Picture;
        return std::make_unique<ModuleRestorer>(module, own, weights, threads, noise);
    };
    return network;
}

}  // namespace

bool tool::has_graph(const depix::TensorFile& weights) {
    return weights.format == "ncnn" || weights.format == "ONNX" || weights.format == "TensorFlow.js";
}

bool tool::has_network(const depix::TensorFile& weights, const std::optional<depix::NetworkDescription>& known) {
    return find_type(known) != nullptr || has_graph(weights);
}

namespace {

// The network of a file, whose tensors are given that network's names.
Network network_of(depix::TensorFile& weights, const std::optional<depix::NetworkDescription>& known, Purpose purpose) {
    if (tool::compiled_in_headers().empty()) throw depix::FileError(weights.path, "its network is not compiled in");
    if (const PublishedType* const found = find_type(known)) {
        weights = depix::prepare_weights(std::move(weights), *known);
        return {"#include \"depix/models/" + std::string(found->header) + ".hpp\"\n",
                "using Network = " + known->type + ";\n", *found, known->type};
    }
    // The RDN of UpscalerJS takes and gives 0..255; its file does not say so.
    PublishedType type{"network", ""};
    if (weights.format == "TensorFlow.js" && weights.contains("F_m1.weight") && weights.contains("UPN1.weight"))
        type = {"network", "", PublishedInput::Bytes, 1.0f / 255};
    const tool::WholePictureNetwork graph = tool::whole_picture_network(tool::read_graph(weights.path), "Network");
    if (purpose == Purpose::Restore &&
        graph.inner_name == "Network")  // if it has no padding, its type says more than the file
        check_restores_pictures(graph.network.input, graph.network.output, 0, weights.path);
    depix::TensorFile named(weights.path, weights.format);
    for (const tool::GraphTensor& tensor : graph.network.tensors)
        named.add(tensor.name, depix::DataType::F32, tensor.shape, std::as_bytes(std::span(tensor.values)));
    weights = std::move(named);
    return {includes_of({"depix/layers/", "depix/network/"}), graph.network.definitions, type, weights.path};
}

// A function of the network's module.
template <class Function>
Function* compile(const Network& network, Purpose purpose, const char* name, const std::string& path) {
    try {
        return load_function<Function>(tool::compile_module(network.source(purpose), network.name), name);
    } catch (const depix::FileError&) {
        throw;
    } catch (const depix::Error& error) {
        throw depix::FileError(
            path, "its network is not compiled into this program, and cannot be now: " + std::string(error.what()));
    }
}

}  // namespace

const tool::Architecture& tool::compile_architecture(depix::TensorFile& weights,
                                                     const std::optional<depix::NetworkDescription>& known) {
    static std::deque<Architecture> compiled;
    const Network network = network_of(weights, known, Purpose::Restore);
    const auto module = compile<const DepixModule*()>(network, Purpose::Restore, "depix_module", weights.path);
    if (module()->version != depix_module_version)
        throw depix::FileError(weights.path, "its compiled network is of another version of depix");
    compiled.push_back(describe(*module(), network.type, weights.path));
    return compiled.back();
}

std::vector<std::byte> tool::onnx_of(depix::TensorFile& weights,
                                     const std::optional<depix::NetworkDescription>& known) {
    const Network network = network_of(weights, known, Purpose::Onnx);
    const auto write = compile<decltype(depix_module_onnx)>(network, Purpose::Onnx, "depix_module_onnx", weights.path);
    std::vector<std::byte> result;
    const auto take = [](void* context, const std::byte* bytes, std::size_t size) {
        static_cast<std::vector<std::byte>*>(context)->assign(bytes, bytes + size);
    };
    const ModuleTensors all(weights);
    std::string message(message_size, '\0');
    if (write(all.tensors.data(), all.tensors.size(), weights.path.c_str(), {take, &result},
              {message.data(), message.size()}) == 0)
        throw depix::Error(message.c_str());
    return result;
}

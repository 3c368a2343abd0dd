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

bool is_of_a_graph(const depix::TensorFile& weights) { return weights.format == "ncnn" || weights.format == "ONNX"; }

std::string source_of(const std::string& includes, const std::string& definitions) {
    return "#include \"module.hpp\"\n" + includes + "\nnamespace imported {\nusing namespace depix;\n" + definitions +
           "}\n\nDEPIX_MODULE(imported::Network)\n";
}

// Every header of depix's in these folders.
std::string includes_of(std::initializer_list<std::string_view> folders) {
    std::string text;
    for (const tool::Header& header : tool::compiled_in_headers())
        for (const std::string_view folder : folders)
            if (header.path.starts_with(folder)) text.append("#include \"").append(header.path).append("\"\n");
    return text;
}

// ---- the module
// ------------------------------------------------------------------------------------------------------

constexpr std::size_t message_size = 4096;

const DepixModule& load_module(const std::filesystem::path& path) {
#if defined(__unix__)
    void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // stays loaded until the program ends
    void* const symbol = handle == nullptr ? nullptr : ::dlsym(handle, "depix_module");
    if (symbol == nullptr) {
        const char* const why = ::dlerror();
        throw depix::FileError(path.string(), std::string("the compiled network cannot be loaded: ") +
                                                  (why != nullptr ? why : "it lacks depix_module") +
                                                  "; XDG_CACHE_HOME may name another folder");
    }
    const DepixModule* const found = reinterpret_cast<const DepixModule* (*)()>(symbol)();
    if (found->version == depix_module_version) return *found;
#endif
    throw depix::FileError(path.string(), "the compiled network is of another version of depix; delete its folder");
}

// Tells the tool's tiles of a module's progress.
void report(void* context, int done, int count) { static_cast<const tool::Tiles*>(context)->progress(done, count); }

class ModuleRestorer : public tool::Restorer {
  public:
    ModuleRestorer(const DepixModule& module, const PublishedType& type, const depix::TensorFile& weights, int threads,
                   float noise)
        : module_(module), type_(type), noise_(noise) {
        std::deque<std::vector<float>> values;
        std::vector<DepixModuleTensor> tensors;
        for (const std::string& name : weights.names) {
            const depix::TensorFile::Entry& entry = weights.entry(name);
            if (!depix::converts_to<float>(entry.dtype)) continue;  // counters
            values.push_back(weights.values<float>(name));
            tensors.push_back({name.c_str(), entry.shape.data(), entry.shape.size(), values.back().data()});
        }
        std::string message(message_size, '\0');
        network_ = module.load(tensors.data(), tensors.size(), weights.path.c_str(), threads,
                               {message.data(), message.size()});
        if (network_ == nullptr) throw depix::Error(message.c_str());
    }
    ~ModuleRestorer() override { module_.unload(network_); }

    depix::Image restore(const depix::Image& image, tool::Tiles tiles) const override {
        const depix::Image picture = tool::published_input(image, type_.input, noise_);
        const auto enlarged = [&](int pixels) { return pixels * (module_.up / module_.down); };
        depix::Image result({image.shape.channels, enlarged(image.shape.height), enlarged(image.shape.width)});
        std::string message(message_size, '\0');
        const DepixModuleTiles cut{tiles.size, tiles.jobs, tiles.progress ? &report : nullptr, &tiles};
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

bool tool::has_network(const depix::TensorFile& weights, const std::optional<depix::NetworkDescription>& known) {
    return find_type(known) != nullptr || is_of_a_graph(weights);
}

const tool::Architecture& tool::compile_architecture(depix::TensorFile& weights,
                                                     const std::optional<depix::NetworkDescription>& known) {
    static std::deque<Architecture> compiled;
    if (compiled_in_headers().empty()) throw depix::FileError(weights.path, "its network is not compiled in");
    const PublishedType* const found = find_type(known);
    PublishedType type = found != nullptr ? *found : PublishedType{"network", ""};
    std::string source;
    if (found != nullptr) {
        source = source_of("#include \"depix/models/" + std::string(type.header) + ".hpp\"\n",
                           "using Network = " + known->type + ";\n");
        const bool plain = weights.contains("no_norm");
        weights = depix::prepare_weights(std::move(weights), *known);
        if (plain) weights.metadata["no_norm"] = "";
    } else {
        const WholePictureNetwork graph = whole_picture_network(read_graph(weights.path), "Network");
        if (graph.inner_name == "Network")  // if it has no padding, its type says more than the file
            check_restores_pictures(graph.network.input, graph.network.output, 0, weights.path);
        source = source_of(includes_of({"depix/layers/", "depix/network/"}), graph.network.definitions);
        depix::TensorFile named(weights.path, weights.format);
        for (const GraphTensor& tensor : graph.network.tensors)
            named.add(tensor.name, depix::DataType::F32, tensor.shape, std::as_bytes(std::span(tensor.values)));
        weights = std::move(named);
    }
    try {
        const std::string what = found != nullptr ? known->type : weights.path;
        compiled.push_back(describe(load_module(compile_module(source, what)), type, weights.path));
    } catch (const depix::FileError&) {
        throw;
    } catch (const depix::Error& error) {
        throw depix::FileError(weights.path, "its network is not compiled into this program, and cannot be now: " +
                                                 std::string(error.what()));
    }
    return compiled.back();
}

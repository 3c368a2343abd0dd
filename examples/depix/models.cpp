#include "models.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "depix/io/identify.hpp"
#include "depix/io/weights_file.hpp"
#include "instruction_set.hpp"
#include "on_demand/on_demand.hpp"
#include "weights.hpp"

namespace {

template <class Named>
std::string names_of(const std::vector<Named>& list) {
    std::string text;
    for (const Named& item : list) {
        if (!text.empty()) text += ", ";
        text += item.name;
    }
    return text;
}

template <class Named>
const Named* find(const std::vector<Named>& list, std::string name) {
    std::replace(name.begin(), name.end(), '-', '_');
    const auto found = std::find_if(list.begin(), list.end(), [&](const Named& item) { return item.name == name; });
    return found == list.end() ? nullptr : &*found;
}

tool::Backend find_backend(const std::string& name) {
    if (name == "cpu") return tool::Backend::Cpu;
    if (name == "reference") return tool::Backend::Reference;
    if (name == "cuda") throw tool::UsageError("--backend cuda: this build has no CUDA backend; it has cpu, reference");
    throw tool::UsageError(std::string("--backend ").append(name).append(": there are cpu, reference"));
}

// What a weights file says of itself in its metadata, as `depix train` writes it: colours (kept, grey), trained_on,
// smallest_side, largest_side. What it does not say follows from the network, or is not known.
tool::ModelFacts read_facts(const depix::TensorFile& weights, const tool::Architecture& architecture) {
    tool::ModelFacts facts;
    const auto text = [&](const char* key) {
        const auto found = weights.metadata.find(key);
        return found == weights.metadata.end() ? std::string() : found->second;
    };
    const auto pixels = [&](const char* key) {
        const std::string number = text(key);
        int value = 0;
        const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), value);
        if (!number.empty() && (error != std::errc() || *rest != '\0' || value < 0))
            throw depix::FileError(weights.path, std::string("its metadata says ").append(key).append(" \"") + number +
                                                     "\", which is no number of pixels");
        return value;
    };
    const bool grey = architecture.channels == 1 || text("colours") == "grey";
    facts.colours = grey ? tool::Colours::Grey : tool::Colours::Kept;
    facts.smallest_side = pixels("smallest_side");
    facts.largest_side = pixels("largest_side");
    facts.trained_on = text("trained_on");
    return facts;
}

// The types of depix's own networks, as depix::identify writes them.
constexpr std::array<std::pair<std::string_view, const char*>, 13> own_types{{
    {"Denoiser", "denoiser"},
    {"Enlarger<4>", "enlarger"},
    {"Inpainter", "inpainter"},
    {"PixelShuffleUNet<16, 3, 5>", "unet_16"},
    {"PixelShuffleUNet<32, 3, 5>", "unet_32"},
    {"SRResNet<32, 4>", "srresnet_small"},
    {"PageCleaner", "page_cleaner"},
    {"Binarizer", "binarizer"},
    {"DeGanGenerator<8>", "de_gan_8"},
    {"DeGanPyTorchGenerator<8>", "de_gan_pytorch_8"},
    {"DocumentsAutoencoder", "documents_autoencoder"},
    {"TextRestorer", "text_restorer"},
    {"DepixelizerOfWidth<6, 3>", "depixelizer"},
}};

bool is_weights_name(const std::string& name) {
    for (const char* ending : {".safetensors", ".pth", ".pt", ".ckpt", ".param", ".bin", ".onnx", ".json"})
        if (name.ends_with(ending)) return true;
    return false;
}

// The weights file NAME, or NAME-x2 and the like, in a folder; of several the one for this scale. Of ncnn's two files
// the .param file counts. Throws UsageError, which lists the files, if there is none or more than one.
std::string file_in_folder(const std::string& folder, const std::string& name, int scale) {
    std::vector<std::string> fitting, all;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string file = entry.path().filename().string(), stem = entry.path().stem().string();
        if (!is_weights_name(file) || entry.path().extension() == ".bin") continue;
        all.push_back(file);
        if (!name.empty() && (stem == name || stem.starts_with(name + "-x"))) fitting.push_back(file);
    }
    const auto list = [](std::vector<std::string>& files) {
        std::sort(files.begin(), files.end());
        std::string text;
        for (const std::string& file : files) text += (text.empty() ? "" : ", ") + file;
        return text;
    };
    const std::string wanted = name + "-x" + std::to_string(scale);
    const auto for_scale = std::find_if(fitting.begin(), fitting.end(), [&](const std::string& file) {
        return scale > 0 && std::filesystem::path(file).stem() == wanted;
    });
    if (fitting.size() > 1 && for_scale != fitting.end()) fitting = {std::string(*for_scale)};
    if (fitting.size() == 1) return (std::filesystem::path(folder) / fitting[0]).string();
    if (name.empty()) throw tool::UsageError(folder + " is a folder, of which -n chooses a file: " + list(all));
    if (fitting.empty())
        throw tool::UsageError(folder + " has no weights file called " + name + "; it has " + list(all));
    throw tool::UsageError(folder + " has several files called " + name +
                           ", of which -s chooses one: " + list(fitting));
}

// ncnn's and ONNX's weights have the names of their layers there.
bool is_of_a_graph(const depix::TensorFile& weights) { return weights.format == "ncnn" || weights.format == "ONNX"; }

// The architecture of weights that do not say it themselves, under the names that it has for them. `known` is what
// depix::find_network says of them. What is not compiled in is compiled now.
const tool::Architecture& architecture_of(depix::TensorFile& weights,
                                          const std::optional<depix::NetworkDescription>& known) {
    if (known)
        if (const tool::Architecture* found = tool::find_architecture_of(*known)) {
            weights = depix::prepare_weights(std::move(weights), *known);
            return *found;
        }
    if (tool::has_network(weights, known)) return tool::compile_architecture(weights, known);
    const depix::NetworkDescription network = known ? *known : depix::identify(weights);
    throw depix::FileError(weights.path,
                           "holds the weights of " + (network.type.empty() ? network.architecture : network.type) +
                               " for a scale of " + std::to_string(network.scale) + ", which depix has no network for");
}

}  // namespace

const tool::Architecture* tool::find_architecture_of(const depix::NetworkDescription& network) {
    if (network.type.empty()) return nullptr;
    for (const auto& [type, name] : own_types)
        if (type == network.type) return find(architectures(), name);
    for (const Architecture& architecture : architectures())
        if (architecture.type == network.type) return &architecture;
    return nullptr;
}

const std::vector<tool::Model>& tool::models() {
    // The smallest pages are as large as the squares of training. In A4 pages of more than 300 dots per inch letters
    // are larger than any in training.
    constexpr int a4_at_300 = 2500;
    const char* const photographs = "23 photographs, in squares of 80x80 pixels, a third of them grey";
    const char* const office = "scanned pages of NoisyOffice, 540x258 to 540x420 pixels";
    const char* const drawn = "drawn pages of print and handwriting, in squares of 256x256 pixels";
    static const std::vector<Model> all{
        {"denoise",
         "denoiser",
         "denoiser",
         "photographs: takes off noise and speckles, leaves clean ones alone",
         {Colours::Kept, 0, 0, photographs}},
        {"dejpeg",
         "denoiser",
         "dejpeg",
         "photographs: takes off what JPEG left, blocks and rings",
         {Colours::Kept, 0, 0, photographs}},
        {"deblur_photos",
         "denoiser",
         "deblur_photos",
         "photographs: takes off blur of up to 5 pixels",
         {Colours::Kept, 0, 0, photographs}},
        {"inpaint",
         "inpainter",
         "inpaint",
         "photographs: fills what is missing, where --mask says so",
         {Colours::Kept, 0, 0, photographs}},
        {"enlarge_photos",
         "enlarger",
         "enlarge_photos",
         "photographs: four times as high and wide",
         {Colours::Kept, 0, 0, "23 photographs, in squares of 192x192 pixels, at a quarter of their size"}},
        {"enlarge_pages",
         "srresnet_small",
         "srresnet_small_pages",
         "printed pages: four times as high and wide",
         {Colours::Enlarged, 0, a4_at_300 / 2, "drawn grey pages of 384x384 pixels, at a quarter of their size"}},
        {"page_cleaner",
         "page_cleaner",
         "page_cleaner",
         "scanned pages: takes off stains, folds and wrinkles",
         {Colours::Grey, 192, a4_at_300, office}},
        {"documents_autoencoder",
         "documents_autoencoder",
         "documents_autoencoder",
         "scanned pages: the same, small and fast",
         {Colours::Grey, 128, a4_at_300, office}},
        {"binarize",
         "binarizer",
         "binarizer",
         "old pages: ink black, paper white",
         {Colours::BlackAndWhite, 0, a4_at_300, "drawn pages and parts of 20 real ones, in squares of 256x256 pixels"}},
        {"deblur",
         "de_gan_pytorch_8",
         "de_gan_pytorch_deblur_8",
         "blurred pages: sharp again",
         {Colours::Grey, 256, a4_at_300, drawn}},
        {"unwatermark",
         "de_gan_8",
         "de_gan_unwatermark_8",
         "pages with a watermark: without",
         {Colours::Grey, 256, a4_at_300, drawn}},
        {"text_restorer",
         "text_restorer",
         "text_restorer",
         "pixelated text: readable again",
         {Colours::Grey, 0, 0, "black text of 12 to 24 px in fourteen fonts, pixelated by 2 to 4"}},
        {"depixelizer",
         "depixelizer",
         "depixelizer",
         "pixelated text: the same, tiny",
         {Colours::Grey, 0, 0, "black text of 16 px in Roboto, pixelated by 2 to 4"}},
    };
    return all;
}

const std::vector<tool::Architecture>& tool::architectures() {
    static const std::vector<Architecture> all = chosen_instruction_set().architectures();
    return all;
}

bool tool::is_model(const std::string& name) { return find(models(), name) != nullptr; }

const tool::Architecture& tool::find_architecture(const std::string& name) {
    if (const Architecture* found = find(architectures(), name)) return *found;
    throw UsageError("there is no architecture \"" + name + "\"; there are " + names_of(architectures()));
}

const tool::Architecture& tool::find_architecture_or_model(const std::string& name) {
    if (const Model* model = find(models(), name)) return find_architecture(model->architecture);
    if (const Architecture* architecture = find(architectures(), name)) return *architecture;
    throw UsageError("there is no model or architecture \"" + name + "\"; there are the models " + names_of(models()) +
                     " and the architectures " + names_of(architectures()));
}

void tool::name_in_order(depix::TensorFile& weights) {
    if (!is_of_a_graph(weights) || depix::find_network(weights)) return;
    const std::uint64_t parameters = depix::parameter_count(weights);
    for (const Architecture& architecture : architectures()) {
        if (architecture.in_order == nullptr || architecture.parameters != parameters) continue;
        try {
            weights = architecture.in_order(weights);
            return;
        } catch (const depix::FileError&) {  // as many parameters, but of other shapes
        }
    }
}

std::string tool::file_of(const ModelOptions& options) {
    if (find(models(), options.name) != nullptr && options.in_folder.empty()) return options.name;
    if (std::filesystem::is_directory(options.name))
        return file_in_folder(options.name, options.in_folder, options.scale);
    if (!options.in_folder.empty())
        throw UsageError("-n " + options.in_folder + ": names a file in a folder, and " + options.name + " is none");
    return options.name;
}

tool::ChosenModel tool::choose_model(const ModelOptions& options) {
    ChosenModel chosen;
    chosen.name = options.name;
    chosen.backend = find_backend(options.backend);
    chosen.noise = static_cast<float>(options.noise / 255);
    const Model* const model = find(models(), options.name);
    if (model != nullptr && options.architecture.empty()) {
        const auto bytes = compiled_in_weights(model->weights);
        chosen.architecture = &find_architecture(model->architecture);
        chosen.weights = depix::SafetensorsFile::parse({bytes.begin(), bytes.end()}, model->weights);
        chosen.facts = model->facts;
        chosen.about = model->about;
        return chosen;
    }
    if (const std::string path = file_of(options); path != options.name) {
        ModelOptions file = options;
        file.name = path;
        file.in_folder = "";
        return choose_model(file);
    }
    if (!std::filesystem::exists(options.name) && !is_weights_name(options.name)) {
        throw UsageError("there is no model \"" + options.name + "\"; there are " + names_of(models()) +
                         ", or a weights file");
    }
    if (!options.architecture.empty()) chosen.architecture = &find_architecture(options.architecture);
    chosen.weights = depix::read_weights(options.name);
    if (chosen.architecture == nullptr) name_in_order(chosen.weights);
    const std::optional<depix::NetworkDescription> network = depix::find_network(chosen.weights);
    if (chosen.architecture == nullptr) {
        // `depix train` writes the architecture's name there.
        const auto named = chosen.weights.metadata.find("architecture");
        chosen.architecture = named != chosen.weights.metadata.end() ? &find_architecture(named->second)
                                                                     : &architecture_of(chosen.weights, network);
    } else if (network && find_architecture_of(*network) == chosen.architecture) {
        chosen.weights = depix::prepare_weights(std::move(chosen.weights), *network);
    }
    chosen.facts = read_facts(chosen.weights, *chosen.architecture);
    return chosen;
}

const char* tool::to_string(Colours colours) {
    switch (colours) {
        case Colours::Kept:
            return "kept";
        case Colours::Enlarged:
            return "enlarged";
        case Colours::Grey:
            return "grey";
        case Colours::BlackAndWhite:
            return "black, white";
    }
    return "";
}

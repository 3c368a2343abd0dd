#include "models.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "instruction_set.hpp"
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

}  // namespace

const std::vector<tool::Model>& tool::models() {
    static const std::vector<Model> all{
        {"denoise", "denoiser", "denoiser", "photographs: takes off noise and speckles, leaves clean ones alone"},
        {"dejpeg", "denoiser", "dejpeg", "photographs: takes off what JPEG left, blocks and rings"},
        {"unet_denoise", "unet_16", "unet_denoise_16", "photographs: the same, by the published U-Net"},
        {"unet_inpaint", "unet_16", "unet_inpaint_16", "photographs: paints in what is missing, where it is white"},
        {"enlarge_pages", "srresnet_small", "srresnet_small_pages", "printed pages: four times as high and wide", false,
         true},
        {"page_cleaner", "page_cleaner", "page_cleaner", "scanned pages: takes off stains, folds and wrinkles"},
        {"documents_autoencoder", "documents_autoencoder", "documents_autoencoder",
         "scanned pages: the same, small and fast"},
        {"binarize", "de_gan_8", "de_gan_binarize_8", "old pages: ink black, paper white", true},
        {"deblur", "de_gan_pytorch_8", "de_gan_pytorch_deblur_8", "blurred pages: sharp again"},
        {"unwatermark", "de_gan_8", "de_gan_unwatermark_8", "pages with a watermark: without"},
        {"text_restorer", "text_restorer", "text_restorer", "pixelated text: readable again"},
        {"depixelizer", "depixelizer", "depixelizer", "pixelated text: the same, tiny"},
    };
    return all;
}

const std::vector<tool::Architecture>& tool::architectures() {
    static const std::vector<Architecture> all = chosen_instruction_set().architectures();
    return all;
}

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

tool::ChosenModel tool::choose_model(const ModelOptions& options) {
    ChosenModel chosen;
    chosen.name = options.name;
    chosen.backend = find_backend(options.backend);
    const Model* const model = find(models(), options.name);
    if (model != nullptr && options.architecture.empty()) {
        const auto bytes = compiled_in_weights(model->weights);
        chosen.architecture = &find_architecture(model->architecture);
        chosen.weights = depix::SafetensorsFile::parse({bytes.begin(), bytes.end()}, model->weights);
        chosen.black_and_white = model->black_and_white;
        chosen.grey_only = model->grey_only;
        return chosen;
    }
    if (!std::filesystem::exists(options.name) && !options.name.ends_with(".safetensors")) {
        throw UsageError("there is no model \"" + options.name + "\"; there are " + names_of(models()) +
                         ", or a weights file with --architecture");
    }
    if (!options.architecture.empty()) chosen.architecture = &find_architecture(options.architecture);
    chosen.weights = depix::SafetensorsFile::read(options.name);
    if (chosen.architecture == nullptr) {
        // `depix train` writes the architecture's name there.
        const auto named = chosen.weights.metadata.find("architecture");
        if (named == chosen.weights.metadata.end()) {
            throw UsageError(options.name + ": which network are these weights of? --architecture says it: " +
                             names_of(architectures()));
        }
        chosen.architecture = &find_architecture(named->second);
    }
    return chosen;
}

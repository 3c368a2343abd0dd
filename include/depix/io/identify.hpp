// identify: which published network a file's tensors belong to, by their names and shapes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/identify_restorers.hpp"
#include "depix/io/identify_super_resolution.hpp"
#include "depix/io/network_description.hpp"
#include "depix/io/tensor_file.hpp"

namespace depix {

namespace detail {

struct Recogniser {
    const char* architecture;
    const char* looks_for;
    std::optional<NetworkDescription> (*recognise)(const TensorShapes&);
};

/// One entry for each network of models/. None takes another's file, so that their order does not matter.
inline constexpr Recogniser recognisers[] = {
    {"RRDBNet (ESRGAN, Real-ESRGAN)",
     "conv_first.weight, RRDB_trunk.0.RDB1.conv1.weight or model.1.sub.0.RDB1.conv1.0.weight", recognise_rrdbnet},
    {"RRDB (PyTorch-GAN)", "res_blocks.0.dense_blocks.0.b1.0.weight", recognise_rrdb},
    {"Compact (SRVGGNetCompact)", "body.0.weight (F, C, 3, 3), body.1.weight (F)", recognise_compact},
    {"SPAN", "conv_1.eval_conv.weight, block_1.c1_r.eval_conv.weight", recognise_span},
    {"EDSR", "sub_mean.weight, body.0.body.0.weight", recognise_edsr},
    {"RCAN", "body.0.body.0.body.3.conv_du.0.weight", recognise_rcan},
    {"SRResNet", "head.weight (F, C, 9, 9), blocks.0.conv1.weight", recognise_srresnet},
    {"UpConv7 (waifu2x)", "net.0.weight (16, 3, 3, 3), net.12.weight (256, 3, 4, 4)", recognise_upconv_7},
    {"DnCNN, IRCNN, FFDNet", "model.0.weight, model.2.weight, ...: a chain of 3x3 convolutions",
     recognise_denoising_chain},
    {"DRUNet", "m_head.weight, m_down1.0.res.0.weight", recognise_drunet},
    {"NAFNet", "intro.weight, middle_blks.0.norm1.weight", recognise_nafnet},
    {"PixelShuffleUNet", "enc.0.0.weight, mid.0.weight, dec.0.0.weight", recognise_pixel_shuffle_unet},
    {"DeGanGenerator", "conv1.0.weight, up6.weight, conv9b.weight", recognise_de_gan},
    {"DeGanPyTorchGenerator", "downs.0.conv.0.weight, bottleneck.conv.0.weight", recognise_de_gan_pytorch},
    {"Depixelizer, NotebookDepixelizer, DocumentsAutoencoder", "encoder.0.weight, decoder.0.weight",
     recognise_autoencoder},
    {"Denoiser (depix)", "head.weight (48, 3, 5, 5), wide.down.weight", recognise_denoiser},
    {"Enlarger (depix)", "head.weight (F, 3, 3, 3), body.0.0.conv1.weight, tail.weight", recognise_enlarger},
    {"Inpainter (depix)", "1.body.head.weight (48, 4, 5, 5), 1.body.quarter.eighth.down.weight", recognise_inpainter},
    {"Binarizer (depix)", "head.weight (32, 9, 5, 5), quarter.eighth.farthest.conv1.weight", recognise_binarizer},
    {"PageCleaner, TextRestorer (depix)", "0.weight (12, 1, 3, 3) or (32, 3, 4, 4), 2.weight", recognise_numbered},
};

}  // namespace detail

/// The network that the tensors belong to, or nothing.
inline std::optional<NetworkDescription> find_network(const TensorFile& file) {
    const detail::TensorShapes shapes(file);
    for (const detail::Recogniser& recogniser : detail::recognisers) {
        std::optional<NetworkDescription> found = recogniser.recognise(shapes);
        // The right names may have shapes of no network, such as an extent of 0.
        if (found && found->in_channels > 0 && found->out_channels > 0 && found->features > 0 && found->scale > 0)
            return found;
    }
    return std::nullopt;
}

/// The number of values in all tensors of floating type but running statistics.
inline std::uint64_t parameter_count(const TensorFile& file) {
    std::uint64_t count = 0;
    for (const std::string& name : file.names) {
        if (name.ends_with(".running_mean") || name.ends_with(".running_var")) continue;
        if (info(file.entry(name).dtype).floating) count += *element_count(file.shape(name));
    }
    return count;
}

/// Name, type and shape of the first tensors, one in a line, each line indented by two spaces.
inline std::string tensor_table(const TensorFile& file, std::size_t most = 1000) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < file.names.size() && i < most; ++i) width = (std::max)(width, file.names[i].size());
    std::string text;
    for (std::size_t i = 0; i < file.names.size() && i < most; ++i) {
        const TensorFile::Entry& entry = file.entry(file.names[i]);
        const std::string type = entry.dtype == DataType::Other ? "-" : std::string(info(entry.dtype).name);
        text += "  " + file.names[i] + std::string(width + 2 - file.names[i].size(), ' ') + type +
                std::string(6 - (std::min<std::size_t>)(type.size(), 5), ' ') + to_string(entry.shape) + "\n";
    }
    if (file.names.size() > most) text += "  ... and " + std::to_string(file.names.size() - most) + " more\n";
    return text;
}

/// The network that the tensors belong to. Where none does, a FileError lists what was looked for, and the tensors.
inline NetworkDescription identify(const TensorFile& file) {
    if (std::optional<NetworkDescription> found = find_network(file)) return *std::move(found);
    std::string message = "holds the weights of no network that depix knows. It was looked for:\n";
    for (const detail::Recogniser& recogniser : detail::recognisers)
        message += std::string("  ") + recogniser.architecture + ": " + recogniser.looks_for + "\n";
    message += "The file has " + std::to_string(file.names.size()) + " tensors:\n" + tensor_table(file, 40);
    detail::fail(FileError(file.path, message));
}

}  // namespace depix

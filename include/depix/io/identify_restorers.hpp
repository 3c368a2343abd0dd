// Recognises the networks that restore pictures at their size.
#pragma once

#include <optional>
#include <string>

#include "depix/io/network_description.hpp"

namespace depix::detail {

/// KAIR's chains of 3x3 convolutions with a rectifier after each but the last, model.0, model.2, ... FFDNet works on a
/// picture whose four pixels of each square are channels, and takes one more for the noise. IRCNN has seven
/// convolutions, whose taps are wider apart, and DnCNN 17 or 20.
inline std::optional<NetworkDescription> recognise_denoising_chain(const TensorShapes& file) {
    const int layers = file.count("model.", ".weight", 2);
    if (layers < 3 || file.has("model.1.weight")) return std::nullopt;
    const std::string last = "model." + std::to_string(2 * (layers - 1));
    const int in = file.in("model.0"), out = file.out(last);
    for (int i = 0; i < layers; ++i)
        if (file.kernel("model." + std::to_string(2 * i)) != 3) return std::nullopt;
    NetworkDescription found{.features = file.out("model.0"), .depth = layers};
    if (out % 4 == 0 && in == out + 1) {
        found.architecture = "FFDNet";
        found.in_channels = found.out_channels = out / 4;
        found.noise_map = true;
        found.type = type_text("FFDNet", {found.in_channels, layers, found.features});
        return found;
    }
    if (in != out || in == 0) return std::nullopt;
    found.in_channels = found.out_channels = in;
    found.architecture = layers == 7 ? "IRCNN" : "DnCNN";
    found.type =
        layers == 7 ? type_text("IRCNN", {in, found.features}) : type_text("DnCNN", {in, layers, found.features});
    return found;
}

inline std::optional<NetworkDescription> recognise_drunet(const TensorShapes& file) {
    if (!file.has("m_head.weight", 4) || !file.has("m_down1.0.res.0.weight", 4) || !file.has("m_tail.weight", 4))
        return std::nullopt;
    NetworkDescription found{.architecture = "DRUNet", .noise_map = true};
    found.features = file.out("m_head");
    found.out_channels = file.out("m_tail");
    found.in_channels = file.in("m_head") - 1;
    found.depth = file.count("m_body.", ".res.0.weight");
    if (found.in_channels != found.out_channels) return std::nullopt;
    found.type = type_text("DRUNet", {found.in_channels, found.features, found.depth});
    return found;
}

inline std::optional<NetworkDescription> recognise_nafnet(const TensorShapes& file) {
    if (!file.has("intro.weight", 4) || !file.has("middle_blks.0.norm1.weight") || !file.has("ending.weight", 4))
        return std::nullopt;
    NetworkDescription found{.architecture = "NAFNet"};
    found.features = file.out("intro");
    found.depth = file.count("middle_blks.", ".norm1.weight");
    const int sizes = file.count("encoders.", ".0.norm1.weight");
    std::string encoders, decoders;  // the largest size first; decoders are counted from the smallest
    const auto append = [&](std::string& list, const std::string& part) {
        list += (list.empty() ? "" : ", ") + std::to_string(file.count(part + ".", ".norm1.weight"));
    };
    for (int i = 0; i < sizes; ++i) {
        append(encoders, "encoders." + std::to_string(i));
        append(decoders, "decoders." + std::to_string(sizes - 1 - i));
    }
    found.type = "NAFNet<" + std::to_string(found.features) + ", Blocks<" + encoders + ">, " +
                 std::to_string(found.depth) + ", Blocks<" + decoders + ">>";
    return found;
}

inline std::optional<NetworkDescription> recognise_pixel_shuffle_unet(const TensorShapes& file) {
    if (!file.has("enc.0.0.weight", 4) || !file.has("mid.0.weight", 4) || !file.has("dec.0.0.weight", 4) ||
        !file.has("out.weight", 4))
        return std::nullopt;
    NetworkDescription found{.architecture = "PixelShuffleUNet"};
    found.features = file.out("enc.0.0");
    found.depth = file.count("enc.", ".0.weight");
    found.in_channels = found.out_channels = file.in("enc.0.0");
    found.type = type_text("PixelShuffleUNet", {2 * found.features, found.in_channels, found.depth});
    return found;
}

inline std::optional<NetworkDescription> recognise_de_gan(const TensorShapes& file) {
    if (!file.has("conv1.0.weight", 4) || !file.has("up6.weight", 4) || !file.has("conv9b.weight", 4))
        return std::nullopt;
    NetworkDescription found{.architecture = "DeGanGenerator", .in_channels = 1, .out_channels = 1, .depth = 5};
    found.features = file.out("conv1.0");
    const std::string features = std::to_string(found.features);
    const int widest = file.out("conv5.0");
    found.type = "DeGanGenerator<" + features;
    if (widest != 16 * found.features) found.type += ", std::ratio<1, 2>, " + std::to_string(widest);
    found.type += ">";
    return found;
}

inline std::optional<NetworkDescription> recognise_de_gan_pytorch(const TensorShapes& file) {
    if (!file.has("downs.0.conv.0.weight", 4) || !file.has("bottleneck.conv.0.weight", 4) ||
        file.in("downs.0.conv.0") != 1)
        return std::nullopt;
    NetworkDescription found{.architecture = "DeGanPyTorchGenerator", .in_channels = 1, .out_channels = 1, .depth = 5};
    found.features = file.out("downs.0.conv.0");
    found.type = type_text("DeGanPyTorchGenerator", {found.features});
    found.note = "grey values are in -1..1";
    return found;
}

inline std::optional<NetworkDescription> recognise_autoencoder(const TensorShapes& file) {
    const int width = file.out("encoder.0");
    if (width == 0 || !file.has("decoder.0.weight", 4)) return std::nullopt;
    NetworkDescription found{.features = width, .depth = 3};
    found.in_channels = found.out_channels = file.in("encoder.0");
    if (file.has("encoder.1.running_mean") &&
        file.has_shape("decoder.0.weight", {std::size_t(4 * width), std::size_t(2 * width), 2, 2})) {
        found.architecture = "Depixelizer";
        found.type = type_text("DepixelizerOfWidth", {width, found.in_channels});
        return found;
    }
    if (file.has_shape("encoder.0.weight", {6, 3, 3, 3}) && file.has_shape("decoder.0.weight", {24, 12, 2, 2})) {
        found.architecture = found.type = "NotebookDepixelizer";
        return found;
    }
    if (!file.has_shape("encoder.0.weight", {16, 1, 3, 3}) || !file.has_shape("decoder.0.weight", {32, 16, 3, 3}))
        return std::nullopt;
    found.architecture = found.type = "DocumentsAutoencoder";
    found.depth = 2;
    return found;
}

inline std::optional<NetworkDescription> recognise_denoiser(const TensorShapes& file) {
    if (!file.has_shape("head.weight", {48, 3, 5, 5}) || !file.has("wide.down.weight", 4)) return std::nullopt;
    return NetworkDescription{.architecture = "Denoiser", .type = "Denoiser", .features = 48, .depth = 7};
}

inline std::optional<NetworkDescription> recognise_inpainter(const TensorShapes& file) {
    if (!file.has_shape("1.body.head.weight", {48, 4, 5, 5}) || !file.has("1.body.quarter.eighth.down.weight", 4))
        return std::nullopt;
    return NetworkDescription{.architecture = "Inpainter", .type = "Inpainter", .in_channels = 4, .features = 48};
}

inline std::optional<NetworkDescription> recognise_binarizer(const TensorShapes& file) {
    if (!file.has_shape("head.weight", {32, 9, 5, 5}) || !file.has("quarter.eighth.farthest.conv1.weight", 4))
        return std::nullopt;
    return NetworkDescription{
        .architecture = "Binarizer", .type = "Binarizer", .in_channels = 9, .out_channels = 1, .features = 32};
}

inline std::optional<NetworkDescription> recognise_enlarger(const TensorShapes& file) {
    if (!file.has("head.weight", 4) || !file.has("body.0.0.conv1.weight", 4) || file.in("head") != 3)
        return std::nullopt;
    NetworkDescription found{.architecture = "Enlarger"};
    found.features = file.out("head");
    found.depth = file.count("body.0.", ".conv1.weight");
    while (3 * found.scale * found.scale < file.out("tail")) ++found.scale;
    if (3 * found.scale * found.scale != file.out("tail")) return std::nullopt;
    const bool is_default = found.features == 48 && found.depth == 10;
    found.type = is_default ? type_text("Enlarger", {found.scale})
                            : type_text("Enlarger", {found.scale, found.features, found.depth});
    return found;
}

inline std::optional<NetworkDescription> recognise_numbered(const TensorShapes& file) {
    if (file.has_shape("0.weight", {12, 1, 3, 3}) && file.has_shape("2.weight", {12, 12, 3, 3}))
        return NetworkDescription{
            .architecture = "PageCleaner", .type = "PageCleaner", .in_channels = 1, .out_channels = 1, .features = 12};
    if (file.has_shape("0.weight", {32, 3, 4, 4}) && file.has_shape("2.weight", {32, 32, 3, 3}))
        return NetworkDescription{.architecture = "TextRestorer", .type = "TextRestorer", .features = 32};
    return std::nullopt;
}

}  // namespace depix::detail

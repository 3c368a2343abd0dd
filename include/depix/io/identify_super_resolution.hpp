// Recognises the networks that enlarge pictures.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "depix/io/network_description.hpp"
#include "depix/io/span_weights.hpp"
#include "depix/models/rrdbnet.hpp"

namespace depix::detail {

/// Real-ESRGAN's networks for a scale of 2 and 1 begin with a pixel unshuffle, which conv_first's channels tell. In the
/// oldest files the number of the last layer tells how often the picture is doubled: model.10 twice, model.7 once.
inline std::optional<NetworkDescription> recognise_rrdbnet(const TensorShapes& file) {
    const bool oldest = file.has("model.1.sub.0.RDB1.conv1.0.weight");
    const TensorShapes shapes = file.mapped(esrgan_name);
    NetworkDescription found{.architecture = "RRDBNet"};
    found.features = shapes.out("conv_first");
    found.depth = shapes.count("body.", ".rdb1.conv1.weight");
    found.growth = shapes.out("body.0.rdb1.conv1");
    std::string last = "conv_last";
    int doublings = 2;
    if (oldest)
        for (const int layers : {4, 7, 10, 13})
            if (file.has("model." + std::to_string(layers) + ".weight")) {
                last = "model." + std::to_string(layers);
                doublings = (layers - 4) / 3;
            }
    const TensorShapes& names = oldest ? file : shapes;
    found.out_channels = names.out(last);
    const int in = shapes.in("conv_first");
    if (found.features == 0 || found.growth == 0 || found.out_channels == 0) return std::nullopt;
    const int unshuffle = in == 4 * found.out_channels ? 2 : in == 16 * found.out_channels ? 4 : 1;
    found.in_channels = in / (unshuffle * unshuffle);
    found.scale = (1 << doublings) / unshuffle;
    if (found.in_channels == found.out_channels && doublings == 2) {
        if (unshuffle == 1)
            found.type = type_text("RRDBNet", {found.features, found.growth, found.depth});
        else
            found.type = type_text("UnshuffledRRDBNet", {unshuffle, found.features, found.growth, found.depth});
        if (found.out_channels != 3)
            found.type.insert(found.type.size() - 1, ", " + std::to_string(found.out_channels));
    } else {
        found.note = "models/rrdbnet.hpp has the network that doubles a picture twice";
    }
    if (!file.has("conv_body.weight")) found.name_map = esrgan_name;
    return found;
}

inline std::optional<NetworkDescription> recognise_rrdb(const TensorShapes& file) {
    if (!file.has("res_blocks.0.dense_blocks.0.b1.0.weight", 4) || !file.has("upsampling.0.weight"))
        return std::nullopt;
    NetworkDescription found{.architecture = "RRDB", .scale = 4};
    found.features = file.out("conv1");
    found.growth = found.features;
    found.depth = file.count("res_blocks.", ".dense_blocks.0.b1.0.weight");
    found.in_channels = file.in("conv1");
    found.out_channels = file.out("conv3.2");
    found.type = type_text("RRDB", {found.features, found.depth}, found.in_channels);
    return found;
}

/// The last layer, whose number is even, has as many channels as the picture times the scale's square.
inline std::optional<NetworkDescription> recognise_compact(const TensorShapes& file) {
    if (!file.has("body.0.weight", 4) || !file.has("body.1.weight", 1)) return std::nullopt;
    NetworkDescription found{.architecture = "Compact"};
    const int layers = file.count("body.", ".weight", 2);
    const std::string last = "body." + std::to_string(2 * (layers - 1));
    found.features = file.out("body.0");
    found.in_channels = found.out_channels = file.in("body.0");
    found.depth = layers - 2;
    if (found.in_channels == 0 || layers < 2 || file.out(last) % found.in_channels != 0) return std::nullopt;
    found.scale = whole_root(file.out(last) / found.in_channels);
    if (found.scale == 0) return std::nullopt;
    found.type = type_text("Compact", {found.features, found.depth, found.scale}, found.in_channels);
    return found;
}

/// Files of training hold the convolutions of which each eval_conv is made, too, and those of networks that take the
/// picture as it is a tensor called no_norm: see fold_span.
inline std::optional<NetworkDescription> recognise_span(const TensorShapes& file) {
    if (!file.has("conv_1.eval_conv.weight", 4) || !file.has("block_1.c1_r.eval_conv.weight", 4) ||
        !file.has("upsampler.0.weight", 4))
        return std::nullopt;
    NetworkDescription found{.architecture = "SPAN"};
    found.features = file.out("conv_1.eval_conv");
    found.in_channels = found.out_channels = file.in("conv_1.eval_conv");
    if (found.in_channels == 0 || !file.has("block_6.c1_r.eval_conv.weight")) return std::nullopt;
    found.depth = 6;
    found.scale = whole_root(file.out("upsampler.0") / found.in_channels);
    if (found.scale == 0) return std::nullopt;
    found.type = type_text("SPAN", {found.scale, found.features}, found.in_channels);
    found.note = file.has("no_norm") ? "the input is the picture as it is, because the file holds no_norm"
                                     : "the input is (picture - mean) * 255";
    found.convert = [](const TensorFile& weights) { return fold_span(weights); };
    return found;
}

/// Of EDSR's upsampler: one shuffle by 2 or 3, or two by 2.
inline int edsr_scale(const TensorShapes& file, int features) {
    if (features == 0) return 0;
    if (file.out("tail.0.0") == 9 * features) return 3;
    return file.has("tail.0.2.weight") ? 4 : 2;
}

inline std::optional<NetworkDescription> recognise_edsr(const TensorShapes& file) {
    if (!file.has("sub_mean.weight", 4) || !file.has("body.0.body.0.weight", 4)) return std::nullopt;
    NetworkDescription found{.architecture = "EDSR", .note = "pictures are in 0..255"};
    found.features = file.out("head.0");
    found.depth = file.count("body.", ".body.0.weight");
    found.scale = edsr_scale(file, found.features);
    if (found.scale == 0) return std::nullopt;
    // The scale of residuals is in no tensor: the authors' network of 256 channels has 1/10.
    const std::string residual_scale = found.features >= 256 ? ", std::ratio<1, 10>" : "";
    found.type = type_text("EDSR", {found.scale, found.features, found.depth});
    found.type.insert(found.type.size() - 1, residual_scale);
    return found;
}

inline std::optional<NetworkDescription> recognise_rcan(const TensorShapes& file) {
    const int reduced = file.out("body.0.body.0.body.3.conv_du.0");
    if (reduced == 0 || !file.has("sub_mean.weight", 4)) return std::nullopt;
    NetworkDescription found{.architecture = "RCAN", .note = "pictures are in 0..255"};
    found.features = file.out("head.0");
    found.depth = file.count("body.", ".body.0.body.0.weight");
    found.scale = edsr_scale(file, found.features);
    if (found.scale == 0) return std::nullopt;
    found.type = type_text("RCAN", {found.scale, found.features, found.depth,
                                    file.count("body.0.body.", ".body.0.weight"), found.features / reduced});
    return found;
}

inline std::optional<NetworkDescription> recognise_srresnet(const TensorShapes& file) {
    if (file.kernel("head") != 9 || !file.has("blocks.0.conv1.weight", 4) || !file.has("up.3.weight", 4))
        return std::nullopt;
    NetworkDescription found{.architecture = "SRResNet", .scale = 4, .note = "the output is in -1..1"};
    found.features = file.out("head");
    found.depth = file.count("blocks.", ".conv1.weight");
    found.in_channels = file.in("head");
    found.out_channels = file.out("tail");
    found.type = type_text("SRResNet", {found.features, found.depth}, found.in_channels);
    return found;
}

inline std::optional<NetworkDescription> recognise_upconv_7(const TensorShapes& file) {
    if (!file.has_shape("net.0.weight", {16, 3, 3, 3}) || !file.has_shape("net.10.weight", {256, 128, 3, 3}) ||
        !file.has_shape("net.12.weight", {256, 3, 4, 4}))
        return std::nullopt;
    return NetworkDescription{
        .architecture = "UpConv7", .type = "PaddedUpConv7", .scale = 2, .features = 16, .depth = 7};
}

}  // namespace depix::detail

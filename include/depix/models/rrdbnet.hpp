// RRDBNet: the generator of ESRGAN as its authors publish it. It makes a picture four times as high and four times as
// wide.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "depix/layers/conv.hpp"
#include "depix/layers/leaky_relu.hpp"
#include "depix/layers/pixel_unshuffle.hpp"
#include "depix/layers/scale.hpp"
#include "depix/layers/upsample.hpp"
#include "depix/network/skip.hpp"
#include "depix/network/split.hpp"

namespace depix {

namespace detail {

using EsrganLeakyReLU = LeakyReLU<std::ratio<1, 5>>;

// clang-format off
/// A convolution of a dense block appends its own channels to those that it takes. (It comes with its name, because nvcc
/// 13 cannot write out an alias that has a name as its parameter.)
template <class NamedConv>
using GrowthLayer = Named<"", SkipConcat<NamedConv, EsrganLeakyReLU>>;

/// x + 1/5 of the output of five convolutions, each of which takes x and the outputs of all convolutions before it. The
/// first four have G channels, the last has as many as x.
template <int C, int G>
using GrowthDenseBlock = Residual<
    GrowthLayer<Named<"conv1", Conv<C, G>>>,         GrowthLayer<Named<"conv2", Conv<C + G, G>>>,
    GrowthLayer<Named<"conv3", Conv<C + 2 * G, G>>>, GrowthLayer<Named<"conv4", Conv<C + 3 * G, G>>>,
    Named<"conv5", Conv<C + 4 * G, C>>, Scale<std::ratio<1, 5>>>;

/// "Residual in residual dense block": x + 1/5 of the output of three dense blocks.
template <int C, int G>
using GrowthRRDB = Residual<
    Named<"rdb1", GrowthDenseBlock<C, G>>, Named<"rdb2", GrowthDenseBlock<C, G>>, Named<"rdb3", GrowthDenseBlock<C, G>>,
    Scale<std::ratio<1, 5>>>;

/// A picture twice as large by nearest neighbours, and a convolution over it.
template <class NamedConv>
using UpsampledConv = Named<"", Upsample<2>, NamedConv, EsrganLeakyReLU>;
// clang-format on

}  // namespace detail

// clang-format off
/// ESRGAN's generator (Wang et al. 2018, "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks"), from
/// Channels x H x W to Channels x 4H x 4W, published with 64 Filters, a Growth of 32 channels and 23 Blocks. Pictures
/// are in 0..1, before and after. There is no activation at the end. models/rrdb.hpp has the variant with pixel
/// shuffles that PyTorch-GAN and DeepDepixelate use.
///
/// Parameters are named as in BasicSR's module RRDBNet (conv_first, body.0.rdb1.conv1, conv_body, conv_up1, conv_up2,
/// conv_hr, conv_last), which the files of Real-ESRGAN use too. ESRGAN's own files have other names; see esrgan_name.
template <int Filters = 64, int Growth = 32, int Blocks = 23, int Channels = 3, int InChannels = Channels>
using RRDBNet = Sequential<
    Named<"conv_first", Conv<InChannels, Filters>>,
    Named<"", Residual<
        Named<"body", Repeat<Blocks, detail::GrowthRRDB<Filters, Growth>>>,
        Named<"conv_body", Conv<Filters, Filters>>>>,
    detail::UpsampledConv<Named<"conv_up1", Conv<Filters, Filters>>>,
    detail::UpsampledConv<Named<"conv_up2", Conv<Filters, Filters>>>,
    Named<"conv_hr", Conv<Filters, Filters>>, detail::EsrganLeakyReLU,
    Named<"conv_last", Conv<Filters, Channels>>>;

/// Real-ESRGAN's networks for a scale of 4 / Unshuffle, with the same names: each square of Unshuffle x Unshuffle pixels
/// becomes channels, so that all convolutions work at a smaller size. UnshuffledRRDBNet<2> is RealESRGAN_x2plus. Height and
/// width are multiples of Unshuffle.
template <int Unshuffle = 2, int Filters = 64, int Growth = 32, int Blocks = 23, int Channels = 3>
using UnshuffledRRDBNet = Sequential<
    Pass<Channels>, PixelUnshuffle<Unshuffle>,
    Named<"", RRDBNet<Filters, Growth, Blocks, Channels, Channels * Unshuffle * Unshuffle>>>;
// clang-format on

static_assert(UnshuffledRRDBNet<2, 8, 4, 1>::output({3, 10, 6}) == Shape{3, 20, 12});

/// A name map for LoadOptions (io/safetensors.hpp): to RRDBNet's names from the two sets of names that ESRGAN's own
/// files have had. The older has model.0, model.1.sub.0.RDB1.conv1.0 and model.1.sub.23 for the convolution after 23
/// blocks; the newer has conv_first, RRDB_trunk.0.RDB1.conv1 and trunk_conv. Other names stay, BasicSR's among them.
///
///     Model<RRDBNet<>> model;
///     load(model, "RRDB_ESRGAN_x4.safetensors", {.name_map = esrgan_name});
inline std::string esrgan_name(const std::string& name) {
    const std::size_t end = name.rfind('.');  // of the layer's name; "weight" or "bias" follows
    if (end == std::string::npos) return name;
    const std::string layer = name.substr(0, end), parameter = name.substr(end);
    for (const auto& [old_name, own_name] :
         {std::pair{"model.0", "conv_first"}, std::pair{"model.3", "conv_up1"}, std::pair{"upconv1", "conv_up1"},
          std::pair{"model.6", "conv_up2"}, std::pair{"upconv2", "conv_up2"}, std::pair{"model.8", "conv_hr"},
          std::pair{"HRconv", "conv_hr"}, std::pair{"model.10", "conv_last"}, std::pair{"trunk_conv", "conv_body"}})
        if (layer == old_name) return own_name + parameter;

    for (const std::string blocks : {"model.1.sub.", "RRDB_trunk."}) {
        if (!layer.starts_with(blocks)) continue;
        const bool oldest = blocks[0] == 'm';
        const std::size_t number_end = layer.find('.', blocks.size());
        if (number_end == std::string::npos) return oldest ? "conv_body" + parameter : name;
        std::string inside = layer.substr(number_end);  // ".RDB1.conv1", with ".0" in the oldest files
        if (!inside.starts_with(".RDB") || (oldest && !inside.ends_with(".0"))) return name;
        if (oldest) inside.erase(inside.size() - 2);
        inside.replace(1, 3, "rdb");
        return "body." + layer.substr(blocks.size(), number_end - blocks.size()) + inside + parameter;
    }
    return name;
}

}  // namespace depix

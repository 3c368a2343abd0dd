// VGG19's convolutions, which compute the features of a perceptual loss, and the input that its published weights
// expect.
#pragma once

#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "depix/layers/conv.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/layers/relu.hpp"
#include "depix/plan/flatten.hpp"

namespace depix {

namespace detail {

// clang-format off
/// Configuration E of Simonyan and Zisserman (2015): five blocks of convolutions, each of which ends with a halving.
using Vgg19Layers = TypeList<
    Conv<3, 64>,    ReLU, Conv<64, 64>,   ReLU,                                               MaxPool<2>,
    Conv<64, 128>,  ReLU, Conv<128, 128>, ReLU,                                               MaxPool<2>,
    Conv<128, 256>, ReLU, Conv<256, 256>, ReLU, Conv<256, 256>, ReLU, Conv<256, 256>, ReLU,   MaxPool<2>,
    Conv<256, 512>, ReLU, Conv<512, 512>, ReLU, Conv<512, 512>, ReLU, Conv<512, 512>, ReLU,   MaxPool<2>,
    Conv<512, 512>, ReLU, Conv<512, 512>, ReLU, Conv<512, 512>, ReLU, Conv<512, 512>, ReLU,   MaxPool<2>>;

/// Sequential of the first Count types of a list.
template <int Count, class List, class... Taken>
struct FirstLayers;
template <class List, class... Taken>
struct FirstLayers<0, List, Taken...> {
    using type = Sequential<Taken...>;
};
template <int Count, class Next, class... Rest, class... Taken>
    requires(Count > 0)
struct FirstLayers<Count, TypeList<Next, Rest...>, Taken...> {
    using type = typename FirstLayers<Count - 1, TypeList<Rest...>, Taken..., Next>::type;
};
// clang-format on

}  // namespace detail

// clang-format off
/// The first Layers (1 to 37) of VGG19 (Simonyan and Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale
/// Image Recognition"): torchvision's vgg19().features[:Layers], with its names, features.0.weight and so on. Height
/// and width must be divisible by 2 once for each MaxPool among them. VggInput says how to prepare a picture.
///
/// Published weights have all 16 convolutions, and perhaps the classifier after them. With this name map `load`
/// (io/safetensors.hpp) takes the tensors of this part, leaves out the rest of VGG19, and still refuses all other
/// tensors:
///
///     Model<Vgg22> model;
///     load(model, "vgg19.safetensors", {.name_map = vgg19_part<Vgg22>});
template <int Layers>
    requires(1 <= Layers && Layers <= static_cast<int>(detail::Vgg19Layers::size))
using Vgg19Features = Sequential<Named<"features", typename detail::FirstLayers<Layers, detail::Vgg19Layers>::type>>;
// clang-format on

/// VGG2,2 of SRGAN (Ledig et al. 2017): the second convolution of the second block, after its ReLU.
using Vgg22 = Vgg19Features<9>;
/// VGG5,4 of SRGAN: the fourth convolution of the fifth block, after its ReLU.
using Vgg54 = Vgg19Features<36>;
/// The same before its ReLU, as ESRGAN (Wang et al. 2018) and DeepDepixelate use it.
using Vgg54BeforeReLU = Vgg19Features<35>;

/// A name map for LoadOptions: keeps a tensor's name, or leaves the tensor out ("") if it belongs to a layer of VGG19's
/// features, or to its classifier, that Features = Vgg19Features<n> does not have.
template <Module Features>
std::string vgg19_part(const std::string& name) {
    constexpr int layers = flatten<Features>().step_count, all = static_cast<int>(detail::Vgg19Layers::size);
    constexpr std::string_view before = "features.";
    if (name.starts_with("classifier.")) return {};
    if (!name.starts_with(before)) return name;
    int layer = 0;
    std::from_chars(name.data() + before.size(), name.data() + name.size(), layer);
    return layers <= layer && layer < all ? std::string() : name;
}

/// For each channel c of a picture: x'[c] = scale[c] * x[source[c]] + offset[c].
struct ChannelMap {
    std::array<int, 3> source{0, 1, 2};
    std::array<float, 3> scale{1, 1, 1};
    std::array<float, 3> offset{0, 0, 0};

    /// The same for pictures with values in black..white instead of 0..1.
    constexpr ChannelMap for_range(float black, float white) const {
        ChannelMap map = *this;
        for (std::size_t c = 0; c < 3; ++c) {
            map.scale[c] = scale[c] / (white - black);
            map.offset[c] = offset[c] - map.scale[c] * black;
        }
        return map;
    }
};

/// The input that VGG19's weights expect, as maps of an RGB picture in 0..1. It depends on who trained or converted
/// them.
struct VggInput {
    /// The authors' own weights (Caffe), and Keras's, which come from them: BGR in 0..255, minus ImageNet's mean.
    static constexpr ChannelMap caffe{
        .source = {2, 1, 0}, .scale = {255.f, 255.f, 255.f}, .offset = {-103.939f, -116.779f, -123.68f}};
    /// torchvision's weights: RGB, (x - mean) / standard deviation.
    static constexpr ChannelMap torchvision{.source = {0, 1, 2},
                                            .scale = {1 / 0.229f, 1 / 0.224f, 1 / 0.225f},
                                            .offset = {-0.485f / 0.229f, -0.456f / 0.224f, -0.406f / 0.225f}};
};

}  // namespace depix

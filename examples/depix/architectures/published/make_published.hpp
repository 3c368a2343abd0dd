// Makes what the tool knows of a published network, whose weights others trained. Such a network is compiled for the
// Cpu alone, and nothing looks into its layers, which takes the compiler two thirds of the time.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "../make_architecture.hpp"
#include "depix/io/weights_file.hpp"

namespace tool::inline DEPIX_TOOL_LEVEL {

/// What a published network takes for a picture in 0..1.
enum class PublishedInput {
    Picture,
    NoiseMap,  ///< one more channel, the standard deviation of the noise
    Centred    ///< (picture - mean colour of DIV2K) * 255: SPAN
};

template <class Network, PublishedInput Input>
class PublishedRestorer : public Restorer {
  public:
    PublishedRestorer(const depix::Model<Network>& model, int threads, float noise)
        : network_(model, threads), noise_(noise) {}

    depix::Image restore(const depix::Image& image, Tiles tiles) const override {
        const depix::Tiles cut{.size = tiles.size, .jobs = tiles.jobs, .progress = tiles.progress};
        if constexpr (Input == PublishedInput::Picture)
            return depix::restore(network_, image, cut);
        else
            return depix::restore(network_, prepared(image), cut);
    }

  private:
    depix::Image prepared(depix::Image image) const {
        const std::size_t area = image.shape.area();
        if constexpr (Input == PublishedInput::NoiseMap) {
            image.pixels.insert(image.pixels.end(), area, noise_);
            ++image.shape.channels;
        } else {
            constexpr std::array<float, 3> mean{0.4488f, 0.4371f, 0.4040f};
            for (std::size_t i = 0; i < image.pixels.size(); ++i)
                image.pixels[i] = (image.pixels[i] - mean[i / area]) * 255;
        }
        return image;
    }

    depix::Inference<Network, depix::Cpu> network_;
    float noise_;
};

/// `type` is what depix::identify makes of such weights.
template <class Network, PublishedInput Input = PublishedInput::Picture>
Architecture make_published(std::string name, std::string type, std::string about) {
    constexpr int channels = Network::in_channels - (Input == PublishedInput::NoiseMap ? 1 : 0);
    static_assert(channels == 1 || channels == 3);
    Architecture architecture = describe_network<Network>(std::move(name), std::move(about), channels);
    architecture.type = std::move(type);
    architecture.workspace_bytes = [](depix::Shape shape, Backend, int threads) {
        return depix::workspace_bytes<Network, depix::Cpu>(with_channels<Network>(shape), threads);
    };
    architecture.load = [](const depix::TensorFile& weights, Backend backend, int threads,
                           float noise) -> std::unique_ptr<const Restorer> {
        if (backend != Backend::Cpu) throw UsageError("--backend: published networks are compiled for the cpu alone");
        depix::Model<Network> model;
        depix::load(model, weights);
        return std::make_unique<PublishedRestorer<Network, Input>>(model, threads, noise);
    };
    architecture.in_order = [](const depix::TensorFile& weights) {
        return depix::in_order_of(depix::Model<Network>(), weights);
    };
    return architecture;
}

}  // namespace tool::inline DEPIX_TOOL_LEVEL

// Makes what the tool knows of a published network, whose weights others trained. Such a network is compiled for the
// Cpu alone, and nothing looks into its layers, which takes the compiler two thirds of the time.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "../../published_input.hpp"
#include "../make_architecture.hpp"
#include "depix/io/weights_file.hpp"

namespace tool::inline DEPIX_TOOL_LEVEL {

template <class Network>
class PublishedRestorer : public Restorer {
  public:
    PublishedRestorer(const depix::Model<Network>& model, int threads, PublishedInput input, float noise)
        : network_(model, threads), input_(input), noise_(noise) {}

    depix::Image restore(const depix::Image& image, Tiles tiles) const override {
        const depix::Tiles cut{
            .size = tiles.size, .jobs = tiles.jobs, .reach = tiles.reach, .progress = tiles.progress};
        if (input_ == PublishedInput::Picture) return depix::restore(network_, image, cut);
        return depix::restore(network_, published_input(image, input_, noise_), cut);
    }

  private:
    depix::Inference<Network, depix::Cpu> network_;
    PublishedInput input_;
    float noise_;
};

/// `type` is what depix::identify makes of such weights.
template <class Network, PublishedInput Input = PublishedInput::Picture>
Architecture make_published(std::string name, std::string type, std::string about) {
    constexpr int channels = Network::in_channels - (Input == PublishedInput::NoiseMap ? 1 : 0);
    static_assert(channels == 1 || channels == 3);
    Architecture architecture = describe_network<Network>(std::move(name), std::move(about), channels);
    architecture.type = std::move(type);
    architecture.reach = published_reach;
    architecture.workspace_bytes = [](depix::Shape shape, Backend, int threads) {
        return depix::workspace_bytes<Network, depix::Cpu>(with_channels<Network>(shape), threads);
    };
    architecture.load = [](const depix::TensorFile& weights, Backend backend, int threads,
                           float noise) -> std::unique_ptr<const Restorer> {
        if (backend != Backend::Cpu) throw UsageError("--backend: published networks are compiled for the cpu alone");
        depix::Model<Network> model;
        depix::load(model, weights);
        const bool plain = Input == PublishedInput::Centred && weights.metadata.contains("no_norm");
        return std::make_unique<PublishedRestorer<Network>>(model, threads, plain ? PublishedInput::Picture : Input,
                                                            noise);
    };
    architecture.in_order = [](const depix::TensorFile& weights) {
        return depix::in_order_of(depix::Model<Network>(), weights);
    };
    return architecture;
}

}  // namespace tool::inline DEPIX_TOOL_LEVEL

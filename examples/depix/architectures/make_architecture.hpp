// Makes what the tool knows of a network from its type.
#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "../architecture.hpp"
#include "../embed/describe.hpp"
#include "depix/image/local_contrast.hpp"
#include "depix/inference.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/model.hpp"
#include "depix/observe.hpp"
#include "depix/plan/summary.hpp"
#include "depix/restore/binarize_page.hpp"
#include "depix/restore/blended_tiles.hpp"
#include "depix/restore/restore.hpp"

namespace tool::inline DEPIX_TOOL_LEVEL {

/// The values that black and white have in a network's input, or in its output. LocalContrast: it takes a grey page
/// together with depix::local_contrast of it.
enum class InputRange { ZeroToOne, MinusOneToOne, LocalContrast };
enum class OutputRange { ZeroToOne, MinusOneToOne };

/// A picture whose values are 0..1, as a network takes it.
template <InputRange Input>
depix::Image in_range(depix::Image image) {
    if constexpr (Input == InputRange::LocalContrast) return depix::local_contrast(image);
    if constexpr (Input == InputRange::MinusOneToOne)
        for (float& value : image.pixels) value = 2 * value - 1;
    return image;
}

template <class Network, class OnBackend, TileKind Kind, OutputRange Range, InputRange Input>
class NetworkRestorer : public Restorer {
  public:
    NetworkRestorer(const depix::Model<Network>& model, int threads) : network_(model, threads) {}

    depix::Image restore(const depix::Image& image, Tiles tiles) const override {
        if constexpr (Input == InputRange::LocalContrast)
            return depix::binarize_page(network_, image, exact_tiles(tiles));
        depix::Image restored = Input == InputRange::ZeroToOne ? cut_and_restore(image, tiles)
                                                               : cut_and_restore(in_range<Input>(image), tiles);
        if constexpr (Range == OutputRange::MinusOneToOne)
            for (float& value : restored.pixels) value = (value + 1) / 2;
        return restored;
    }

  private:
    static depix::Tiles exact_tiles(const Tiles& tiles) {
        return {.size = tiles.size, .jobs = tiles.jobs, .reach = tiles.reach, .progress = tiles.progress};
    }

    depix::Image cut_and_restore(const depix::Image& image, Tiles tiles) const {
        if constexpr (Kind == TileKind::Exact) {
            return depix::restore(network_, image, exact_tiles(tiles));
        } else {
            const int size = depix::round_up(tiles.size, Network::size_multiple);
            return depix::restore_by_tiles(network_, image,
                                           {.size = size, .overlap = size / 4, .progress = tiles.progress});
        }
    }

    depix::Inference<Network, OnBackend> network_;
};

template <class Network, InputRange Input>
depix::Tensor<float> observe_network(const depix::TensorFile& weights, Backend backend, int threads,
                                     const depix::Image& image, const Architecture::LayerVisitor& visitor) {
    depix::Model<Network> model;
    depix::load(model, weights);
    if (backend == Backend::Reference)
        depix::observe(depix::Inference<Network, depix::Reference>(model, threads), in_range<Input>(image), visitor);
    else
        depix::observe(depix::Inference<Network, depix::Unfused<depix::Cpu>>(model, threads), in_range<Input>(image),
                       visitor);
    constexpr auto plan = depix::flatten<Network>();
    depix::Tensor<float> filters;
    if (plan.step(0).layer.info->traits.role == depix::Role::Convolution) {
        const auto first = model.tensors().front();
        const auto side = [&](std::size_t axis) { return static_cast<int>(first.shape[axis]); };
        filters = depix::Tensor<float>(side(0), {side(1), side(2), side(3)});
        filters.data.assign(first.values.begin(), first.values.end());
    }
    return filters;
}

/// The shape of what a network takes for a picture of this shape.
template <class Network>
depix::Shape with_channels(depix::Shape shape) {
    return {Network::in_channels, shape.height, shape.width};
}

/// What is known of a network from its type. `channels` are those of its pictures; it may take more.
template <class Network>
Architecture describe_network(std::string name, std::string about, int channels = Network::in_channels) {
    constexpr depix::Scaling scale = depix::scale_after<Network>(depix::Scaling{});
    static_assert(scale.down == 1 || scale.up % scale.down == 0);
    Architecture architecture;
    architecture.name = std::move(name);
    architecture.about = std::move(about);
    architecture.channels = channels;
    architecture.scale = scale.up / scale.down;
    architecture.size_multiple = Network::size_multiple;
    architecture.receptive_field = depix::receptive_field<Network>();
    architecture.parameters = Network::parameter_count;
    architecture.multiply_adds = [](depix::Shape shape) {
        return depix::multiply_adds<Network>(with_channels<Network>(shape));
    };
    architecture.embed = &embed_network<Network>;
    architecture.summary = [](depix::Shape shape) {
        std::ostringstream text;
        text << depix::summary<Network>(with_channels<Network>(shape));
        return text.str();
    };
    return architecture;
}

template <class Network, TileKind Kind = TileKind::Exact, OutputRange Range = OutputRange::ZeroToOne,
          InputRange Input = InputRange::ZeroToOne>
Architecture make_architecture(std::string name, std::string about, Architecture::Train train = nullptr) {
    constexpr bool takes_mask = Network::in_channels == 4;
    constexpr int channels = Input == InputRange::LocalContrast ? 1 : Network::in_channels - (takes_mask ? 1 : 0);
    static_assert(channels == 1 || channels == 3);
    Architecture architecture = describe_network<Network>(std::move(name), std::move(about), channels);
    architecture.takes_mask = takes_mask;
    architecture.tiles = Kind;
    architecture.black = Range == OutputRange::MinusOneToOne ? -1.0f : 0.0f;
    architecture.workspace_bytes = [](depix::Shape shape, Backend backend, int threads) {
        const depix::Shape input = with_channels<Network>(shape);
        return backend == Backend::Cpu ? depix::workspace_bytes<Network, depix::Cpu>(input, threads)
                                       : depix::workspace_bytes<Network, depix::Reference>(input, threads);
    };
    if constexpr (!takes_mask) architecture.observe = &observe_network<Network, Input>;
    architecture.load = [](const depix::TensorFile& weights, Backend backend, int threads,
                           float) -> std::unique_ptr<const Restorer> {
        depix::Model<Network> model;
        depix::load(model, weights);
        if (backend == Backend::Reference)
            return std::make_unique<NetworkRestorer<Network, depix::Reference, Kind, Range, Input>>(model, threads);
        return std::make_unique<NetworkRestorer<Network, depix::Cpu, Kind, Range, Input>>(model, threads);
    };
    architecture.train = train;
    return architecture;
}

}  // namespace tool::inline DEPIX_TOOL_LEVEL

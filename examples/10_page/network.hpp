// A network of any type as the page uses it: it restores, it opens, and its bottleneck can be changed.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "depix/inference.hpp"
#include "depix/model.hpp"
#include "depix/observe.hpp"
#include "depix/plan/draw.hpp"
#include "depix/restore/restore.hpp"
#include "explain.hpp"

namespace page {

/// One layer of a network that was opened, with its feature maps.
struct OpenedLayer {
    std::string name, kind;
    int input = -1, other = -1;  ///< the layers that it reads: -1 is the picture, -2 is none
    std::size_t parameters = 0;
    depix::Image maps{};
};

/// The interface; `NetworkOf` below implements it for each type.
class Network {
  public:
    virtual ~Network() = default;
    virtual std::size_t value_count() const = 0;  ///< parameters and running statistics
    virtual int channels() const = 0;             ///< of the input
    virtual int size_multiple() const = 0;
    virtual int receptive_field() const = 0;
    /// Takes the weights: the parameters, then the running statistics, in Model's order. Throws Error for another
    /// count.
    virtual void load(std::span<const float> values) = 0;
    virtual depix::Image restore(const depix::Image& image, const depix::Tiles& tiles) const = 0;
    virtual std::string draw(depix::Shape shape, std::string_view title) const = 0;
    /// Runs the textbook's kernels and keeps every layer's output. Throws ShapeError.
    virtual void open(const depix::Image& image) = 0;
    virtual Explanation explain(int layer, Pixel at) const = 0;
    /// The rows of the picture that rows of a layer's output depend on; the same holds for columns.
    virtual depix::RowRange seen(int layer, depix::RowRange rows) const = 0;
    /// Computes the code of another picture, of the size of the one that is opened, for `decode`. Throws ShapeError.
    virtual void open_other(const depix::Image& image) = 0;
    /// What the decoder makes of the opened picture's code with one channel, which may be the other picture's,
    /// multiplied by a factor; nothing where the network has no encoder and decoder.
    virtual std::optional<depix::Image> decode(int channel, float factor, bool from_other = false) const = 0;
    /// The layer whose output is the code, or -1.
    virtual int code_layer() const = 0;

    depix::Image picture;             ///< that was opened
    std::vector<OpenedLayer> opened;  ///< its layers
};

template <depix::Module N, bool HasCode = false>
class NetworkOf : public Network {
  public:
    std::size_t value_count() const override { return model_.parameters().size() + model_.statistics().size(); }
    int channels() const override { return N::in_channels; }
    int size_multiple() const override { return N::size_multiple; }
    int receptive_field() const override { return depix::receptive_field<N>(); }

    void load(std::span<const float> values) override {
        if (values.size() != value_count())
            throw depix::Error("the network has " + std::to_string(value_count()) + " weights, the file has " +
                               std::to_string(values.size()));
        const auto middle = values.begin() + static_cast<std::ptrdiff_t>(model_.parameters().size());
        std::copy(values.begin(), middle, model_.parameters().begin());
        std::copy(middle, values.end(), model_.statistics().begin());
        fast_ = std::make_unique<depix::Inference<N>>(model_, 1);
        opened.clear();
    }

    depix::Image restore(const depix::Image& image, const depix::Tiles& tiles) const override {
        if (!fast_) throw depix::Error("the network has no weights yet");
        return depix::restore(*fast_, image, tiles);
    }

    std::string draw(depix::Shape shape, std::string_view title) const override {
        return depix::draw_svg<N>(shape, title);
    }

    void open(const depix::Image& image) override {
        opened = layers_of(image);
        picture = image;
        other_code_ = {};
    }
    void open_other(const depix::Image& image) override {
        if (image.shape != picture.shape)
            throw depix::ShapeError("the other picture is " + to_string(image.shape) + ", the opened one " +
                                    to_string(picture.shape));
        if (code_layer() >= 0) other_code_ = layers_of(image).at(static_cast<std::size_t>(code_layer())).maps;
    }
    Explanation explain(int layer, Pixel at) const override {
        const OpenedLayer& one = opened.at(static_cast<std::size_t>(layer));
        const depix::Image& x = maps_of(one.input);
        const depix::Image* other = one.other == -2 ? nullptr : &maps_of(one.other);
        return page::explain(plan.step(layer), details_.at(static_cast<std::size_t>(layer)), x, other,
                             model_.parameters(), model_.statistics(), one.maps, at);
    }
    depix::RowRange seen(int layer, depix::RowRange rows) const override { return seen_rows(plan, layer, rows); }

    int code_layer() const override {
        if constexpr (HasCode) {
            int last = -1;
            const std::vector<std::string> names = depix::layer_names<N>();
            for (std::size_t i = 0; i < names.size(); ++i)
                if (names[i].starts_with("encoder.")) last = static_cast<int>(i);
            return last;
        }
        return -1;
    }
    std::optional<depix::Image> decode(int channel, float factor, bool from_other) const override {
        if constexpr (HasCode) {
            depix::Image code = maps_of(code_layer());
            if (from_other && other_code_.pixels.empty()) throw depix::Error("there is no other picture");
            const depix::Image& from = from_other ? other_code_ : maps_of(code_layer());
            if (channel >= 0 && channel < code.shape.channels)
                for (int y = 0; y < code.shape.height; ++y)
                    for (int x = 0; x < code.shape.width; ++x) code(channel, y, x) = factor * from(channel, y, x);
            using Decoder = depix::PartOf<"decoder", N>;
            return depix::Inference<Decoder, depix::Reference>(depix::part<"decoder">(model_), 1)(code);
        }
        return std::nullopt;
    }

  private:
    static constexpr auto plan = depix::flatten<N>();

    const depix::Image& maps_of(int layer) const {
        return layer < 0 ? picture : opened.at(static_cast<std::size_t>(layer)).maps;
    }

    /// Runs the textbook's kernels.
    std::vector<OpenedLayer> layers_of(const depix::Image& image) const {
        const depix::Inference<N, depix::Reference> textbook(model_, 1);
        std::vector<OpenedLayer> layers;
        depix::observe(textbook, image,
                       [&](std::string_view name, std::string_view kind, depix::View<const float> output) {
                           const depix::PlanStep& step = plan.step(static_cast<int>(layers.size()));
                           OpenedLayer layer{std::string(name), std::string(kind)};
                           layer.input = plan.tensor(step.input).producer;
                           layer.other = step.other < 0 ? -2 : plan.tensor(step.other).producer;
                           layer.parameters = step.layer.info->parameter_count;
                           layer.maps = depix::Image(output.shape());
                           depix::copy(output, layer.maps.view());
                           layers.push_back(std::move(layer));
                       });
        return layers;
    }

    depix::Model<N> model_;
    std::vector<LayerDetails> details_ = layer_details<N>();
    std::unique_ptr<depix::Inference<N>> fast_;
    depix::Image other_code_;
};

}  // namespace page

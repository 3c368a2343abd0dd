// part<"encoder">(model): a part of a model, by its name, with the model's own weights.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/model.hpp"
#include "depix/network/part.hpp"

namespace depix {

/// The parameters and running statistics of a part of a model. It holds no values of its own, so the model must live as
/// long as the part does.
template <Module NetworkType, class T = float>
class ModelPart {
  public:
    using Network = NetworkType;

    ModelPart(std::span<const T> parameters, std::span<const T> statistics)
        : parameters_(parameters), statistics_(statistics) {}

    std::span<const T> parameters() const { return parameters_; }
    std::span<const T> statistics() const { return statistics_; }

  private:
    std::span<const T> parameters_;
    std::span<const T> statistics_;
};

namespace detail {

// The values of all tensors whose names begin with the prefix. They follow each other in the model.
template <class T>
std::span<const T> values_of_part(const std::vector<NamedTensor<const T>>& tensors, const std::string& prefix,
                                  bool trainable) {
    std::span<const T> values;
    for (const NamedTensor<const T>& tensor : tensors) {
        // A tensor may be called as the part itself.
        if (tensor.trainable != trainable || !(tensor.name + ".").starts_with(prefix)) continue;
        if (values.empty()) values = tensor.values.first(0);
        if (values.data() + values.size() != tensor.values.data())
            detail::fail(Error("depix: two parts of the network are called " + prefix));
        values = {values.data(), values.size() + tensor.values.size()};
    }
    return values;
}

}  // namespace detail

/// The part of a model that state_dict calls Path. It shares the model's weights: nothing is copied.
///
///     const Inference encode{part<"encoder">(model)};
///     const Image bottleneck = encode(read_image("pixeled.png"));   // 24 x H/8 x W/8
///
/// A name that does not exist is a compile-time error that lists those that do. Throws Error if two parts of the
/// network have this name.
template <FixedString Path, Module Network, class T>
ModelPart<PartOf<Path, Network>, T> part(const Model<Network, T>& model) {
    const std::string prefix = std::string(Path.text) + ".";
    const std::vector<NamedTensor<const T>> tensors = model.tensors();
    const std::span<const T> parameters = detail::values_of_part(tensors, prefix, true);
    if (parameters.size() != parameters_of<PartOf<Path, Network>>())
        detail::fail(Error("depix: two parts of the network are called " + prefix));
    return {parameters, detail::values_of_part(tensors, prefix, false)};
}

}  // namespace depix

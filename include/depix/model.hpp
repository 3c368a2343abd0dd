// Model<Network>: the parameters of a network, with the names that PyTorch gives them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "depix/error.hpp"
#include "depix/named_tensor.hpp"
#include "depix/network/skip.hpp"
#include "depix/random.hpp"

namespace depix {

/// How a model's weights are initialised.
enum class Initialisation {
    PyTorch,       ///< weights and biases uniform in +-1/sqrt(fan_in): PyTorch's default
    HeNormal,      ///< weights normal with variance 2/fan_in (He et al. 2015), biases 0: Keras's "he_normal"
    GlorotUniform  ///< weights uniform in +-sqrt(6/(fan_in + fan_out)) (Glorot and Bengio 2010), biases 0: Keras's
                   ///< default, PyTorch's xavier_uniform_
};

namespace detail {

/// Draws weights and biases that PyTorch would draw uniformly (Initial::Uniform).
template <class T>
void draw_initial(const TensorInfo& info, std::span<T> values, Random& random, Initialisation how) {
    const double fan_in = info.fan_in;
    const auto draw_uniform = [&](double limit) {
        for (T& value : values) value = static_cast<T>(random.uniform(-limit, limit));
    };
    if (how == Initialisation::PyTorch) {
        draw_uniform(1 / std::sqrt(fan_in));
    } else if (info.rank == 1) {
        std::ranges::fill(values, T(0));
    } else if (how == Initialisation::HeNormal) {
        for (T& value : values) value = static_cast<T>(std::sqrt(2 / fan_in) * random.normal());
    } else {
        // fan_in + fan_out: the channels of both sides, times the kernel's area.
        const double kernel = static_cast<double>(info.size()) / info.shape[0] / info.shape[1];
        draw_uniform(std::sqrt(6 / ((info.shape[0] + info.shape[1]) * kernel)));
    }
}

// One tensor of the model: its name, its description and where it lies.
struct ModelTensor {
    std::string name;
    TensorInfo info;
    std::size_t offset;  // among the parameters, or among the statistics
};

// A visitor that records every tensor's name, such as "encoder.0.weight".
struct NamingVisitor {
    std::vector<std::string> path;
    std::vector<ModelTensor> tensors;
    std::vector<std::string> counters;
    std::size_t parameters = 0;
    std::size_t statistics = 0;

    [[gnu::noinline]] void enter(const char* name) { path.emplace_back(name); }
    [[gnu::noinline]] void enter(int index) { path.push_back(std::to_string(index)); }
    [[gnu::noinline]] void leave() { path.pop_back(); }

    template <Layer L>
    int layer(int) {
        add_tensors(L::tensors, L::traits.role == Role::BatchNorm);
        return 0;
    }
    // Not a template, so that it is compiled once for all layers.
    void add_tensors(std::span<const TensorInfo> infos, bool counts_batches) {
        std::string prefix;
        for (const std::string& part : path)
            if (!part.empty()) prefix.append(part).append(".");
        for (const TensorInfo& info : infos) {
            std::size_t& offset = info.trainable ? parameters : statistics;
            tensors.push_back({prefix, info, offset});
            std::string& name = tensors.back().name.append(info.name);
            if (*info.name == 0 && !name.empty()) name.pop_back();  // a layer's only tensor may be called as the layer
            offset += info.size();
        }
        if (counts_batches) counters.push_back(prefix.append("num_batches_tracked"));
    }
    template <class Join>
    int join(int, int) {
        return 0;
    }
};

}  // namespace detail

/// The parameters and running statistics of one network: two flat arrays, and a span in them for each tensor's name.
///
///     Model<Depixelizer> model;                 // PyTorch's default initialisation, seed 0
///     load(model, "depixelizer.safetensors");   // io/safetensors.hpp
///
/// T is float; double is for gradient checks. Copying a model copies its values.
template <Module NetworkType, class T = float>
class Model {
  public:
    using Network = NetworkType;
    using Scalar = T;

    explicit Model(std::uint64_t seed = 0, Initialisation how = Initialisation::PyTorch) {
        detail::NamingVisitor visitor;
        walk<Network>(visitor, 0);
        tensors_ = std::move(visitor.tensors);
        parameters_.resize(visitor.parameters);
        statistics_.resize(visitor.statistics);
        counter_names_ = std::move(visitor.counters);
        counters_.resize(counter_names_.size());
        Random random(seed);
        initialise(random, how);
    }

    /// The same values in another precision.
    template <class U>
    explicit Model(const Model<Network, U>& other) : Model() {
        std::ranges::copy(other.parameters(), parameters_.begin());
        std::ranges::copy(other.statistics(), statistics_.begin());
        std::ranges::copy(other.batches_tracked(), counters_.begin());
    }

    /// Draws all weights anew and resets the running statistics.
    void initialise(Random& random, Initialisation how) {
        for (const detail::ModelTensor& tensor : tensors_) initialise(tensor, random, how);
        std::ranges::fill(counters_, 0);
    }

    /// The same for the tensors whose names begin so, such as "encoder." or "out.". Throws Error if there is none.
    ///
    ///     Model<PixelShuffleUNet<>> model(seed, Initialisation::HeNormal);
    ///     model.initialise_part("up.", random, Initialisation::GlorotUniform);
    void initialise_part(std::string_view prefix, Random& random, Initialisation how) {
        bool found = false;
        for (const detail::ModelTensor& tensor : tensors_) {
            if (!tensor.name.starts_with(prefix)) continue;
            initialise(tensor, random, how);
            found = true;
        }
        if (!found) throw Error("depix: the model has no tensor whose name begins with '" + std::string(prefix) + "'");
    }

    /// All trainable values, in the plan's order. Optimizers work on these.
    std::span<T> parameters() { return parameters_; }
    std::span<const T> parameters() const { return parameters_; }
    /// All running statistics, in the plan's order.
    std::span<T> statistics() { return statistics_; }
    std::span<const T> statistics() const { return statistics_; }
    /// The number of training batches that each batch norm has processed.
    std::span<std::int64_t> batches_tracked() { return counters_; }
    std::span<const std::int64_t> batches_tracked() const { return counters_; }

    /// Every tensor with its name in PyTorch's state_dict.
    std::vector<NamedTensor<T>> tensors() { return name<T>(std::span<T>(parameters_), std::span<T>(statistics_)); }
    std::vector<NamedTensor<const T>> tensors() const {
        return name<const T>(std::span<const T>(parameters_), std::span<const T>(statistics_));
    }
    /// The same names and shapes for another array with the layout of the parameters, such as gradients or optimizer
    /// state.
    template <class U>
    std::vector<NamedTensor<U>> name_parameters(std::span<U> values) const {
        auto named = name<U>(values, values);
        std::erase_if(named, [](const auto& tensor) { return !tensor.trainable; });
        return named;
    }
    /// PyTorch's num_batches_tracked, one for each batch norm.
    std::vector<NamedTensor<std::int64_t>> counters() {
        std::vector<NamedTensor<std::int64_t>> named;
        for (std::size_t i = 0; i < counters_.size(); ++i)
            named.push_back({counter_names_[i], {}, std::span(counters_).subspan(i, 1), false});
        return named;
    }
    std::vector<NamedTensor<const std::int64_t>> counters() const {
        std::vector<NamedTensor<const std::int64_t>> named;
        for (std::size_t i = 0; i < counters_.size(); ++i)
            named.push_back({counter_names_[i], {}, std::span(counters_).subspan(i, 1), false});
        return named;
    }

  private:
    void initialise(const detail::ModelTensor& tensor, Random& random, Initialisation how) {
        const auto values =
            std::span<T>(tensor.info.trainable ? parameters_ : statistics_).subspan(tensor.offset, tensor.info.size());
        switch (tensor.info.initial) {
            case Initial::Zeros:
                std::ranges::fill(values, T(0));
                break;
            case Initial::Ones:
                std::ranges::fill(values, T(1));
                break;
            case Initial::Quarter:
                std::ranges::fill(values, T(0.25));
                break;
            case Initial::Uniform:
                detail::draw_initial(tensor.info, values, random, how);
                break;
        }
    }

    template <class U>
    std::vector<NamedTensor<U>> name(std::span<U> parameters, std::span<U> statistics) const {
        std::vector<NamedTensor<U>> named;
        for (const detail::ModelTensor& tensor : tensors_) {
            NamedTensor<U>& entry = named.emplace_back();
            entry.name = tensor.name;
            for (int i = 0; i < tensor.info.rank; ++i)
                entry.shape.push_back(static_cast<std::size_t>(tensor.info.shape[static_cast<std::size_t>(i)]));
            entry.trainable = tensor.info.trainable;
            const std::span<U> all = tensor.info.trainable ? parameters : statistics;
            if (tensor.offset + tensor.info.size() <= all.size())
                entry.values = all.subspan(tensor.offset, tensor.info.size());
        }
        return named;
    }

    std::vector<detail::ModelTensor> tensors_;
    std::vector<T> parameters_;
    std::vector<T> statistics_;
    std::vector<std::string> counter_names_;
    std::vector<std::int64_t> counters_;
};

}  // namespace depix

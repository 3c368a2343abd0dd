// What the training tests train: a network of a few weights, and batches that are made on demand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "depix/layers/batch_norm.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/dropout.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/layers/relu.hpp"
#include "depix/network/sequential.hpp"
#include "depix/train/fit.hpp"

namespace tiny {

using namespace depix;

/// A network with all that a checkpoint must keep: weights, running statistics, and a layer that draws random numbers.
using Network = Sequential<Named<"body", Conv<1, 4>, BatchNorm<4>, ReLU, MaxPool<2>>, Dropout<std::ratio<1, 10>>,
                           ConvTranspose<4, 1, 2, Stride<2>>>;

/// A scale and a shift, twice. This compiles fast.
using Scale = Sequential<Conv<1, 1, 1>, Conv<1, 1, 1>>;

struct Pair {
    Tensor<float> input, target;
};

/// Batches of 1x4x8 noise, and the target 0.5 x + 0.1. What a batch holds depends on seed, epoch and step alone.
struct Batches {
    std::size_t count = 1;
    std::uint64_t seed = 0;
    int images = 2;
    int last_images = 2;                          // in an epoch's last batch
    std::uint64_t bad_epoch = ~std::uint64_t{0};  // where a target is not a number
    std::size_t bad_step = 0;

    std::size_t steps() const { return count; }
    std::vector<Pair> epoch(std::uint64_t number, std::size_t first_step = 0) const {
        std::vector<Pair> batches;
        for (std::size_t step = first_step; step < count; ++step) {
            const int size = step + 1 == count ? last_images : images;
            Pair pair{{size, {1, 4, 8}}, {size, {1, 4, 8}}};
            Random random(seed, number, step);
            for (std::size_t i = 0; i < pair.input.data.size(); ++i) {
                pair.input.data[i] = static_cast<float>(random.uniform());
                pair.target.data[i] = 0.5f * pair.input.data[i] + 0.1f;
            }
            if (number == bad_epoch && step == bad_step) pair.target.data[5] = std::numeric_limits<float>::quiet_NaN();
            batches.push_back(std::move(pair));
        }
        return batches;
    }
};
static_assert(BatchLoader<Batches>);

/// All values of a model, to compare them bit for bit.
template <class Network, class T>
std::vector<T> values(const Model<Network, T>& model) {
    std::vector<T> all(model.parameters().begin(), model.parameters().end());
    all.insert(all.end(), model.statistics().begin(), model.statistics().end());
    for (const std::int64_t batches : model.batches_tracked()) all.push_back(static_cast<T>(batches));
    return all;
}

}  // namespace tiny

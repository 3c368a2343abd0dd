// Two small interfaces to the GPU: what main.cpp, which knows nothing of CUDA, sees of networks.cu.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "depix/restore/any_restorer.hpp"

namespace example {

/// For pictures of any size. network: "depixelizer", "documents" or "unet_16"; precision: "float32" or "float16".
/// Throws DeviceError where there is no GPU, FileError for weights that do not fit.
depix::AnyRestorer load_network(const std::string& network, const std::string& precision,
                                const std::filesystem::path& weights);

/// Channels of a network's pictures.
int channels_of(const std::string& network);

/// A depixelizer that is trained.
struct Learner {
    virtual ~Learner() = default;
    /// Starts a step on a batch of (N, 3, H, W) each, and does not wait for its end.
    virtual void learn(depix::View<const float> pixelated, depix::View<const float> clean) = 0;
    /// The loss of the last step. Waits for it.
    virtual double loss() = 0;
    virtual void save(const std::filesystem::path& weights) = 0;
};
std::unique_ptr<Learner> make_learner(const std::string& precision, double learning_rate);

}  // namespace example

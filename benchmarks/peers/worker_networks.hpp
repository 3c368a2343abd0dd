// What depix's own workers in the races share: the type of the network DEPIX_PEER_NETWORK of networks.py, its weights
// and its pictures.
#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "depix/io/safetensors.hpp"
#include "depix/model.hpp"
#include "depix/models/compact.hpp"
#include "depix/models/de_gan.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/drunet.hpp"
#include "depix/models/mobilenet_v2.hpp"
#include "depix/models/nafnet.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "depix/models/rrdb.hpp"
#include "depix/models/rrdbnet.hpp"
#include "depix/models/span.hpp"
#include "depix/models/srresnet.hpp"
#include "depix/network/sequential.hpp"
#include "depix/tensor.hpp"
#include "depix/train/loss.hpp"
#include "worker.hpp"

namespace peers {

/// Network, and the Loss that it is trained with. Loss is void where it is not trained, which spares the compiler half
/// of the work. (There is no common base with the network as its argument, because nvcc 13 cannot spell that.)
template <depix::FixedString Name>
struct Peer;
template <>
struct Peer<"depixelizer"> {
    using Network = depix::Depixelizer;
    using Loss = depix::MeanSquaredError;
};
template <>
struct Peer<"documents_autoencoder"> {
    using Network = depix::DocumentsAutoencoder;
    using Loss = depix::MeanSquaredError;
};
template <>
struct Peer<"pixel_shuffle_unet"> {
    using Network = depix::PixelShuffleUNet<>;
    using Loss = depix::MeanSquaredError;
};
template <>
struct Peer<"de_gan_generator"> {
    using Network = depix::DeGanGenerator<>;
    using Loss = depix::BinaryCrossEntropy;
};
template <>
struct Peer<"srresnet"> {
    using Network = depix::SRResNet<>;
    using Loss = depix::MeanSquaredError;
};
template <>
struct Peer<"rrdb"> {
    using Network = depix::RRDB<>;
    using Loss = void;
};
template <>
struct Peer<"compact"> {
    using Network = depix::Compact<>;
    using Loss = void;
};
template <>
struct Peer<"rrdbnet_6"> {
    using Network = depix::RRDBNet<64, 32, 6>;
    using Loss = void;
};
template <>
struct Peer<"span"> {
    using Network = depix::SPAN<>;
    using Loss = void;
};
template <>
struct Peer<"nafnet"> {
    using Network = depix::NAFNet<>;
    using Loss = void;
};
template <>
struct Peer<"mobilenet_v2"> {
    using Network = depix::MobileNetV2<std::ratio<7, 20>>;
    using Loss = void;
};
template <>
struct Peer<"drunet"> {
    using Network = depix::DRUNet<>;
    using Loss = void;
};

using Network = Peer<DEPIX_PEER_NETWORK>::Network;
using Loss = Peer<DEPIX_PEER_NETWORK>::Loss;

/// The optimizer's, as in networks.py. It is small, so that thousands of steps on one batch stay stable.
inline constexpr double learning_rate = 1e-4;

/// A file of raw floats as a batch. Throws std::runtime_error if their number does not fit the shape.
inline depix::Tensor<float> read_tensor(const std::string& path, int batch, depix::Shape shape) {
    depix::Tensor<float> tensor(batch, shape);
    std::vector<float> values = read_floats(path);
    if (values.size() != tensor.data.size()) throw std::runtime_error(path + " is not of the shape asked for");
    tensor.data = std::move(values);
    return tensor;
}

/// {"losses": [a, b, c]}: the losses of a trainer's first three steps on one batch.
template <class Step>
std::string loss_fact(Step&& step) {
    double losses[3];
    for (double& loss : losses) loss = step();
    char fact[96];
    std::snprintf(fact, sizeof fact, "{\"losses\": [%.9g, %.9g, %.9g]}", losses[0], losses[1], losses[2]);
    return fact;
}

/// The model with the weights of export.py. Throws std::runtime_error if the job is another network's.
inline depix::Model<Network> read_model(const Job& job) {
    if (job.network != DEPIX_PEER_NETWORK)
        throw std::runtime_error("this worker was compiled for " DEPIX_PEER_NETWORK ", not for " + job.network);
    depix::Model<Network> model;
    depix::load(model, job.path + ".safetensors");
    return model;
}

}  // namespace peers

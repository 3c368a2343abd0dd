// depix in the race: one program for each network, whose name CMake defines as DEPIX_PEER_NETWORK. See worker.hpp.
#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "depix/inference.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/models/de_gan.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "depix/models/rrdb.hpp"
#include "depix/models/srresnet.hpp"
#include "depix/train/trainer.hpp"
#include "worker.hpp"

namespace {

using namespace depix;

template <FixedString Name>
struct Peer;

template <class NetworkType, class LossType = MeanSquaredError>
struct PeerOf {
    using Network = NetworkType;
    using Loss = LossType;  ///< void: it is not trained here, which spares the compiler half of the work
};
// clang-format off
template <> struct Peer<"depixelizer"> : PeerOf<Depixelizer> {};
template <> struct Peer<"documents_autoencoder"> : PeerOf<DocumentsAutoencoder> {};
template <> struct Peer<"pixel_shuffle_unet"> : PeerOf<PixelShuffleUNet<>> {};
template <> struct Peer<"de_gan_generator"> : PeerOf<DeGanGenerator<>, BinaryCrossEntropy> {};
template <> struct Peer<"srresnet"> : PeerOf<SRResNet<>> {};
template <> struct Peer<"rrdb"> : PeerOf<RRDB<>, void> {};
// clang-format on

using Network = Peer<DEPIX_PEER_NETWORK>::Network;
using Loss = Peer<DEPIX_PEER_NETWORK>::Loss;

Tensor<float> read_tensor(const std::string& path, int batch, Shape shape) {
    Tensor<float> tensor(batch, shape);
    std::vector<float> values = peers::read_floats(path);
    if (values.size() != tensor.data.size()) throw std::runtime_error(path + " is not of the shape asked for");
    tensor.data = std::move(values);
    return tensor;
}

void restore(const Model<Network>& model, const peers::Job& job) {
    const Shape shape{job.channels, job.height, job.width};
    const Inference<Network, Cpu> network{model, job.threads};
    const Tensor<float> input = read_tensor(job.path + ".input.f32", job.batch, shape);
    Tensor<float> output(job.batch, Inference<Network, Cpu>::output_shape(shape));
    network.run(input.view(), output.view());
    const double error = peers::largest_difference(output.data, peers::read_floats(job.path + ".output.f32"));
    peers::announce(peers::error_fact(error));
    peers::serve([&] { network.run(input.view(), output.view()); });
}

// A template, so that the half of it that does not apply is not compiled.
template <class LossFunction>
void train(Model<Network>& model, const peers::Job& job) {
    if constexpr (std::is_void_v<LossFunction>) {
        throw std::runtime_error(job.network + " is not trained in this race");
    } else {
        const Shape shape{job.channels, job.height, job.width};
        // As in networks.py: small, so that thousands of steps on one batch stay sound.
        Trainer trainer{model, LossFunction{}, Adam{.learning_rate = 1e-4}, Cpu{}, job.threads};
        const Tensor<float> input = read_tensor(job.path + ".training_input.f32", job.batch, shape);
        const Tensor<float> target =
            read_tensor(job.path + ".training_target.f32", job.batch, Inference<Network, Cpu>::output_shape(shape));
        std::array<double, 3> losses{};
        for (double& loss : losses) loss = trainer.step(input, target);
        char facts[96];
        std::snprintf(facts, sizeof facts, "{\"losses\": [%.9g, %.9g, %.9g]}", losses[0], losses[1], losses[2]);
        peers::announce(facts);
        peers::serve([&] { trainer.step(input, target); });
    }
}

}  // namespace

int main(int count, char** arguments) {
    return peers::run(count, arguments, [](const peers::Job& job) {
        if (job.network != DEPIX_PEER_NETWORK)
            throw std::runtime_error("this worker was compiled for " DEPIX_PEER_NETWORK ", not for " + job.network);
        Model<Network> model;
        load(model, job.path + ".safetensors");
        job.training ? train<Loss>(model, job) : restore(model, job);
    });
}

// depix in the race: one program for each network, whose name CMake defines as DEPIX_PEER_NETWORK. See worker.hpp.
#include <stdexcept>
#include <string>
#include <type_traits>

#include "depix/inference.hpp"
#include "depix/train/trainer.hpp"
#include "worker_networks.hpp"

namespace {

using namespace depix;
using peers::Network;

void restore(const Model<Network>& model, const peers::Job& job) {
    const Shape shape{job.channels, job.height, job.width};
    const Inference<Network, Cpu> network{model, job.threads};
    const Tensor<float> input = peers::read_tensor(job.path + ".input.f32", job.batch, shape);
    Tensor<float> output(job.batch, Inference<Network, Cpu>::output_shape(shape));
    network.run(input.view(), output.view());
    const double error = peers::largest_difference(output.data, peers::read_floats(job.path + ".output.f32"));
    peers::announce(peers::error_fact(error));
    peers::serve([&] { network.run(input.view(), output.view()); });
}

// This is a template, so that the half of it that does not apply is not compiled.
template <class LossFunction>
void train(Model<Network>& model, const peers::Job& job) {
    if constexpr (std::is_void_v<LossFunction>) {
        throw std::runtime_error(job.network + " is not trained in this race");
    } else {
        const Shape shape{job.channels, job.height, job.width};
        Trainer trainer{model, LossFunction{}, Adam{.learning_rate = peers::learning_rate}, Cpu{}, job.threads};
        const Tensor<float> input = peers::read_tensor(job.path + ".training_input.f32", job.batch, shape);
        const Tensor<float> target = peers::read_tensor(job.path + ".training_target.f32", job.batch,
                                                        Inference<Network, Cpu>::output_shape(shape));
        peers::announce(peers::loss_fact([&] { return trainer.step(input, target); }));
        peers::serve([&] { trainer.step(input, target); });
    }
}

}  // namespace

int main(int count, char** arguments) {
    return peers::run(count, arguments, [](const peers::Job& job) {
        Model<Network> model = peers::read_model(job);
        job.training ? train<peers::Loss>(model, job) : restore(model, job);
    });
}

// What a .cu file looks like: the same types as everywhere, and a policy that says where they run.
#include "networks.hpp"

#include "depix/cuda.cuh"
#include "depix/io/safetensors.hpp"

namespace {

using namespace depix;

template <class Backend>
AnyRestorer load_on(const std::string& network, const std::filesystem::path& weights) {
    if (network == "documents") return load_restorer<DocumentsAutoencoder, Backend>(weights.string());
    if (network == "unet_16") return load_restorer<PixelShuffleUNet<16>, Backend>(weights.string());
    return load_restorer<Depixelizer, Backend>(weights.string());
}

template <class Backend>
class DepixelizerLearner final : public example::Learner {
  public:
    explicit DepixelizerLearner(double learning_rate)
        : trainer_(model_, MeanSquaredError{}, Adam{.learning_rate = learning_rate}, Backend{}) {}

    void learn(View<const float> pixelated, View<const float> clean) override { trainer_.enqueue(pixelated, clean); }
    double loss() override { return trainer_.last_loss(); }
    void save(const std::filesystem::path& weights) override { depix::save(trainer_.model(), weights.string()); }

  private:
    Model<Depixelizer> model_;
    Trainer<Depixelizer, MeanSquaredError, Adam, Backend> trainer_;
};

}  // namespace

depix::AnyRestorer example::load_network(const std::string& network, const std::string& precision,
                                         const std::filesystem::path& weights) {
    if (precision == "float16") return load_on<CudaWith<precision::Float16>>(network, weights);
    return load_on<Cuda>(network, weights);
}

int example::channels_of(const std::string& network) { return network == "documents" ? 1 : 3; }

std::unique_ptr<example::Learner> example::make_learner(const std::string& precision, double learning_rate) {
    if (precision == "float16")
        return std::make_unique<DepixelizerLearner<CudaWith<precision::Float16>>>(learning_rate);
    return std::make_unique<DepixelizerLearner<Cuda>>(learning_rate);
}

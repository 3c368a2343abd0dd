// The whole backend, compiled by nvcc: restoring and training, for the depixelizer and two networks with every kind
// of layer.
//
// Where there is a GPU, they run and are compared with the textbook. Elsewhere the program must report that there is
// none.
#include <cmath>
#include <cstdio>
#include <vector>

#include "depix/cuda.cuh"
#ifdef DEPIX_TEST_NCCL
#include "depix/cuda/distributed.cuh"
#endif

using namespace depix;

namespace {

using Everything = Sequential<Conv<3, 16>, BatchNorm<16>, ReLU,
                              SkipConcat<MaxPool<2>, Dropout<std::ratio<1, 10>>, Conv<16, 16, 3, Stride<2>>, PReLU<16>,
                                         ConvTranspose<16, 8, 2, Stride<2>>, LeakyReLU<>, Upsample<2>>,
                              Residual<Conv<24, 24>, Tanh, Scale<std::ratio<1, 5>>>, Conv<24, 12>, PixelShuffle<2>,
                              AveragePool<2>, Sigmoid>;
using Others =
    Sequential<PixelUnshuffle<2, 3>, Conv<12, 8>, LayerNorm2d<8>, SimpleGate, Conv<4, 8>, BatchNorm<8, NoAffine>, GELU,
               GroupNorm<2, 8>, SiLU, InstanceNorm<8>, MaxPool<3, Stride<2>, Padding<1>>, ReflectPadding<1>,
               Conv<8, 8, 3, Padding<0>>, Mish, Upsample<2, Bilinear>, ChannelScale<8>, ReplicationPadding<1>,
               AveragePool<3, Stride<1>>, Hardswish, Upsample<2, Bicubic>, Softmax, Conv<8, 3>, Hardsigmoid>;
using Judge = Sequential<Conv<3, 8, 3, Stride<2>>, LeakyReLU<>, GlobalAveragePool, Dense<8, 4>, PReLU<>, Dense<4, 1>>;

// nvcc rewrites the code from which the host's compiler then makes its plans.
static_assert(flatten<Everything>().tensor(1).channels == 16 && flatten<Everything>().tensor(1).parent == -1);
static_assert(plan_for_training<Everything>().tensor(1).producer == 0);

Tensor<float> draw(int batch, Shape shape) {
    Random random(7);
    Tensor<float> images(batch, shape);
    for (float& value : images.data) value = static_cast<float>(random.uniform());
    return images;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        if (!(difference <= largest)) largest = difference;
    }
    return largest;
}

bool report(const char* what, double difference, double tolerance) {
    const bool good = difference < tolerance;
    std::printf("%-40s differs by %.1e of at most %.0e%s\n", what, difference, tolerance, good ? "" : ": WRONG");
    return good;
}

template <class Network, class Backend>
bool restores(const char* what, Shape shape, double tolerance) {
    const Model<Network> model(3);
    const Tensor<float> images = draw(2, shape);
    const Tensor<float> exact = Inference<Network, Reference>{model}(images);
    const Tensor<float> result = Inference<Network, Backend>{model}(images);
    return report(what, largest_difference(result.data, exact.data), tolerance);
}

// Trains for ten steps. Both backends draw the same dropout.
template <class Network, class Backend>
bool learns(const char* what, Shape shape, double tolerance) {
    Model<Network> model(3), exact_model(3);
    Trainer trainer{model, MeanSquaredError{}, SGD{.learning_rate = 0.01, .momentum = 0.9}, Backend{}};
    Trainer exact{exact_model, MeanSquaredError{}, SGD{.learning_rate = 0.01, .momentum = 0.9}, Reference{}};
    const Tensor<float> input = draw(2, shape), target(2, Network::output(shape), 0.5f);
    double worst = 0;
    for (int step = 0; step < 10; ++step) {
        const double loss = trainer.step(input, target), exact_loss = exact.step(input, target);
        worst = std::fmax(worst, std::fabs(loss - exact_loss) / exact_loss);
    }
    return report(what, worst, tolerance);
}

#ifdef DEPIX_TEST_NCCL
// Compiled only: it needs a GPU for each of MPI's ranks. tests/mpi/test_nccl.cpp runs it on the emulated GPU.
[[maybe_unused]] double train_on_many(const Communicator& ranks, const Tensor<float>& input,
                                      const Tensor<float>& target) {
    Model<Judge> model(3);
    const Distributed<Cuda> distributed{ranks, {.reduction = Reduction::Fast}};
    Trainer trainer{model, MeanSquaredError{}, SGD{.learning_rate = 0.01, .momentum = 0.9}, distributed};
    return trainer.step(input, target);
}
#endif

bool run_all() {
    // float32 has some hundred roundings of 2^-24. A factor in 16 bits or TF32 is rounded by 2^-11.
    bool good = restores<Depixelizer, Cuda>("depixelizer", {3, 64, 256}, 1e-5);
    good = restores<Depixelizer, CudaWith<precision::Float16>>("depixelizer, float16", {3, 64, 256}, 2e-2) && good;
    good = restores<Everything, Cuda>("every layer", {3, 32, 48}, 1e-5) && good;
    good = restores<Everything, CudaWith<precision::TF32>>("every layer, TF32", {3, 32, 48}, 1e-2) && good;
    good = restores<Everything, CudaWith<precision::Float16>>("every layer, float16", {3, 32, 48}, 1e-2) && good;
    good = restores<Everything, CudaWith<precision::BFloat16>>("every layer, bfloat16", {3, 32, 48}, 1e-1) && good;
    good = restores<Others, Cuda>("other layers", {3, 32, 48}, 1e-5) && good;
    good = restores<Others, CudaWith<precision::BFloat16>>("other layers, bfloat16", {3, 32, 48}, 1e-1) && good;
    good = restores<Judge, Cuda>("a discriminator", {3, 16, 16}, 1e-5) && good;
    good = learns<Everything, Cuda>("training: every layer", {3, 16, 16}, 1e-4) && good;
    good =
        learns<Everything, CudaWith<precision::Float16>>("training: every layer, float16", {3, 16, 16}, 5e-2) && good;
    good = learns<Others, Cuda>("training: other layers", {3, 16, 16}, 1e-4) && good;
    good = learns<Judge, Cuda>("training: a discriminator", {3, 16, 16}, 1e-4) && good;
    return good;
}

}  // namespace

int main() {
    try {
        cuda::require_device();
    } catch (const DeviceError& error) {
        std::printf("Compiled, not run. %s\n", error.what());
        return 0;
    }
    return run_all() ? 0 : 1;
}

// 4: a layer of your own.
//
// depix has no layer SiLU. This file adds it, outside the library. The layer works on every backend, can be trained,
// and is fused into the convolution before it where that is faster. A layer whose output[i] depends on input[i] alone
// states two formulas: y from x, and the loss's gradient by x from its gradient by y. layers/elementwise.hpp says what
// a formula may use. (layers/relu.hpp is even shorter. layers/layer.hpp lists what any other layer must define. A layer
// that lacks a part does not compile, and the message says which part.)
//
//     4_your_own_layer
#include <depix/depix.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace mine {

/// y = x * sigmoid(x) = x / (1 + exp(-x)). PyTorch's nn.SiLU (Elfwing et al. 2018).
struct SiLU : depix::LayerBase<SiLU> {
    static constexpr const char* name = "SiLU";
    static constexpr depix::Traits traits{.role = depix::Role::Activation, .elementwise = true};

    // V is a float, a double, or one of the Cpu's vectors of floats.
    template <class V>
    static constexpr V value(V x) {
        using namespace depix::math;
        return x / (V(1) + exp(-x));
    }
    template <class V>
    static constexpr V gradient(V dy, V x, V /*y*/) {
        using namespace depix::math;
        const V sigmoid = V(1) / (V(1) + exp(-x));
        return dy * sigmoid * (V(1) + x * (V(1) - sigmoid));
    }
};

using Network = depix::Sequential<depix::Conv<3, 8>, SiLU, depix::Conv<8, 3>>;

}  // namespace mine

using namespace depix;

int main() {
    // Is the gradient right? It is compared with the difference quotient of two near points, in double. The error of
    // that is of the order of their distance squared.
    double worst = 0;
    for (double x = -8; x <= 8; x += 0.125) {
        const double slope = (mine::SiLU::value(x + 1e-5) - mine::SiLU::value(x - 1e-5)) / 2e-5;
        worst = std::max(worst, std::fabs(slope - mine::SiLU::gradient(1.0, x, 0.0)));
    }
    std::printf("gradient: off by %.1e at most\n", worst);

    // Do the backends agree? Reference has plain loops; Cpu has vectors, threads and its own exp.
    Model<mine::Network> model{/*seed=*/1};
    Image image({3, 50, 70});
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<float>(i * 37 % 256) / 255;
    const Image plain = Inference<mine::Network, Reference>{model}(image);
    const Image fast = Inference<mine::Network, Cpu>{model}(image);
    float difference = 0;
    for (std::size_t i = 0; i < plain.pixels.size(); ++i)
        difference = std::max(difference, std::fabs(plain.pixels[i] - fast.pixels[i]));
    std::printf("Reference and Cpu: differ by %.1e at most\n", static_cast<double>(difference));

    // Does it train? Here the network learns to give its input back.
    Tensor<float> batch(1, image.shape);
    batch.data = image.pixels;
    Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 1e-2f}};
    const double first = trainer.step(batch, batch);
    double last = first;
    for (int step = 0; step < 50; ++step) last = trainer.step(batch, batch);
    std::printf("loss: %.4f, after 50 steps %.4f\n", first, last);

    return worst < 1e-8 && difference < 1e-5f && last < first / 4 ? 0 : 1;
}

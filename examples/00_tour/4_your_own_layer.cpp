// 4: a layer of your own.
//
// depix has no layer ScaledTanh. This file adds it, outside the library. The layer works on every backend, can be
// trained, and is fused into the convolution before it where that is faster. A layer whose output[i] depends on
// input[i] alone states two formulas: y from x, and the loss's gradient by x from its gradient by y.
// layers/elementwise.hpp says what a formula may use. (layers/relu.hpp is even shorter. layers/layer.hpp lists what any
// other layer must define. A layer that lacks a part does not compile, and the message says which part.)
//
//     4_your_own_layer
#include <depix/depix.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace mine {

/// y = 1.7159 * tanh(2 x / 3), whose values at 1 and -1 are 1 and -1 (LeCun et al. 1998, "Efficient BackProp").
///
/// The gradient is dx = dy * 2 / 3 * (1.7159 - y^2 / 1.7159). It needs y and not x, and the traits say so: training
/// then keeps only y.
struct ScaledTanh : depix::LayerBase<ScaledTanh> {
    static constexpr const char* name = "ScaledTanh";
    static constexpr depix::Traits traits{
        .role = depix::Role::Activation, .elementwise = true, .needs_input = false, .needs_output = true};

    // V is a float, a double, or one of the Cpu's vectors of floats.
    template <class V>
    static constexpr V value(V x) {
        using namespace depix::math;
        return V(1.7159) * tanh(V(2.0 / 3) * x);
    }
    template <class V>
    static constexpr V gradient(V dy, V /*x*/, V y) {
        return dy * V(2.0 / 3) * (V(1.7159) - y * y / V(1.7159));
    }
};

using Network = depix::Sequential<depix::Conv<3, 8>, ScaledTanh, depix::Conv<8, 3>>;

}  // namespace mine

using namespace depix;

int main() {
    // Is the gradient right? It is compared with the difference quotient of two near points, in double. The error of
    // that is of the order of their distance squared.
    double worst = 0;
    for (double x = -8; x <= 8; x += 0.125) {
        const double slope = (mine::ScaledTanh::value(x + 1e-5) - mine::ScaledTanh::value(x - 1e-5)) / 2e-5;
        worst = std::max(worst, std::fabs(slope - mine::ScaledTanh::gradient(1.0, x, mine::ScaledTanh::value(x))));
    }
    std::printf("gradient: off by %.1e at most\n", worst);

    // Do the backends agree? Reference has plain loops; Cpu has vectors, threads and its own tanh.
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

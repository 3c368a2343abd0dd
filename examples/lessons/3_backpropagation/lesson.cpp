// Lesson 3: backpropagation by hand.
//
// A network learns by a question that is asked of every weight: if it were a little larger, would the loss be larger or
// smaller, and by how much? The answers are the gradient. There are two ways to them:
//
//   finite differences   change the weight a little, run the network again, and look. Two runs for every weight.
//   backpropagation      run the network once, then go back through it once, by the chain rule. Once for all weights.
//
// The network in network.hpp is small enough to do both by hand.
//
//     lesson [LOSS.svg]
#include <depix/depix.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "../chart.hpp"
#include "network.hpp"

using namespace depix;

// Backward: the derivative of the loss by y, then by z, then by every weight. Each line is one factor of the chain
// rule.
Weights gradient_of(const Weights& w, const Picture& x, const Picture& t) {
    Weights gradient{};
    for (int i = 0; i < pixels; ++i) {
        const double z = z_at(w, x, i), y = std::fmax(z, 0);
        const double dy = 2 * (y - at(t, i)) / pixels;                                    // of (y - t)^2 / pixels
        const double dz = z > 0 ? dy : 0;                                                 // of max(z, 0)
        for (int k = 0; k < taps; ++k) at(gradient, k) += dz * at(x, pixel_under(k, i));  // of w * x
        at(gradient, taps) += dz;                                                         // of + b
    }
    return gradient;
}

// The same by depix: the type says what is computed, and the trainer knows how to go back.
Weights gradient_by_depix(const Weights& w, const Picture& x, const Picture& t) {
    Model<Sequential<Conv<1, 1>, ReLU>> model;
    Tensor<float> input(1, {1, side, side}), target(1, {1, side, side});
    std::transform(w.begin(), w.end(), model.parameters().begin(), [](double v) { return static_cast<float>(v); });
    std::transform(x.begin(), x.end(), input.data.begin(), [](double v) { return static_cast<float>(v); });
    std::transform(t.begin(), t.end(), target.data.begin(), [](double v) { return static_cast<float>(v); });
    Trainer trainer{model, MeanSquaredError{}, SGD{}};
    trainer.gradient(input, target);
    Weights gradient{};
    std::copy(trainer.gradients().begin(), trainer.gradients().end(), gradient.begin());
    return gradient;
}

// The loss for other values of weight k, and the line that the gradient predicts.
void draw(const char* path, int k, const Weights& w, double gradient, const Picture& x, const Picture& t) {
    const double here = at(w, k), loss = loss_of(w, x, t);
    Chart chart("one weight, and the loss", {-1, 1, {-1, -0.5, 0, 0.5, 1}, "the weight in the middle of the window"},
                {0, 0.4, {0, 0.1, 0.2, 0.3, 0.4}, "the loss"});
    Chart::Points curve;
    for (double value = -1; value <= 1; value += 0.02) {
        Weights other = w;
        at(other, k) = value;
        curve.push_back({value, loss_of(other, x, t)});
    }
    chart.stroke(curve, "#4a76a8");
    chart.stroke({{here - 0.5, loss - 0.5 * gradient}, {here + 0.5, loss + 0.5 * gradient}}, "#d9662b");
    chart.dots({{here, loss}}, "#24292f", 4);
    chart.save(path);
}

int main(int count, char** arguments) {
    Random random(1);
    Picture x, t;
    Weights w;
    for (double& value : x) value = random.uniform();
    for (double& value : t) value = random.uniform();
    for (double& value : w) value = random.uniform(-0.5, 0.5);

    const Weights by_hand = gradient_of(w, x, t), by_depix = gradient_by_depix(w, x, t);
    double worst = 0;
    std::printf("  weight    by hand  difference     depix\n");
    for (int k = 0; k <= taps; ++k) {
        Weights more = w, less = w;
        at(more, k) += 1e-5, at(less, k) -= 1e-5;
        const double difference = (loss_of(more, x, t) - loss_of(less, x, t)) / 2e-5, own = at(by_hand, k);
        std::printf("%8.4f  %9.6f   %9.6f %9.6f\n", at(w, k), own, difference, at(by_depix, k));
        worst = std::fmax(worst, std::fmax(std::fabs(own - difference), std::fabs(own - at(by_depix, k))));
    }
    if (count > 1) draw(arguments[1], 4, w, at(by_hand, 4), x, t);
    // depix computes in float here, whose last digit is 1e-7 of the value.
    return worst < 1e-6 ? 0 : 1;
}

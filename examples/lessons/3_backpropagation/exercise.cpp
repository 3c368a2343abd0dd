// The exercise of lesson 3: a network of two layers needs one more gradient, that by its input x. What the second layer
// passes back by its input is what the first one gets as the gradient of its output. Fill in `gradient_by_input`. The
// program returns 0 when finite differences agree.
//
// A hint: a pixel of x is used in several pixels of z, so it gets a share from each of them.
#include <cstdio>

#include "network.hpp"

Picture gradient_by_input(const Weights& w, const Picture& x, const Picture& t) {
    Picture gradient{};
    for (int i = 0; i < pixels; ++i) {
        const double z = z_at(w, x, i), y = std::fmax(z, 0);
        const double dy = 2 * (y - at(t, i)) / pixels;
        const double dz = z > 0 ? dy : 0;
        (void)dz;  // your lines
    }
    return gradient;
}

int main() {
    Picture x, t;
    Weights w;
    for (int i = 0; i < pixels; ++i) at(x, i) = 0.5 + 0.5 * std::sin(3 * i), at(t, i) = 0.5 + 0.5 * std::cos(5 * i);
    for (int k = 0; k <= taps; ++k) at(w, k) = 0.5 * std::cos(7 * k);

    const Picture by_hand = gradient_by_input(w, x, t);
    int wrong = 0;
    for (int i = 0; i < pixels; ++i) {
        Picture more = x, less = x;
        at(more, i) += 1e-5, at(less, i) -= 1e-5;
        const double difference = (loss_of(w, more, t) - loss_of(w, less, t)) / 2e-5;
        if (std::fabs(difference - at(by_hand, i)) < 1e-8) continue;
        if (++wrong <= 5)
            std::printf("pixel %2d: %9.6f by hand, %9.6f by differences\n", i, at(by_hand, i), difference);
    }
    std::printf("%d of %d pixels are wrong\n", wrong, pixels);
    return wrong == 0 ? 0 : 1;
}

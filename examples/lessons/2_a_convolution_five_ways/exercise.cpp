// The exercise of lesson 2: Winograd's convolution in one dimension, F(2, 3). Two pixels of the result, with three
// weights each, are six products. Four are enough. The weights are transformed already, because that is done once for
// all pixels. What must they be multiplied by, and how are the four products added up? The program returns 0 when all
// pixels are right and each took two products.
//
// A hint: u1 + u2 = g0 + g2, and u1 - u2 = g1. Every product has a difference or a sum of two pixels as a factor.
#include <cmath>
#include <cstdio>

// A number that counts how often two of its kind are multiplied.
struct Counted {
    double value;
    static inline int products = 0;
    friend Counted operator+(Counted a, Counted b) { return {a.value + b.value}; }
    friend Counted operator-(Counted a, Counted b) { return {a.value - b.value}; }
    friend Counted operator*(Counted a, Counted b) { return ++products, Counted{a.value * b.value}; }
};

// y0 = d0 g0 + d1 g1 + d2 g2 and y1 = d1 g0 + d2 g1 + d3 g2, from four pixels d and the transformed weights u:
//
//     u0 = g0     u1 = (g0 + g1 + g2) / 2     u2 = (g0 - g1 + g2) / 2     u3 = g2
//
void two_pixels(const Counted (&d)[4], const Counted (&u)[4], Counted (&y)[2]) {
    // Your lines. These two are right, but take six products.
    const Counted g1 = u[1] - u[2];
    y[0] = d[0] * u[0] + d[1] * g1 + d[2] * u[3];
    y[1] = d[1] * u[0] + d[2] * g1 + d[3] * u[3];
}

int main() {
    int wrong = 0;
    for (int i = 0; i < 100; ++i) {
        const double g0 = std::sin(i), g1 = std::cos(3 * i), g2 = std::sin(5 * i);
        Counted d[4], y[2];
        for (int k = 0; k < 4; ++k) d[k] = {std::cos(7 * i + k)};
        two_pixels(d, {{g0}, {(g0 + g1 + g2) / 2}, {(g0 - g1 + g2) / 2}, {g2}}, y);
        for (int k = 0; k < 2; ++k) {
            const double expected = d[k].value * g0 + d[k + 1].value * g1 + d[k + 2].value * g2;
            wrong += std::fabs(y[k].value - expected) > 1e-12;
        }
    }
    std::printf("%d of 200 pixels are wrong, %.2f products for each\n", wrong, Counted::products / 200.0);
    return wrong == 0 && Counted::products == 400 ? 0 : 1;
}

// The solution of lesson 2's exercise: four products of a difference or a sum of two pixels. In two dimensions the same
// is done down the columns and along the rows, which gives 4 x 4 = 16 products for 2 x 2 pixels, instead of 6 x 6 = 36.
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
    const Counted m0 = (d[0] - d[2]) * u[0], m1 = (d[1] + d[2]) * u[1];
    const Counted m2 = (d[2] - d[1]) * u[2], m3 = (d[1] - d[3]) * u[3];
    y[0] = m0 + m1 + m2;
    y[1] = m1 - m2 - m3;
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

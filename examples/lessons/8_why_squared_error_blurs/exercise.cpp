// The exercise of lesson 8: a pixel has these values in pictures that look the same after they were pixelated. A
// network sees no difference, so it gives one answer for all of them. Which answer has the least squared error, and
// which the least absolute error? Fill in both functions. The program returns 0 when they are right.
//
// A hint: the derivative of (answer - value)^2 is 2 (answer - value), and that of |answer - value| is 1 or -1. Where do
// they add up to 0?
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <vector>

using Values = std::vector<double>;

double squared_error(double answer, const Values& values) {
    double sum = 0;
    for (const double value : values) sum += (answer - value) * (answer - value);
    return sum / static_cast<double>(values.size());
}
double absolute_error(double answer, const Values& values) {
    double sum = 0;
    for (const double value : values) sum += std::fabs(answer - value);
    return sum / static_cast<double>(values.size());
}

double best_for_squared_error(const Values& values) {
    (void)values;
    return 0.5;  // your lines
}
double best_for_absolute_error(Values values) {
    (void)values;
    return 0.5;  // your lines
}

// Whether none of 1,001 other answers is better.
template <class Loss>
bool is_best(double answer, const Values& values, Loss loss) {
    for (int i = 0; i <= 1000; ++i)
        if (loss(i / 1000.0, values) < loss(answer, values) - 1e-12) return false;
    return true;
}

int main() {
    int wrong = 0;
    for (const Values& values : {Values{0, 1, 1}, Values{0, 0, 0, 0, 1}, Values{1, 0, 1, 0, 0, 1, 1},
                                 Values{0.1, 0.5, 0.2}, Values{0.9, 0, 0.3, 0.3, 0.7}}) {
        const double squared = best_for_squared_error(values), absolute = best_for_absolute_error(values);
        for (const double value : values) std::printf("%.1f ", value);
        std::printf(" least squared error: %.3f, least absolute error: %.3f\n", squared, absolute);
        wrong += !is_best(squared, values, squared_error) + !is_best(absolute, values, absolute_error);
    }
    std::printf("%d of 10 answers are wrong\n", wrong);
    return wrong == 0 ? 0 : 1;
}

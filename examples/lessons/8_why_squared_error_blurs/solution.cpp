// The solution of lesson 8's exercise: the mean, and the median, which has as many values above it as below it. The
// mean of black and white is grey. The median is one of the values, so the absolute error (L1) blurs less. But where
// black and white are equally likely, every answer between them has the same absolute error, and a network has no
// reason to be sharp.
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
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}
double best_for_absolute_error(Values values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
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

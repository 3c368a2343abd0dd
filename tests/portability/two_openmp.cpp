// One program of which one part is compiled with OpenMP and the other without: this file is compiled twice, and both
// are linked together. Functions that both parts have must not be taken from the part whose barriers do nothing.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "depix/depix.hpp"

double without_openmp();

namespace {

/// The largest difference between the gradients of one thread and of four, relative to the largest gradient.
template <class Network>
double one_thread_against_four() {
    depix::Model<Network> model;
    depix::Random random(1);
    depix::Tensor<float> input(16, {Network::in_channels, 1, 1}), target(16, Network::output(input.shape));
    for (float& value : input.data) value = static_cast<float>(random.uniform());
    depix::Trainer one{model, depix::MeanSquaredError{}, depix::SGD{}, depix::Cpu{}, 1};
    depix::Trainer four{model, depix::MeanSquaredError{}, depix::SGD{}, depix::Cpu{}, 4};
    double worst = 0, largest = 0;
    for (int step = 0; step < 20; ++step) {
        one.gradient(input, target);
        four.gradient(input, target);
        for (std::size_t i = 0; i < one.gradients().size(); ++i) {
            const double expected = static_cast<double>(one.gradients()[i]);
            largest = std::max(largest, std::fabs(expected));
            worst = std::max(worst, std::fabs(static_cast<double>(four.gradients()[i]) - expected));
        }
    }
    return worst / largest;
}

}  // namespace

#ifdef _OPENMP
int main() {
    using Wide = depix::Sequential<depix::Dense<64, 500>, depix::LeakyReLU<>, depix::Dense<500, 300>>;
    const double without = without_openmp(), with = one_thread_against_four<Wide>();
    std::printf("One thread and four differ by %.1e without OpenMP, by %.1e with it\n", without, with);
    return without == 0 && with < 1e-5 ? 0 : 1;  // if threads did not wait, it would be 0.5 and more
}
#else
double without_openmp() { return one_thread_against_four<depix::Sequential<depix::Dense<8, 3>>>(); }
#endif

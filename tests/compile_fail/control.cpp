// The programs beside this one, corrected. They show that each of those fails because of its one mistake and nothing
// else.
#include <depix/depix.hpp>
#include <depix/streaming_inference.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 12>, ReLU, Conv<12, 24>, MaxPool<2>, MaxPool<2>>;
static_assert(Network::parameter_count == 3 * 12 * 9 + 12 + 12 * 24 * 9 + 24);

using Strided = Conv<3, 16, 3, Stride<2>, NoBias>;
static_assert(Strided::output({3, 32, 32}) == Shape{16, 16, 16});

using Skip = Residual<Conv<8, 8>, ReLU>;
static_assert(Sequential<Conv<3, 8>, Skip>::parameter_count > 0);

static_assert(LeakyReLU<std::ratio<1, 5>>::output({3, 8, 8}) == Shape{3, 8, 8});

StaticInference<Network, Shape{3, 32, 32}> firmware;
StaticInference<Sequential<Conv<3, 12>, ReLU, Dense<12, 24, Size<8, 6>>>, Shape{3, 8, 6}> dense;
StreamingInference<Network, 32> rows;

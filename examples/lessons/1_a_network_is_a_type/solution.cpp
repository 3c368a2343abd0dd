// The solution of lesson 1's exercise. Layers are counted from 0, so layer_index<3> is the second convolution. It
// expects 12 maps and gets the 6 that the first one gives: ReLU and MaxPool leave their number alone. Either the first
// convolution gives 12 maps, or the second one takes 6. Which is right is a question of taste: the first is larger.
#include <depix/depix.hpp>

using namespace depix;

using Wider = Sequential<Conv<3, 12>, ReLU, MaxPool<2>, Conv<12, 6>, ReLU, ConvTranspose<6, 3, 2, Stride<2>>>;
using Narrower = Sequential<Conv<3, 6>, ReLU, MaxPool<2>, Conv<6, 6>, ReLU, ConvTranspose<6, 3, 2, Stride<2>>>;

static_assert(Wider::output({3, 64, 64}) == Shape{3, 64, 64});
static_assert(Narrower::output({3, 64, 64}) == Shape{3, 64, 64});
static_assert(Wider::parameter_count == 1065 && Narrower::parameter_count == 573);

int main() {}

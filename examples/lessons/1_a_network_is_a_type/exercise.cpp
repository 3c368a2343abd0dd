// The exercise of lesson 1: this network does not compile. Read the compiler's message, say which layer is wrong and
// why, and change one number.
//
// expect: depix: channel mismatch
// expect: channel_mismatch<.*layer_index<3>.*expects<12>.*gets<6>
#include <depix/depix.hpp>

using namespace depix;

using Network = Sequential<Conv<3, 6>, ReLU, MaxPool<2>, Conv<12, 6>, ReLU, ConvTranspose<6, 3, 2, Stride<2>>>;

static_assert(Network::output({3, 64, 64}) == Shape{3, 64, 64});

int main() {}

// expect: depix: height and width must be multiples
// expect: size_not_divisible<.*height<30>.*width<32>.*multiple<4>
#include <depix/models/depixelizer.hpp>  // for the layers
#include <depix/static_inference.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 12>, ReLU, Conv<12, 24>, MaxPool<2>, MaxPool<2>>;
StaticInference<Network, Shape{3, 30, 32}> firmware;

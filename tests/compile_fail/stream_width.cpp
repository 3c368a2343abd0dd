// expect: depix: height and width must be multiples
// expect: size_not_divisible<.*width<30>.*multiple<4>
#include <depix/models/depixelizer.hpp>  // for the layers
#include <depix/streaming_inference.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 12>, ReLU, Conv<12, 24>, MaxPool<2>, MaxPool<2>>;
StreamingInference<Network, 30> firmware;

// expect: depix: the layer at this index .* cannot take a map of this size
// expect: size_mismatch<.*layer_index<2>.*height<8>.*width<6>
#include <depix/models/depixelizer.hpp>  // for the layers
#include <depix/static_inference.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 12>, ReLU, Dense<12, 24, Size<6, 8>>>;
StaticInference<Network, Shape{3, 8, 6}> firmware;

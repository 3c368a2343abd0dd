// expect: depix: StaticInt8 names a step that the network has not
#include <depix/layers/conv.hpp>
#include <depix/layers/relu.hpp>
#include <depix/quantize/static_inference.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 8>, ReLU, Conv<8, 3>>;  // two steps, because the ReLU is a part of the first
StaticInference<Network, Shape{3, 8, 8}, StaticInt8<2>> firmware;

// expect: depix: this network needs the whole picture at once
// expect: layer_does_not_stream<.*GlobalAveragePool>
#include <depix/layers/conv.hpp>
#include <depix/layers/global_average_pool.hpp>
#include <depix/layers/sigmoid.hpp>
#include <depix/streaming_inference.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 8>, Gate<GlobalAveragePool, Conv<8, 8, 1>, Sigmoid>, Conv<8, 3>>;
StreamingInference<Network, 32> firmware;

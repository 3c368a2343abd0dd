// expect: depix: channel mismatch
// expect: channel_mismatch<.*layer_index<1>.*expects<16>.*gets<8>
#include <depix/depix.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 8>, LayerNorm2d<16>, Conv<16, 3>>;
static_assert(Network::parameter_count > 0);

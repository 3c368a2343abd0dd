// expect: depix: channel mismatch
// expect: channel_mismatch<.*layer_index<1>.*expects<6>.*gets<5>
#include <depix/depix.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 5>, SimpleGate, Conv<2, 3>>;
static_assert(Network::parameter_count > 0);

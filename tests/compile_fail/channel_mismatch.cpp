// expect: depix: channel mismatch
// expect: channel_mismatch<.*layer_index<2>.*expects<12>.*gets<6>
#include <depix/depix.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 6>, ReLU, Conv<12, 24>>;
static_assert(Network::parameter_count > 0);

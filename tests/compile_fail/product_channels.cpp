// expect: depix: join mismatch
// expect: join_mismatch<.*branch<1>.*expects<8>.*gets<4>
#include <depix/models/depixelizer.hpp>  // for the layers
#include <depix/network/branches.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 8>, Gate<Conv<8, 4>, ReLU>>;
static_assert(Network::parameter_count > 0);

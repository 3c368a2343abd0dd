// expect: depix: join mismatch
// expect: join_mismatch<.*branch<1>.*expects<2>.*gets<1>
#include <depix/models/depixelizer.hpp>  // for the layers
#include <depix/network/branches.hpp>
using namespace depix;

// The second branch halves height and width.
using Network = Sequential<Conv<3, 8>, Sum<Identity, Sequential<MaxPool<2>, Conv<8, 8>>>>;
static_assert(Network::parameter_count > 0);

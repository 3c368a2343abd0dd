// expect: depix: join mismatch
// expect: join_mismatch<.*branch<1>.*expects<8>.*gets<16>
#include <depix/models/depixelizer.hpp>  // for the layers
using namespace depix;

using Network = Sequential<Conv<3, 8>, Residual<Conv<8, 16>, ReLU>>;
static_assert(Network::parameter_count > 0);

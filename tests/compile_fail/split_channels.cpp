// expect: depix: each branch of Split says how many channels it takes
#include <depix/models/depixelizer.hpp>  // for the layers
#include <depix/network/split.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 8>, Split<Identity, Conv<4, 4>>>;
static_assert(Network::parameter_count > 0);

// expect: depix: Use<Name, Channels>: the map at Tap<Name> has another number of channels
#include <depix/models/depixelizer.hpp>  // for the layers
#include <depix/plan/flatten.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 8>, Tap<"here">, Conv<8, 4>, Concat<Identity, Use<"here", 4>>>;
static_assert(flatten<Network>().step_count > 0);

// expect: depix: Use<Name, ...>: no Tap<Name> stands before it
#include <depix/models/depixelizer.hpp>  // for the layers
#include <depix/plan/flatten.hpp>
using namespace depix;

using Network = Sequential<Conv<3, 8>, Tap<"here">, ReLU, Concat<Identity, Use<"there", 8>>>;
static_assert(flatten<Network>().step_count > 0);

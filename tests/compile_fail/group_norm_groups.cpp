// expect: depix: GroupNorm<Groups, Channels> takes a number of channels that the number of groups divides
#include <depix/depix.hpp>
using namespace depix;

constexpr auto shape = GroupNorm<4, 6>::output({6, 8, 8});

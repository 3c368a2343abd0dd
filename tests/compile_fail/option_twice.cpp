// expect: or was given it twice
// expect: unknown_option<.*Conv<3, 16, 3, .*Stride<2>
#include <depix/layers/conv.hpp>
using namespace depix;

using Layer = Conv<3, 16, 3, Stride<2>, Stride<1>>;
static_assert(Layer::output({3, 8, 8}).channels == 16);

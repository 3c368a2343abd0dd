// expect: depix: this layer does not know this option
// expect: unknown_option<.*Conv<3, 16, 3, .*OutputPadding<1>
#include <depix/layers/conv.hpp>
using namespace depix;

using Layer = Conv<3, 16, 3, OutputPadding<1>>;
static_assert(Layer::output({3, 8, 8}).channels == 16);

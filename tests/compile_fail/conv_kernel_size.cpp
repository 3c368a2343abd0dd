// expect: depix: Conv<In, Out, Kernel, KernelSize<Height, Width>>: Kernel must be the larger of Height and Width
#include <depix/layers/conv.hpp>
using namespace depix;

using Layer = Conv<6, 8, 3, KernelSize<1, 7>>;
static_assert(Layer::output({6, 8, 8}).channels == 8);

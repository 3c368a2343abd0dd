// expect: depix: Conv<In, Out, Kernel, Groups<N>>: In and Out must divide by N
#include <depix/layers/conv.hpp>
using namespace depix;

using Layer = Conv<6, 8, 3, Groups<4>>;
static_assert(Layer::output({6, 8, 8}).channels == 8);

// expect: depix: AlignCorners is an option of Upsample<Factor, Bilinear>
#include <depix/depix.hpp>
using namespace depix;

constexpr auto shape = Upsample<2, AlignCorners>::output({3, 8, 8});

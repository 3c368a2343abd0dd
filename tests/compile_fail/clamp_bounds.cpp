// expect: depix: Clamp<Low, High> takes two std::ratios, Low below High
#include <depix/depix.hpp>
using namespace depix;

constexpr auto shape = Clamp<std::ratio<1>, std::ratio<0>>::output({3, 8, 8});

// expect: depix: a pooling's padding is at most half of its window
#include <depix/depix.hpp>
using namespace depix;

constexpr auto shape = MaxPool<2, Padding<2>>::output({3, 8, 8});

// expect: depix: LeakyReLU<Slope> takes a std::ratio in \(0, 1\]
#include <depix/depix.hpp>
using namespace depix;

constexpr auto shape = LeakyReLU<std::ratio<-1, 5>>::output({3, 8, 8});

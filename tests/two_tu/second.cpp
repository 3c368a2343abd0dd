#include "everything.hpp"

const void* shared_in_second();
const void* shared_in_second() { return &depix::layer_info<depix::Conv<3, 6>>; }

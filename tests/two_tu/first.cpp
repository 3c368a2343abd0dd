#include "everything.hpp"

const void* shared_in_second();

// One instantiation of an inline variable in both: the linker must make it one object, or &layer_info<L> says nothing.
int main() {
    const void* const shared_in_first = &depix::layer_info<depix::Conv<3, 6>>;
    return shared_in_first == shared_in_second() ? 0 : 1;
}

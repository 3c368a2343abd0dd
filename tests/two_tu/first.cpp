#include "everything.hpp"

const void* shared_in_second();

// Both translation units instantiate this inline variable. The linker must make it one object, because otherwise
// &layer_info<L> does not identify the layer.
int main() {
    const void* const shared_in_first = &depix::layer_info<depix::Conv<3, 6>>;
    return shared_in_first == shared_in_second() ? 0 : 1;
}

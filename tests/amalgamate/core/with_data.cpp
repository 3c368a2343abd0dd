// The other half of the program. It first includes depix without its data headers, as one of the program's own headers
// may do, and then with them.
#include "depix.hpp"
#define DEPIX_WITH_DATA
#include "depix.hpp"

depix::Image through_a_file(const depix::Image& image);
const void* layer_info_with_data();

depix::Image through_a_file(const depix::Image& image) {
    depix::Image copy(image.shape);
    depix::as_array(copy) = depix::as_array(image);
    depix::write_image("through_a_file.png", copy);
    return depix::read_image("through_a_file.png");
}

const void* layer_info_with_data() { return &depix::layer_info<depix::Conv<3, 6>>; }

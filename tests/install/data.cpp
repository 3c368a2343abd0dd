// A user's program that writes and reads a picture through depix::data.
#include <depix/data/array.hpp>
#include <depix/io/image.hpp>

int main() {
    depix::Image image({3, 4, 4});
    depix::as_array(image).fill(0.25f);
    depix::write_image("quarter.png", image);
    return depix::read_image("quarter.png").shape == image.shape ? 0 : 1;
}

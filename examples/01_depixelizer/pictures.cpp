#include "pictures.hpp"

#include "depix/io/image.hpp"

depix::Image example::read_picture(const std::filesystem::path& path) { return depix::read_image(path.string(), 3); }

void example::write_picture(const std::filesystem::path& path, const depix::Image& picture) {
    depix::write_image(path.string(), picture);
}

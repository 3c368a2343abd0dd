#include "images.hpp"

#include "depix/data/sources/image_folder.hpp"
#include "depix/io/image.hpp"

bool example::is_image(const std::filesystem::path& path) { return depix::is_image_name(path); }

depix::Image example::read_image(const std::filesystem::path& path) { return depix::read_image(path.string(), 3); }

void example::write_image(const std::filesystem::path& path, const depix::Image& image) {
    depix::write_image(path.string(), image);
}

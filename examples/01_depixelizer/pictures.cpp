#include "pictures.hpp"

#include "depix/data/sources/picture_folder.hpp"
#include "depix/io/image.hpp"

bool example::is_picture(const std::filesystem::path& path) { return depix::is_picture_name(path); }

depix::Image example::read_picture(const std::filesystem::path& path) { return depix::read_image(path.string(), 3); }

void example::write_picture(const std::filesystem::path& path, const depix::Image& picture) {
    depix::write_image(path.string(), picture);
}

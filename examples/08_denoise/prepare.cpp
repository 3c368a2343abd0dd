// prepare: photographs at half their size, where they are sharp.
//
// A camera interpolates two of three colours at each pixel and smooths noise away, and JPEG leaves blocks: at half the
// size, each pixel the mean of four, little of that is left. Photographs that are still large are laid out at a quarter
// of their size too, where textures are finer.
#include <cstdio>

#include "commands.hpp"
#include "depix/data/sources/picture_folder.hpp"

namespace {

depix::Image halved(const depix::Image& picture) {
    const auto [channels, height, width] = picture.shape;
    depix::Image half({channels, height / 2, width / 2});
    for (int c = 0; c < channels; ++c)
        for (int y = 0; y < height / 2; ++y)
            for (int x = 0; x < width / 2; ++x)
                half(c, y, x) = (picture(c, 2 * y, 2 * x) + picture(c, 2 * y, 2 * x + 1) +
                                 picture(c, 2 * y + 1, 2 * x) + picture(c, 2 * y + 1, 2 * x + 1)) /
                                4;
    return half;
}

}  // namespace

int example::prepare(const PrepareOptions& options) {
    const depix::PictureFolder folder(options.input, {.channels = 3});
    for (std::size_t i = 0; i < folder.size(); ++i) {
        const std::filesystem::path path = folder.path(i);
        const auto target = options.output / std::filesystem::relative(path.parent_path(), options.input);
        std::filesystem::create_directories(target);
        depix::Image picture = halved(folder.read(i));
        depix::write_image((target / (path.stem().string() + "_2.png")).string(), picture);
        if (std::max(picture.shape.height, picture.shape.width) > 1400)
            depix::write_image((target / (path.stem().string() + "_4.png")).string(), halved(picture));
        std::printf("%s\n", path.filename().string().c_str());
    }
    return 0;
}

// prepare: photographs at a half, a third, a quarter, a sixth and an eighth of their size, where they are sharp.
//
// A camera interpolates two of three colours at each pixel and smooths noise away, and JPEG leaves blocks: at half the
// size, each pixel the mean of four, little of that is left. The smaller the picture, the finer its textures: the
// network sees grass and water at every distance.
#include <cstdio>

#include "commands.hpp"
#include "depix/data/sources/image_folder.hpp"

namespace {

/// Each pixel the mean of `factor` x `factor` pixels.
depix::Image reduced(const depix::Image& image, int factor) {
    const auto [channels, height, width] = image.shape;
    depix::Image small({channels, height / factor, width / factor});
    for (int c = 0; c < channels; ++c)
        for (int y = 0; y < small.shape.height; ++y)
            for (int x = 0; x < small.shape.width; ++x) {
                float sum = 0;
                for (int i = 0; i < factor; ++i)
                    for (int j = 0; j < factor; ++j) sum += image(c, factor * y + i, factor * x + j);
                small(c, y, x) = sum / static_cast<float>(factor * factor);
            }
    return small;
}

}  // namespace

int example::prepare(const PrepareOptions& options) {
    const depix::ImageFolder folder(options.input, {.channels = 3});
    for (std::size_t i = 0; i < folder.size(); ++i) {
        const std::filesystem::path path = folder.path(i);
        const auto target = options.output / std::filesystem::relative(path.parent_path(), options.input);
        std::filesystem::create_directories(target);
        const depix::Image image = folder.read(i);
        for (const int factor : {2, 3, 4, 6, 8}) {
            const depix::Image small = reduced(image, factor);
            if (std::min(small.shape.height, small.shape.width) < 200) break;
            depix::write_image((target / (path.stem().string() + "_" + std::to_string(factor) + ".png")).string(),
                               small);
        }
        std::printf("%s\n", path.filename().string().c_str());
    }
    return 0;
}

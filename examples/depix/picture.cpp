#include "picture.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "depix/image/binarize.hpp"
#include "depix/image/resize.hpp"
#include "depix/restore/flips.hpp"

namespace {

using depix::Image;

int scaled(int pixels, double scale) { return std::max(1, static_cast<int>(std::lround(pixels * scale))); }

// Bicubic, clamped: it overshoots at edges.
Image resized(Image picture, int height, int width) {
    if (picture.shape.height == height && picture.shape.width == width) return picture;
    Image result = depix::resize(picture, height, width);
    for (float& value : result.pixels) value = std::clamp(value, 0.0f, 1.0f);
    return result;
}

std::string text_of(double number) {
    std::string text = std::to_string(number);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

}  // namespace

tool::Recipe tool::make_recipe(const ChosenModel& model, const RestoreOptions& options) {
    const int own = model.architecture->scale;
    if (options.scale != 0 && !(options.scale >= 1 && options.scale <= own)) {
        throw UsageError("-s " + text_of(options.scale) + ": " + model.name +
                         (own == 1 ? " does not enlarge" : " enlarges by 1 to " + std::to_string(own)));
    }
    return {model.architecture, options.scale == 0 ? own : options.scale, options.flips, model.black_and_white,
            options.limits.maximum_pixels};
}

tool::Cut tool::cut_picture(const Architecture& architecture, int height, int width, int tile, int threads) {
    if (architecture.tiles == TileKind::blended)
        return {{.size = tile > 0 ? tile : 256, .jobs = 1, .progress = {}}, threads, 0};

    const auto fits = [&](int rows, int columns) {
        return architecture.workspace_bytes(architecture.padded({architecture.channels, rows, columns}), Backend::cpu,
                                            1) <= tile_memory;
    };
    int size = tile;
    if (size <= 0) {
        size = std::max(height, width);
        if (!fits(height, width)) {
            size = std::clamp(10 * architecture.receptive_field, 256, 1024);  // then surroundings cost a fifth
            while (size > 64 && !fits(size + architecture.receptive_field, size + architecture.receptive_field))
                size -= 64;
        }
    }
    const auto along = [&](int length) {
        const int side = depix::round_up(size, architecture.size_multiple);
        return (length + side - 1) / side;
    };
    const int count = along(height) * along(width);
    const bool side_by_side = threads > 1 && count >= 2 * threads;
    return {{.size = size, .jobs = side_by_side ? threads : 1, .progress = {}}, side_by_side ? 1 : threads, count};
}

std::string tool::to_string(const Cut& cut) {
    const std::string size = std::to_string(cut.tiles.size);
    if (cut.count == 0) return "blended tiles of " + size;
    return "tiles of at most " + size + ": " + std::to_string(cut.count) + ", " + std::to_string(cut.tiles.jobs) +
           " at a time";
}

depix::PictureFile tool::restore_picture(const Restorer& network, const Recipe& recipe, depix::PictureFile picture,
                                         Tiles tiles) {
    const int channels = picture.color.shape.channels, height = picture.color.shape.height,
              width = picture.color.shape.width;
    const auto enlarged = static_cast<std::size_t>(recipe.architecture->scale);
    if (static_cast<std::size_t>(height) * static_cast<std::size_t>(width) >
        recipe.maximum_pixels / enlarged / enlarged) {
        throw depix::ShapeError("a picture of " + std::to_string(width) + "x" + std::to_string(height) + " pixels, " +
                                std::to_string(enlarged) + " times as high and wide, is beyond the limit of " +
                                std::to_string(recipe.maximum_pixels) + " pixels (--max-pixels)");
    }
    const auto through = [&](const Image& part) { return network.restore(part, tiles); };
    Image restored = depix::convert_channels(std::move(picture.color), recipe.architecture->channels);
    restored = recipe.flips ? depix::restore_flips(through, restored) : through(restored);
    restored = resized(std::move(restored), scaled(height, recipe.scale), scaled(width, recipe.scale));
    if (channels == 1) restored = depix::convert_channels(std::move(restored), 1);
    if (recipe.black_and_white) restored = depix::binarize(restored, depix::otsu_threshold(restored));

    if (!picture.alpha.pixels.empty())
        picture.alpha = resized(std::move(picture.alpha), restored.shape.height, restored.shape.width);
    picture.color = std::move(restored);
    return picture;
}

#include "image.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "depix/finite.hpp"
#include "depix/image/binarize.hpp"
#include "depix/image/resize.hpp"
#include "depix/restore/flips.hpp"
#include "depix/restore/inpaint.hpp"

namespace {

using depix::Image;

int scaled(int pixels, double scale) { return std::max(1, static_cast<int>(std::lround(pixels * scale))); }

// Bicubic, and clamped because it overshoots at edges.
Image resized(Image image, int height, int width) {
    if (image.shape.height == height && image.shape.width == width) return image;
    Image result = depix::resize(image, height, width);
    for (float& value : result.pixels) value = std::clamp(value, 0.0f, 1.0f);
    return result;
}

// The network was trained on squares of 256 pixels; no tile is larger than that or the picture.
int blended_tile(int asked, int longest_side) {
    constexpr int trained = 256;
    return asked > 0 ? std::min(asked, std::max(longest_side, trained)) : trained;
}

// Enlarges the original's colours and gives them another luma.
Image with_luma(const Image& luma, const Image& original) {
    const Image colours = resized(original, luma.shape.height, luma.shape.width);
    const Image before = depix::convert_channels(colours, 1);
    Image result(colours.shape);
    const std::size_t area = luma.shape.area();
    for (std::size_t i = 0; i < result.pixels.size(); ++i)
        result.pixels[i] = std::clamp(colours.pixels[i] + luma.pixels[i % area] - before.pixels[i % area], 0.0f, 1.0f);
    return result;
}

// Whether a picture has colour that is missed when it is gone: in one of a thousand pixels the channels differ by a
// quarter. Old paper and a camera's noise have less.
bool is_coloured(const Image& image) {
    if (image.shape.channels != 3) return false;
    const std::size_t area = image.shape.area();
    std::size_t coloured = 0;
    for (std::size_t i = 0; i < area; ++i) {
        const auto [least, most] = std::minmax({image.pixels[i], image.pixels[area + i], image.pixels[2 * area + i]});
        if (most - least >= 0.25f) ++coloured;
    }
    return coloured > 0 && 1000 * coloured >= area;
}

// What the user should know if the model is not meant for such a picture.
void warn_of_model(const tool::Recipe& recipe, depix::ImageFile& image) {
    const tool::ModelFacts& facts = recipe.facts;
    const int side = std::min(image.color.shape.height, image.color.shape.width);
    const auto warn = [&](const char* what, int limit) {
        image.warnings.push_back("the picture is " + std::string(what) + std::to_string(limit) +
                                 " pixels on its shorter side, the range of " + recipe.model + " (depix info " +
                                 recipe.model + ")");
    };
    if (side < facts.smallest_side) warn("smaller than ", facts.smallest_side);
    if (facts.largest_side > 0 && side > facts.largest_side) warn("larger than ", facts.largest_side);
    const bool loses = facts.colours == tool::Colours::Grey || facts.colours == tool::Colours::BlackAndWhite;
    if (loses && is_coloured(image.color))
        image.warnings.push_back("the colours are lost, because " + recipe.model + " makes " +
                                 (facts.colours == tool::Colours::Grey ? "grey" : "black and white") + " pictures");
}

// Fills the pixels that the mask says are missing.
template <class ByNetwork>
Image filled(Image picture, const tool::Recipe& recipe, std::vector<std::string>& warnings,
             const ByNetwork& by_network) {
    tool::require_mask(recipe);
    const Image missing = tool::missing_pixels(recipe.mask, picture);
    const auto count = std::count(missing.pixels.begin(), missing.pixels.end(), 1.0f);
    if (static_cast<std::size_t>(count) == missing.pixels.size())
        throw depix::Error("every pixel is missing, by the mask");
    if (count == 0) {
        warnings.emplace_back("no pixel is missing, by the mask, so the picture stays as it is");
        return picture;
    }
    return depix::only_in_holes(picture, missing, by_network(depix::inpainting_input(picture, missing)));
}

std::string text_of(double number) {
    std::string text = std::to_string(number);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

}  // namespace

// By means of a pyramid. Each level has half the height and width, and its pixels are means of those below, weighted by
// alpha. On the way back, what cannot be seen is taken from the level above.
void tool::bleed_under_transparency(Image& color, const Image& alpha) {
    struct Level {
        Image color, weight;
    };
    std::vector<Level> levels{{color, alpha}};
    while (levels.back().color.shape.height > 1 || levels.back().color.shape.width > 1) {
        const Level& fine = levels.back();
        const auto [channels, height, width] = fine.color.shape;
        Level coarse{Image({channels, (height + 1) / 2, (width + 1) / 2}),
                     Image({1, (height + 1) / 2, (width + 1) / 2})};
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                const float weight = fine.weight(0, y, x);
                coarse.weight(0, y / 2, x / 2) += weight;
                for (int c = 0; c < channels; ++c) coarse.color(c, y / 2, x / 2) += weight * fine.color(c, y, x);
            }
        for (int y = 0; y < coarse.color.shape.height; ++y)
            for (int x = 0; x < coarse.color.shape.width; ++x) {
                const float weight = coarse.weight(0, y, x);
                for (int c = 0; c < channels; ++c)
                    coarse.color(c, y, x) = weight > 0 ? coarse.color(c, y, x) / weight : 0.0f;
                coarse.weight(0, y, x) = std::min(weight, 1.0f);
            }
        levels.push_back(std::move(coarse));
    }
    for (std::size_t i = levels.size() - 1; i-- > 0;) {
        Image& fine = levels[i].color;
        for (int y = 0; y < fine.shape.height; ++y)
            for (int x = 0; x < fine.shape.width; ++x)
                if (levels[i].weight(0, y, x) <= 0)
                    for (int c = 0; c < fine.shape.channels; ++c) fine(c, y, x) = levels[i + 1].color(c, y / 2, x / 2);
    }
    color = std::move(levels[0].color);
}

tool::Recipe tool::make_recipe(const ChosenModel& model, const RestoreOptions& options) {
    return make_recipe(model, options, read_mask(options));
}

tool::Recipe tool::make_recipe(const ChosenModel& model, const RestoreOptions& options, Mask mask) {
    const int own = model.architecture->scale;
    if (options.scale != 0 && !(options.scale >= 1 && options.scale <= own)) {
        throw UsageError("-s " + text_of(options.scale) + ": " + model.name +
                         (own == 1 ? " does not enlarge" : " enlarges by 1 to " + std::to_string(own)));
    }
    // A file may make its network's result smaller.
    const auto smaller = model.weights.metadata.find("result_scaled_by");
    const double scale = smaller == model.weights.metadata.end() ? own : own * std::atof(smaller->second.c_str());
    if (mask.is_given() && !model.architecture->takes_mask)
        throw UsageError((mask.picture.pixels.empty() ? "--mask-colour: " : "--mask: ") + model.name +
                         " takes no mask; -m inpaint does");
    return {model.architecture, options.scale == 0 ? scale : options.scale,
            options.flips,      model.name,
            model.facts,        options.limits.maximum_pixels,
            std::move(mask)};
}

void tool::require_mask(const Recipe& recipe) {
    if (recipe.architecture->takes_mask && !recipe.mask.is_given())
        throw UsageError(recipe.model +
                         " fills holes, and must be told where they are: --mask FILE, or --mask-colour ff00ff");
}

int tool::tile_field(const Architecture& architecture) {
    return architecture.reach > 0 ? std::min(architecture.receptive_field, 2 * architecture.reach)
                                  : architecture.receptive_field;
}

tool::Cut tool::cut_image(const Architecture& architecture, int height, int width, int tile, int threads) {
    if (architecture.tiles == TileKind::Blended)
        return {{.size = blended_tile(tile, std::max(height, width)), .jobs = 1, .progress = {}}, threads, 0};
    if (architecture.tiles == TileKind::Whole)
        return {{.size = std::max(height, width), .jobs = 1, .progress = {}}, threads, 1};

    const int field = tile_field(architecture);
    const auto fits = [&](int rows, int columns, std::size_t memory) {
        return architecture.workspace_bytes(architecture.padded({architecture.channels, rows, columns}), Backend::Cpu,
                                            1) <= memory;
    };
    bool large = false;
    int size = tile;
    size = std::min(size, std::max(height, width));  // more would only take memory
    if (size <= 0) {
        size = std::max(height, width);
        if (!fits(height, width, tile_memory)) {
            const auto largest = [&](std::size_t memory) {
                int side = std::clamp(10 * field, 256, 1024);  // the surroundings then cost a fifth
                while (side > 64 && !fits(side + field, side + field, memory)) side -= 64;
                return side;
            };
            size = largest(tile_memory);
            if (architecture.reach > 0 && size < 3 * field) {  // the surroundings would cost more than the tile
                large = true;
                size = largest(large_tile_memory);
            }
        }
    }
    const auto along = [&](int length) {
        const int side = depix::round_up(size, architecture.size_multiple);
        return (length + side - 1) / side;
    };
    const int count = along(height) * along(width);
    const bool side_by_side = threads > 1 && count >= 2 * threads && !large;
    return {{.size = size, .jobs = side_by_side ? threads : 1, .reach = architecture.reach, .progress = {}},
            side_by_side ? 1 : threads,
            count};
}

std::string tool::to_string(const Cut& cut) {
    const std::string size = std::to_string(cut.tiles.size);
    if (cut.count == 0) return "blended tiles of " + size;
    return "tiles of at most " + size + ": " + std::to_string(cut.count) + ", " + std::to_string(cut.tiles.jobs) +
           " at a time";
}

depix::ImageFile tool::restore_image(const Restorer& network, const Recipe& recipe, depix::ImageFile image,
                                     Tiles tiles) {
    const int channels = image.color.shape.channels, height = image.color.shape.height, width = image.color.shape.width;
    const auto enlarged = static_cast<std::size_t>(recipe.architecture->scale);
    if (static_cast<std::size_t>(height) * static_cast<std::size_t>(width) >
        recipe.maximum_pixels / enlarged / enlarged) {
        throw depix::ShapeError("a picture of " + std::to_string(width) + "x" + std::to_string(height) + " pixels, " +
                                std::to_string(enlarged) + " times as high and wide, is beyond the limit of " +
                                std::to_string(recipe.maximum_pixels) + " pixels (--max-pixels)");
    }
    if (!image.alpha.pixels.empty()) bleed_under_transparency(image.color, image.alpha);
    const auto through = [&](const Image& part) { return network.restore(part, tiles); };
    const auto by_network = [&](const Image& picture) {
        return recipe.flips ? depix::restore_flips(through, picture) : through(picture);
    };
    warn_of_model(recipe, image);
    const bool keeps_colours = recipe.facts.colours == Colours::Enlarged && channels == 3;
    const Image original = keeps_colours ? image.color : Image();
    if (keeps_colours) image.color = depix::convert_channels(std::move(image.color), 1);
    Image restored = depix::convert_channels(std::move(image.color), recipe.architecture->channels);
    if (recipe.architecture->takes_mask)
        restored = filled(std::move(restored), recipe, image.warnings, by_network);
    else
        restored = by_network(restored);
    if (!std::all_of(restored.pixels.begin(), restored.pixels.end(),
                     [](float value) { return depix::is_finite(value); }))
        throw depix::Error(
            "the network made values that are no numbers: its weights are damaged, or not meant for this");
    restored = resized(std::move(restored), scaled(height, recipe.scale), scaled(width, recipe.scale));
    if (channels == 1 || keeps_colours) restored = depix::convert_channels(std::move(restored), 1);
    if (keeps_colours) restored = with_luma(restored, original);

    if (!image.alpha.pixels.empty())
        image.alpha = resized(std::move(image.alpha), restored.shape.height, restored.shape.width);
    if (recipe.facts.colours == Colours::BlackAndWhite) restored = depix::binarize(restored, 0.5);
    image.density.across *= static_cast<double>(restored.shape.width) / width;
    image.density.down *= static_cast<double>(restored.shape.height) / height;
    image.color = std::move(restored);
    return image;
}

// Masks: which parts of a picture are missing, for inpainting networks.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/data/sources/image_folder.hpp"
#include "depix/data/text/font.hpp"
#include "depix/error.hpp"
#include "depix/image/resize.hpp"
#include "depix/io/image.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

// A mask is a picture of one channel: 1 is missing, 0 is kept, and values in between (the edges of letters) are mixed.
// The structs below add missing parts to a mask. They are called like damages, so OneOf and AllOf can combine them too:
//
//     Image mask({1, 256, 256});
//     AllOf{{StrokeMask{}, TextMask{.fonts = {font}}}}(mask, random);
//
// With wrong parameters a struct throws an Error, which names it, when it is used. For a mask that does not have one
// channel it throws a ShapeError.
namespace depix {

namespace detail {

inline void check_mask(const char* who, const Image& mask) {
    if (mask.shape.channels == 1 && mask.shape.height > 0 && mask.shape.width > 0) return;
    throw ShapeError(std::string(who) + ": a mask of " + to_string(mask.shape) + "; it has 1 channel");
}

/// Marks all pixels whose centres are within `radius` of the line from (x0, y0) to (x1, y1): a stroke with round ends.
/// The upper left pixel's centre is at (0.5, 0.5).
inline void mark_stroke(Image& mask, double x0, double y0, double x1, double y1, double radius) {
    const auto bound = [](double place, int size) { return static_cast<int>(std::clamp(place, 0.0, size * 1.0)); };
    const int left = bound((std::min)(x0, x1) - radius, mask.shape.width);
    const int right = bound((std::max)(x0, x1) + radius + 1, mask.shape.width);
    const int top = bound((std::min)(y0, y1) - radius, mask.shape.height);
    const int bottom = bound((std::max)(y0, y1) + radius + 1, mask.shape.height);
    const double dx = x1 - x0, dy = y1 - y0, squared_length = dx * dx + dy * dy;
    for (int y = top; y < bottom; ++y) {
        for (int x = left; x < right; ++x) {
            const double px = x + 0.5 - x0, py = y + 0.5 - y0;
            // The nearest point of the line, as a fraction of its length.
            const double along = squared_length > 0 ? std::clamp((px * dx + py * dy) / squared_length, 0.0, 1.0) : 0.0;
            const double across_x = px - along * dx, across_y = py - along * dy;
            if (across_x * across_x + across_y * across_y <= radius * radius) mask(0, y, x) = 1;
        }
    }
}

}  // namespace detail

/// Upright rectangles that lie inside the picture. Sides are fractions of the picture's height and width, each drawn
/// independently.
struct RectangleMask {
    int min_count = 1;
    int max_count = 4;  ///< Included, as all below.
    double min_side = 0.1;
    double max_side = 0.4;

    void operator()(Image& mask, Random& random) const {
        detail::check_mask("RectangleMask", mask);
        detail::check_range("RectangleMask", "the count", min_count, max_count, 0, 1000);
        detail::check_range("RectangleMask", "the side", min_side, max_side, 0, 1);
        const auto [channels, height, width] = mask.shape;
        const auto side = [&](int whole) {
            return std::clamp(static_cast<int>(std::lround(random.uniform(min_side, max_side) * whole)), 1, whole);
        };
        for (int count = random.integer(min_count, max_count); count > 0; --count) {
            const int rows = side(height), columns = side(width);
            const int top = random.integer(0, height - rows), left = random.integer(0, width - columns);
            for (int y = top; y < top + rows; ++y) std::fill_n(&mask(0, y, left), columns, 1.0f);
        }
    }
};

/// Brush strokes: random walks that zigzag, with round ends and joints.
///
/// The free-form masks of J. Yu et al., "Free-Form Image Inpainting with Gated Convolution", ICCV 2019, as its authors'
/// program draws them. A stroke starts anywhere and has one width. At each vertex it turns by 2/15 to 4/15 of a circle
/// from one fixed direction, alternately to the left and to the right. Steps are normally distributed, with an eighth
/// of the picture's diagonal as mean and half of that as standard deviation, and end at the picture's border. Each
/// stroke is then mirrored and turned at random.
struct StrokeMask {
    int min_count = 1;
    int max_count = 4;  ///< Included, as all below.
    int min_vertices = 4;
    int max_vertices = 12;
    double min_width = 0.05;  ///< As a fraction of the picture's shorter side.
    double max_width = 0.15;

    void operator()(Image& mask, Random& random) const {
        detail::check_mask("StrokeMask", mask);
        detail::check_range("StrokeMask", "the count", min_count, max_count, 0, 1000);
        detail::check_range("StrokeMask", "the number of vertices", min_vertices, max_vertices, 1, 1000);
        detail::check_range("StrokeMask", "the width", min_width, max_width, 0, 1);
        const double height = mask.shape.height, width = mask.shape.width;
        const double mean_step = std::hypot(height, width) / 8;
        for (int count = random.integer(min_count, max_count); count > 0; --count) {
            const double radius = random.uniform(min_width, max_width) * (std::min)(height, width) / 2;
            const int symmetry = random.integer(0, 7);
            double x = random.uniform(0, width), y = random.uniform(0, height);
            for (int vertex = random.integer(min_vertices, max_vertices), side = 1; vertex > 0; --vertex) {
                const double angle = 6.283185307179586 * random.uniform(2.0 / 15, 4.0 / 15);
                const double step = std::clamp(mean_step + mean_step / 2 * random.normal(), 0.0, 2 * mean_step);
                double dx = step * std::cos(angle), dy = step * std::sin(angle) * side;
                if ((symmetry & 1) != 0) dx = -dx;
                if ((symmetry & 2) != 0) dy = -dy;
                if ((symmetry & 4) != 0) std::swap(dx, dy);
                const double next_x = std::clamp(x + dx, 0.0, width), next_y = std::clamp(y + dy, 0.0, height);
                detail::mark_stroke(mask, x, y, next_x, next_y, radius);
                x = next_x;
                y = next_y;
                side = -side;
            }
        }
    }
};

/// Lines of random text, of one font and size, that start anywhere and may leave the picture. The letters' edges are
/// between 0 and 1.
struct TextMask {
    std::vector<Font> fonts{};  ///< All equally likely; see find_font().
    int min_lines = 3;
    int max_lines = 12;      ///< Included, as all below.
    double min_size = 0.05;  ///< Pixels per em as a fraction of the picture's height; clamped to 1..1000 pixels.
    double max_size = 0.15;
    int min_characters = 5;
    int max_characters = 30;
    /// Printable ASCII; a character that occurs twice is twice as likely.
    std::string alphabet =
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "
        "              ";

    void operator()(Image& mask, Random& random) const {
        check(mask);
        const auto [channels, height, width] = mask.shape;
        const Font& font = detail::pick(fonts, random);
        const auto size = static_cast<float>(std::clamp(random.uniform(min_size, max_size) * height, 1.0, 1000.0));
        std::array<std::optional<Glyph>, 128> glyphs;
        for (int count = random.integer(min_lines, max_lines); count > 0; --count) {
            int pen = random.integer(-width / 2, width - 1) * 64;  // 1/64 pixel
            const int baseline = random.integer(0, height);
            for (int i = random.integer(min_characters, max_characters); i > 0; --i) {
                const auto code = static_cast<unsigned char>(detail::pick(alphabet, random));
                std::optional<Glyph>& glyph = glyphs[code];
                if (!glyph) glyph = font.glyph(code, size);
                stamp(mask, *glyph, (pen + 32) / 64 + glyph->left, baseline + glyph->top);
                pen += glyph->advance;
            }
        }
    }

  private:
    static void stamp(Image& mask, const Glyph& glyph, int left, int top) {
        const auto [channels, height, width] = mask.shape;
        const int first = (std::max)(0, -left), last = (std::min)(glyph.width, width - left);
        for (int row = (std::max)(0, -top); row < (std::min)(glyph.height, height - top); ++row) {
            const std::uint8_t* ink = glyph.coverage.data() + row * glyph.width;
            for (int x = first; x < last; ++x) {
                float& value = mask(0, top + row, left + x);
                value = (std::max)(value, from_byte(ink[x]));
            }
        }
    }

    void check(const Image& mask) const {
        detail::check_mask("TextMask", mask);
        if (fonts.empty()) throw Error("TextMask: no font given");
        detail::check_range("TextMask", "the number of lines", min_lines, max_lines, 0, 1000);
        detail::check_range("TextMask", "the size", min_size, max_size, 0, 1);
        detail::check_range("TextMask", "the number of characters", min_characters, max_characters, 0, 1000);
        if (alphabet.empty()) throw Error("TextMask: the alphabet is empty");
        for (const char character : alphabet) {
            if (character < ' ' || character > '~')
                throw Error("TextMask: the alphabet holds more than printable ASCII");
        }
    }
};

/// Masks that were drawn before: white is missing, black is kept. Each call takes one of them, all equally likely,
/// mirrors and turns it at random, and resizes it to the picture (nearest). Copies share the memory.
class GivenMask {
  public:
    /// Throws Error for no mask, ShapeError for one without pixels. Pictures with more channels are converted to grey.
    explicit GivenMask(std::vector<Image> masks) {
        if (masks.empty()) throw Error("GivenMask: no mask given");
        for (Image& mask : masks) {
            mask = convert_channels(std::move(mask), 1);
            detail::check_mask("GivenMask", mask);
        }
        masks_ = std::make_shared<const std::vector<Image>>(std::move(masks));
    }
    /// Reads all of a folder's pictures. Throws FileError, which names the file, if one cannot be read.
    explicit GivenMask(const ImageFolder& folder) : GivenMask(read(folder)) {}

    void operator()(Image& mask, Random& random) const {
        detail::check_mask("GivenMask", mask);
        const Image& chosen = detail::pick(*masks_, random);
        const Image turned = transformed(chosen, static_cast<Symmetry>(random.integer(0, 7)));
        const Image fitted = resize(turned, mask.shape.height, mask.shape.width, Resampling::Nearest);
        std::transform(mask.pixels.begin(), mask.pixels.end(), fitted.pixels.begin(), mask.pixels.begin(),
                       [](float a, float b) { return (std::max)(a, b); });
    }

  private:
    static std::vector<Image> read(const ImageFolder& folder) {
        std::vector<Image> masks;
        for (std::size_t i = 0; i < folder.size(); ++i) masks.push_back(convert_channels(folder.read(i), 1));
        return masks;
    }

    std::shared_ptr<const std::vector<Image>> masks_;
};

/// Paints over what is missing: out = in (1 - mask) + fill mask, in every channel. Throws ShapeError unless the mask
/// has one channel and the picture's height and width.
inline void apply_mask(Image& image, const Image& mask, float fill = 1) {
    if (mask.shape != Shape{1, image.shape.height, image.shape.width}) {
        throw ShapeError("apply_mask: a mask of " + to_string(mask.shape) + " on a picture of " +
                         to_string(image.shape));
    }
    const std::size_t area = image.shape.area();
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        const float missing = mask.pixels[i % area];
        image.pixels[i] = image.pixels[i] * (1 - missing) + fill * missing;
    }
}

/// The damage that inpainting undoes: parts of the picture are painted over with one colour, the same in all channels.
///
/// The network does not get the mask. By default it has to distinguish white paint from, for example, a white cloud by
/// its shape. Every colour has this problem, and white and black are rarer in photographs than grey.
struct Inpainting {
    Damage mask = OneOf{{RectangleMask{}, StrokeMask{}}};  ///< Draws into a mask of zeros.
    float fill = 1;                                        ///< Value of what is missing, 0 to 1; by default white.

    void operator()(Image& image, Random& random) const {
        const auto paint = static_cast<double>(fill);
        detail::check_range("Inpainting", "the fill", paint, paint, 0, 1);
        if (!mask) throw Error("Inpainting: no mask given");
        Image missing({1, image.shape.height, image.shape.width});
        mask(missing, random);
        apply_mask(image, missing, fill);
    }
};

}  // namespace depix

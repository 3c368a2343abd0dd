// Text images: random text on white paper and its pixelated twin, the data set of the depixelizer.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "depix/data/text/font.hpp"
#include "depix/error.hpp"
#include "depix/image/pixelate.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"
#include "depix/view.hpp"

namespace depix {

/// How the pairs are drawn. The defaults are those of the published data set.
struct TextOptions {
    Shape shape{3, 64, 256};    ///< Shape of both pictures; the channels are equal.
    int pixels_per_em = 16;     ///< The size of the text, as PIL's ImageFont.truetype(path, 16) counts it.
    int max_pixels_per_em = 0;  ///< Sizes from pixels_per_em to this are equally likely; 0: only pixels_per_em.
    int min_characters = 4;     ///< Characters are drawn independently; all of the alphabet are equally likely.
    int max_characters = 20;    ///< Included.
    std::string alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ";
    std::string separator = " ";        ///< Between one character and the next.
    double separated = 1;               ///< The share of texts with the separator; the others have none.
    int largest_x = 200;                ///< The text starts at 0..largest_x from the left, included.
    int largest_y = 20;                 ///< Its ascender line is at 0..largest_y from the top, included.
    std::vector<int> windows{2, 3, 4};  ///< Pixelation windows, all equally likely.
    std::vector<PixelateResize> resizes{PixelateResize::Nearest};  ///< How pixelate() resizes, all equally likely.
};

/// The random choices for one pair.
struct TextLine {
    std::string text;  ///< With the separators.
    std::size_t font = 0;
    int x = 0;
    int y = 0;
    int window = 0;
    PixelateResize resize = PixelateResize::Nearest;
    int pixels_per_em = 0;  ///< One of the options' sizes; 0: the smallest.
};

/// A text, drawn and pixelated; values are multiples of 1/255, as a PNG would hold them.
struct TextPair : TextLine {
    Image clean;
    Image pixelated;
};

/// Draws pairs. All glyphs are rasterised once, in the constructor; const calls are thread-safe.
///
/// A pair depends only on the Random. If example `index` of epoch `epoch` is drawn from Random(seed, epoch, index), it
/// does not depend on the threads. (The rasteriser computes in float, so that with another compiler an edge's grey may
/// differ by one step.)
///
/// Text is placed as PIL's ImageDraw.text((x, y), text, font=ImageFont.truetype(path, 16)) does: x is where the pen
/// starts, and y is where the line's ascender is. The pen moves by fractions of a pixel, and each glyph is placed at
/// the nearest whole pixel. Glyphs are anti-aliased and fitted to the pixel grid much as FreeType does (see
/// Font::glyph). There is no kerning. The pixelated pictures of 800 pairs have a PSNR of 21.5 dB, computed from the
/// mean error, the same as when PIL draws the text.
class TextImages {
  public:
    /// Throws Error for no font, an empty range or alphabet, and characters other than printable ASCII; FileError for
    /// a font that lacks a character.
    explicit TextImages(std::vector<Font> fonts, TextOptions options = {}) : options_(std::move(options)) {
        check_options();
        if (fonts.empty()) throw Error("TextImages: no font given");
        for (const Font& font : fonts) {
            for (int size = options_.pixels_per_em; size <= largest_size(); ++size) {
                faces_.push_back(rasterise(font, static_cast<float>(size)));
            }
        }
        fonts_ = fonts.size();
    }
    explicit TextImages(const Font& font, TextOptions options = {})
        : TextImages(std::vector<Font>{font}, std::move(options)) {}

    const TextOptions& options() const { return options_; }

    /// Chooses, in this order: font, size if there are several, length, whether separated if there is a choice,
    /// characters, x, y, window, resize if there are several. The same state of the Random gives the same choices
    /// again.
    TextLine choose(Random& random) const {
        TextLine line;
        line.font = static_cast<std::size_t>(random.integer(0, static_cast<int>(fonts_) - 1));
        line.pixels_per_em = options_.pixels_per_em;
        if (options_.max_pixels_per_em > 0) line.pixels_per_em = random.integer(line.pixels_per_em, largest_size());
        const int length = random.integer(options_.min_characters, options_.max_characters);
        const bool separated = options_.separated >= 1 || random.uniform() < options_.separated;
        for (int i = 0; i < length; ++i) {
            if (i > 0 && separated) line.text += options_.separator;
            line.text += pick(options_.alphabet, random);
        }
        line.x = random.integer(0, options_.largest_x);
        line.y = random.integer(0, options_.largest_y);
        line.window = pick(options_.windows, random);
        line.resize = options_.resizes.size() == 1 ? options_.resizes[0] : pick(options_.resizes, random);
        return line;
    }

    /// One pair.
    TextPair draw(Random& random) const {
        TextPair pair{choose(random), Image(options_.shape), Image(options_.shape)};
        render(pair, pair.pixelated.view(), pair.clean.view());
        return pair;
    }

    /// Draws one pair into the caller's memory, views of one picture of options().shape each. Returns the choices.
    TextLine draw(Random& random, View<float> pixelated, View<float> clean) const {
        TextLine line = choose(random);
        render(line, pixelated, clean);
        return line;
    }

    /// Draws the pair of a line into views of one picture of options().shape each. Throws ShapeError for other shapes.
    void render(const TextLine& line, View<float> pixelated, View<float> clean) const {
        const Shape& shape = options_.shape;
        if (pixelated.shape() != shape || clean.shape() != shape) {
            throw ShapeError("TextImages: draws " + to_string(shape) + ", got views of " +
                             to_string(pixelated.shape()) + " and " + to_string(clean.shape()));
        }
        std::vector<std::uint8_t> paper(shape.area(), 255), blocks(shape.area());
        write(line, paper);
        depix::pixelate(paper, shape.height, shape.width, line.window, blocks, line.resize);
        unpack(paper, clean);
        unpack(blocks, pixelated);
    }

    /// The characters of a line that are completely inside the picture, which a reader can be expected to read.
    std::string visible_text(const TextLine& line) const {
        std::string visible;
        place(line, [&](char character, const Glyph& glyph, int left, int top) {
            const bool inside = left >= 0 && left + glyph.width <= options_.shape.width && top >= 0 &&
                                top + glyph.height <= options_.shape.height;
            if (inside) visible += character;
        });
        return visible;
    }

  private:
    struct Face {
        int ascent = 0;
        std::array<Glyph, 128> glyphs{};  // by ASCII code
    };

    int largest_size() const { return (std::max)(options_.pixels_per_em, options_.max_pixels_per_em); }

    Face rasterise(const Font& font, float pixels_per_em) const {
        Face face;
        face.ascent = font.ascent(pixels_per_em);
        for (const char character : options_.alphabet + options_.separator) {
            const auto code = static_cast<unsigned char>(character);
            if (!font.contains(code)) {
                throw FileError(font.name(), std::string("has no character '") + character + "'");
            }
            face.glyphs[code] = font.glyph(code, pixels_per_em);
        }
        return face;
    }

    template <class Sequence>
    static typename Sequence::value_type pick(const Sequence& sequence, Random& random) {
        return sequence[static_cast<std::size_t>(random.integer(0, static_cast<int>(sequence.size()) - 1))];
    }

    /// Calls visit(character, glyph, left, top) for every character, with the place of its bitmap in the picture.
    template <class Visit>
    void place(const TextLine& line, Visit visit) const {
        const int smallest = options_.pixels_per_em, sizes = largest_size() - smallest + 1;
        const int size = line.pixels_per_em == 0 ? 0 : line.pixels_per_em - smallest;
        if (size < 0 || size >= sizes) {
            throw Error("TextImages: no glyphs of " + std::to_string(line.pixels_per_em) + " pixels per em");
        }
        const Face& face = faces_.at(line.font * static_cast<std::size_t>(sizes) + static_cast<std::size_t>(size));
        int pen = line.x * 64;  // 1/64 pixel
        for (const char character : line.text) {
            const Glyph& glyph = face.glyphs[static_cast<unsigned char>(character) & 127u];
            visit(character, glyph, (pen + 32) / 64 + glyph.left, line.y + face.ascent + glyph.top);
            pen += glyph.advance;
        }
    }

    /// Draws the text on the paper in black, clipped at the paper's edges. paper is (height, width).
    void write(const TextLine& line, std::vector<std::uint8_t>& paper) const {
        const int height = options_.shape.height, width = options_.shape.width;
        place(line, [&](char, const Glyph& glyph, int left, int top) {
            const int first = (std::max)(0, -left), last = (std::min)(glyph.width, width - left);
            for (int row = (std::max)(0, -top); row < (std::min)(glyph.height, height - top); ++row) {
                const std::uint8_t* ink = glyph.coverage.data() + row * glyph.width;
                std::uint8_t* pixel = paper.data() + (top + row) * width;
                for (int x = first; x < last; ++x) {
                    pixel[left + x] = (std::min)(pixel[left + x], static_cast<std::uint8_t>(255 - ink[x]));
                }
            }
        });
    }

    /// Copies one plane of bytes, (height, width), to every channel of a view, as 0..1.
    static void unpack(const std::vector<std::uint8_t>& plane, View<float> view) {
        for (int channel = 0; channel < view.channels; ++channel) {
            const std::uint8_t* source = plane.data();
            for (int y = 0; y < view.height; ++y, source += view.width) {
                std::transform(source, source + view.width, view.row(0, channel, y), from_byte);
            }
        }
    }

    void check_options() const {
        const auto require = [](bool condition, const char* complaint) {
            if (!condition) throw Error(std::string("TextImages: ") + complaint);
        };
        const auto& [shape, size, max_size, least, most, alphabet, separator, separated, largest_x, largest_y, windows,
                     resizes] = options_;
        require(shape.channels > 0 && shape.height > 0 && shape.width > 0, "the shape is empty");
        require(size >= 1 && size <= 1000, "the size of the text is not between 1 and 1000 pixels per em");
        require(max_size == 0 || (max_size >= size && max_size <= 1000), "the range of sizes is empty");
        require(least >= 0 && least <= most, "the range of lengths is empty");
        require(separated >= 0 && separated <= 1, "the share of separated texts is not within 0..1");
        require(!alphabet.empty(), "the alphabet is empty");
        require(largest_x >= 0 && largest_y >= 0, "the range of places is empty");
        require(!windows.empty(), "no window given");
        require(!resizes.empty(), "no way to resize given");
        for (const int window : windows) {
            require(window >= 1 && window <= shape.height && window <= shape.width,
                    "a window is larger than the picture");
        }
        for (const char character : alphabet + separator) {
            require(character >= ' ' && character <= '~', "the alphabet holds more than printable ASCII");
        }
    }

    TextOptions options_;
    std::size_t fonts_ = 0;
    std::vector<Face> faces_;  // (font, size)
};

}  // namespace depix

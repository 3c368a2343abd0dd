// Drawn page source: endless pairs of a degraded and a clean part of a page, both made by the library itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/data/pages/clean_pages.hpp"
#include "depix/data/pages/degrade_page.hpp"
#include "depix/data/sources/pair_source.hpp"
#include "depix/data/text/font.hpp"
#include "depix/error.hpp"
#include "depix/image/binarize.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"
#include "depix/view.hpp"

namespace depix {

struct DrawnPageSourceOptions {
    Shape shape{1, 256, 256};  ///< Shape of both pictures of a pair; grey. The page's own height and width are ignored.
    std::size_t pairs = 10'000;  ///< Number of pairs in an epoch.
    DrawnPageOptions page{};     ///< page.binary affects only the target; the damage gets a page with smooth edges.
    Damage damage{};             ///< Empty: binarization_damage() with the source's fonts.
    std::uint64_t seed = 0;
    Redraw redraw = Redraw::EveryEpoch;
};

/// Pairs of parts of pages. Input: the degraded one; target: the clean one, black and white if page.binary says so.
///
///     const std::vector<Font> fonts = page_fonts();
///     DrawnPageSource binarization(fonts, {.page = {.largest_size = 64, .binary = true}});  // as large as DIBCO's
///     DrawnPageSource deblurring(fonts, {.damage = deblurring_damage()});
///     DrawnPageSource watermarks(fonts, {.damage = watermark_damage(fonts)});
///
/// The content of a pair comes from Random(seed, epoch, index) and does not depend on the threads. Only fonts are read,
/// so that weights trained on these pairs do not depend on anyone's pictures. Copies share the fonts' memory.
class DrawnPageSource {
  public:
    /// Throws Error for no font, no pair and impossible page options; ShapeError unless the shape is grey.
    explicit DrawnPageSource(std::vector<Font> fonts, DrawnPageSourceOptions options = {})
        : fonts_(std::move(fonts)), options_(std::move(options)) {
        const Shape& shape = options_.shape;
        if (shape.channels != 1) {
            throw ShapeError(
                std::string("DrawnPageSource: draws grey pages, of 1 channel, not ").append(to_string(shape)));
        }
        if (options_.pairs < 1) throw Error("DrawnPageSource: no pair in an epoch");
        options_.page.height = shape.height;
        options_.page.width = shape.width;
        detail::check_drawn_page(fonts_, options_.page);
        if (!options_.damage) options_.damage = binarization_damage(fonts_);
    }

    std::size_t size() const { return options_.pairs; }
    Shape input_shape() const { return options_.shape; }
    Shape target_shape() const { return options_.shape; }
    const DrawnPageSourceOptions& options() const { return options_; }

    /// Throws what the damage throws, and Error if it changes the shape.
    void pair(std::uint64_t epoch, std::size_t index, View<float> input, View<float> target) const {
        Random random(options_.seed, options_.redraw == Redraw::EveryEpoch ? epoch : 0, index);
        DrawnPageOptions smooth = options_.page;
        smooth.binary = false;
        Image page = draw_page(random, fonts_, smooth);
        const Image clean = options_.page.binary ? binarize(page, options_.page.threshold) : page;
        options_.damage(page, random);
        if (page.shape != options_.shape) {
            std::string text("DrawnPageSource: the damage made a page of ");
            throw Error(text.append(to_string(page.shape)).append(" of one of ").append(to_string(options_.shape)));
        }
        const auto same = [](float value) { return value; };
        detail::fill_view(target, clean.pixels.data(), same);
        detail::fill_view(input, page.pixels.data(), same);
    }

  private:
    std::vector<Font> fonts_;
    DrawnPageSourceOptions options_;
};

}  // namespace depix

// Degrade page: the damage by time, scanners and stamps, combined for the three tasks of document enhancement.
//
// The single damages are in paper.hpp (FadedInk, PaperTexture, UnevenLight), page_stains.hpp (Stains, BleedThrough,
// Folds), page_blur.hpp (PageBlur) and watermark.hpp (Watermark).
#pragma once

#include <utility>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/data/pages/clean_pages.hpp"
#include "depix/data/pages/page_blur.hpp"
#include "depix/data/pages/page_stains.hpp"
#include "depix/data/pages/paper.hpp"
#include "depix/data/pages/watermark.hpp"
#include "depix/data/text/font.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// Makes a clean page look like an old one of a library's collection, photographed in grey. It is the input of a
/// binarization network (the pages of the DIBCO contests, https://dib.cin.ufpe.br, are the model). With fonts, the
/// other side that shows through is in half of the cases a page drawn with them; otherwise it is always this side's own
/// text.
///
/// On 300 drawn pages Otsu's threshold has an F-measure of 77 and Sauvola's 85. On parts of the same size of DIBCO
/// 2009's and 2016's pages they have 85 and 86, so the drawn pages are no easier than the real ones.
inline Damage binarization_damage(std::vector<Font> fonts = {}) {
    Damage other_side = BleedThrough{};
    if (!fonts.empty()) {
        BleedThrough drawn;
        drawn.other = [held = std::move(fonts)](int height, int width, Random& random) {
            return draw_page(random, held, {.height = height, .width = width});
        };
        other_side = OneOf{{BleedThrough{}, std::move(drawn)}};
    }
    return AllOf{{AllOf{{std::move(other_side)}, 0.65}, FadedInk{}, PaperTexture{}, AllOf{{Stains{}}, 0.5},
                  AllOf{{Folds{}}, 0.2}, AllOf{{UnevenLight{}}, 0.6},
                  AllOf{{PageBlur{.min_sigma = 0.3, .max_sigma = 1.2, .moved = 0.05, .max_length = 4}}, 0.7},
                  AllOf{{GaussianNoise{.min_sigma = 0, .max_sigma = 0.015}}, 0.4},
                  AllOf{{JpegArtefacts{.worst_quality = 40, .best_quality = 90}}, 0.3}}};
}

/// Blurs a page by defocus or motion, and adds a little noise and sometimes compression. The result is the input of a
/// deblurring network.
inline Damage deblurring_damage() {
    return AllOf{{PageBlur{.min_sigma = 0.6, .max_sigma = 2.2, .max_length = 11},
                  AllOf{{UnevenLight{.max_strength = 0.15, .gutter = 0}}, 0.3},
                  GaussianNoise{.min_sigma = 0, .max_sigma = 0.02},
                  AllOf{{JpegArtefacts{.worst_quality = 40, .best_quality = 90}}, 0.3}}};
}

/// Adds one or several watermarks to a page, which is sometimes also noisy or compressed. Throws Error, when it is
/// used, if there is no font.
inline Damage watermark_damage(std::vector<Font> fonts) {
    return AllOf{{Watermark{.fonts = std::move(fonts)}, AllOf{{GaussianNoise{.min_sigma = 0, .max_sigma = 0.01}}, 0.3},
                  AllOf{{JpegArtefacts{.worst_quality = 50, .best_quality = 95}}, 0.2}}};
}

}  // namespace depix

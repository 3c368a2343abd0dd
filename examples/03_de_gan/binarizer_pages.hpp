// What the binarizer is trained on: drawn pages with damage of many kinds, and parts of real pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/data/text/font.hpp"
#include "depix/image/local_contrast.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"
#include "depix/view.hpp"
#include "page_folder.hpp"

namespace example {

/// Pairs of squares: the local contrast of a damaged page, and its ink (0) and paper (1).
///
/// A share of the squares is drawn: print and hands of 12 to 260 pixels per em, with lines and frames; faint ink, the
/// other side's ink, as dark as this side's too, stains, folds, black borders, uneven light, blur, noise, JPEG, and any
/// contrast. Some pages are black and white already, and stay as they are. The others are parts of real pages at half
/// to twice their size, also upside down, with some of the same damage; the paper of these pages, with its ink filled
/// in, is also what a part of the drawn squares lies on. The content depends only on the seed, the epoch and the index.
class BinarizerPages {
  public:
    struct Options {
        int side = 256;            // of the squares
        int whole = 384;           // of the page that each is cut from
        std::size_t pairs = 4000;  // in an epoch
        double real_share = 0.5;   // if there are real pages
        std::uint64_t seed = 0;
    };

    BinarizerPages(const std::vector<PagePair>& real, Options options);

    std::size_t size() const { return options_.pairs; }
    depix::Shape input_shape() const { return {depix::contrast_channels, options_.side, options_.side}; }
    depix::Shape target_shape() const { return {1, options_.side, options_.side}; }
    void pair(std::uint64_t epoch, std::size_t index, depix::View<float> input, depix::View<float> target) const;

    /// The damaged page and its ink, drawn or real, of `whole` pixels each way.
    PagePair page(std::uint64_t epoch, std::size_t index) const;

  private:
    struct RealPage {
        depix::Image degraded, clean, paper;
    };

    PagePair drawn(depix::Random& random) const;
    PagePair real(depix::Random& random) const;
    /// Small letters have at most 26 pixels per em.
    depix::Image draw(depix::Random& random, int side, bool small) const;
    depix::Image paper(depix::Random& random, int side) const;

    Options options_;
    std::vector<depix::Font> fonts_;
    std::shared_ptr<const std::vector<RealPage>> real_;
};

}  // namespace example

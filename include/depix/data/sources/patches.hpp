// Patches: pages cut into squares of one size that overlap, as a source of pairs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "depix/data/parallel.hpp"
#include "depix/data/sources/pair_folder.hpp"
#include "depix/data/sources/pair_source.hpp"
#include "depix/error.hpp"
#include "depix/image/pixelate.hpp"
#include "depix/image/resize.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"
#include "depix/view.hpp"

namespace depix {

/// The upper left pixel of a patch.
struct PatchPlace {
    int top = 0;
    int left = 0;

    friend bool operator==(const PatchPlace&, const PatchPlace&) = default;
};

/// Where to cut a page into patches of size x size pixels that cover all of it. The places are listed row by row, every
/// `stride` pixels from the upper left corner on. The last row and column of patches are moved back to the page's edge.
/// Throws ShapeError for a page smaller than a patch (pad it first; PatchSource does), Error for a stride below 1 or
/// above the size, which would leave gaps.
inline std::vector<PatchPlace> cut_places(const Shape& page, int size, int stride) {
    if (size < 1 || stride < 1 || stride > size) {
        throw Error(std::string("cut_places: patches of ").append(std::to_string(size)) + " pixels every " +
                    std::to_string(stride) + "; the stride must be from 1 to the size");
    }
    if (page.height < size || page.width < size) {
        throw ShapeError(std::string("cut_places: a page of ").append(to_string(page)) +
                         " is smaller than a patch of " + std::to_string(size) + "x" + std::to_string(size) +
                         "; pad it first");
    }
    const auto starts = [&](int length) {
        std::vector<int> result;
        for (int start = 0; start < length - size; start += stride) result.push_back(start);
        result.push_back(length - size);
        return result;
    };
    std::vector<PatchPlace> places;
    const std::vector<int> columns = starts(page.width);
    for (const int top : starts(page.height))
        for (const int left : columns) places.push_back({top, left});
    return places;
}

/// The defaults are DE-GAN's: patches of 256 that overlap by a quarter (M. A. Souibgui, Y. Kessentini, "DE-GAN: a
/// conditional generative adversarial network for document enhancement", IEEE TPAMI 44(3), 2022, arXiv 2010.08764).
struct PatchOptions {
    int size = 256;
    int stride = 192;
    bool flips_and_rotations = false;  ///< Applies any of the square's eight symmetries, another one each epoch.
    /// The degraded patch's contrast is lowered by a random share of up to this, 0..1: x -> m + (1 - share)(x - m),
    /// where m is its mean, which is close to the paper's value. Ink fades unevenly over the centuries, and scanners
    /// differ.
    float largest_fading = 0;
    std::uint64_t seed = 0;  ///< Seed of the symmetries and the fading.
    Redraw redraw = Redraw::EveryEpoch;
};

/// Pairs of patches of all pages, one page after the other. Input: a patch of the degraded page; target: the patch at
/// the same place of the clean page.
///
///     Loader loader{PatchSource(document_pairs("documents"), {.flips_and_rotations = true}), {.batch_size = 4}};
///
/// All pages are kept in memory, one byte per value; copies share them. A page smaller than a patch is padded with
/// paper (1), to the right and below. Pair `index` of epoch `epoch` depends only on these two numbers and the seed.
class PatchSource {
  public:
    /// Reads all pages, on `threads` threads. Throws FileError, which names the page, for a page that cannot be read or
    /// has other channels than the first; Error for no page and for impossible sizes.
    explicit PatchSource(const PairFolder& pairs, PatchOptions options = {}, int threads = hardware_threads())
        : options_(options) {
        std::vector<Page> pages(pairs.size());
        for_each_index(pairs.size(), threads, [&](std::size_t i) {
            const ImagePair pair = pairs.read(i);
            pages[i] = padded(pair.damaged, pair.clean);
        });
        keep(std::move(pages),
             [&](std::size_t i, const std::string& why) { throw FileError(pairs.damaged_path(i), why); });
    }

    /// Page i and its clean twin are degraded[i] and clean[i]. Throws ShapeError, which gives the page's number, for
    /// twins of different shapes and for a page without pixels or with other channels than the first; Error for no
    /// page, for unequal numbers of pages, and for impossible sizes.
    PatchSource(const std::vector<Image>& degraded, const std::vector<Image>& clean, PatchOptions options = {})
        : options_(options) {
        if (degraded.size() != clean.size()) {
            throw Error(std::string("PatchSource: ").append(std::to_string(degraded.size())) + " degraded pages and " +
                        std::to_string(clean.size()) + " clean ones");
        }
        const auto refuse = [](std::size_t i, const std::string& why) {
            throw ShapeError(std::string("PatchSource: page ").append(std::to_string(i)).append(" ").append(why));
        };
        std::vector<Page> pages;
        for (std::size_t i = 0; i < degraded.size(); ++i) {
            const Shape &shape = degraded[i].shape, &twin = clean[i].shape;
            if (shape != twin) refuse(i, "is " + to_string(shape) + ", but its twin is " + to_string(twin));
            if (shape.size() == 0) refuse(i, "has no pixels: it is " + to_string(shape));
            pages.push_back(padded(degraded[i], clean[i]));
        }
        keep(std::move(pages), refuse);
    }

    std::size_t size() const { return patches_->size(); }
    Shape input_shape() const { return {pages_->front().shape.channels, options_.size, options_.size}; }
    Shape target_shape() const { return input_shape(); }
    const PatchOptions& options() const { return options_; }

    /// Where pair `index` is cut from: the page's number, and the place on it. Throws std::out_of_range.
    std::pair<std::size_t, PatchPlace> place(std::size_t index) const { return patches_->at(index); }

    void pair(std::uint64_t epoch, std::size_t index, View<float> input, View<float> target) const {
        const auto& [number, place] = (*patches_)[index];
        const Page& page = (*pages_)[number];
        Symmetry symmetry = Symmetry::Same;
        Random random(options_.seed, options_.redraw == Redraw::EveryEpoch ? epoch : 0, index);
        if (options_.flips_and_rotations) symmetry = static_cast<Symmetry>(random.integer(0, 7));
        cut(page, page.degraded, place, symmetry, input);
        if (options_.largest_fading > 0) fade(input, options_.largest_fading * static_cast<float>(random.uniform()));
        cut(page, page.clean, place, symmetry, target);
    }

  private:
    struct Page {
        Shape shape;
        std::vector<std::uint8_t> degraded, clean;
    };

    static void fade(View<float> patch, float share) {
        const auto for_pixels = [&](auto&& body) {
            for (int c = 0; c < patch.channels; ++c)
                for (int i = 0; i < patch.height; ++i)
                    for (int j = 0; j < patch.width; ++j) body(patch(0, c, i, j));
        };
        double sum = 0;
        for_pixels([&](float x) { sum += static_cast<double>(x); });
        const float mean = static_cast<float>(sum / static_cast<double>(patch.shape().size()));
        for_pixels([&](float& x) { x += share * (mean - x); });
    }

    Page padded(const Image& degraded, const Image& clean) const {
        Page page{degraded.shape, {}, {}};
        page.shape.height = (std::max)(page.shape.height, options_.size);
        page.shape.width = (std::max)(page.shape.width, options_.size);
        const auto bytes = [&](const Image& image) {
            std::vector<std::uint8_t> values(page.shape.size(), 255);
            for (int c = 0; c < image.shape.channels; ++c) {
                for (int y = 0; y < image.shape.height; ++y) {
                    const auto row = static_cast<std::size_t>(c * page.shape.height + y);
                    const float* from = image.pixels.data() + static_cast<std::size_t>(c) * image.shape.area() +
                                        static_cast<std::size_t>(y) * static_cast<std::size_t>(image.shape.width);
                    std::transform(from, from + image.shape.width,
                                   values.data() + row * static_cast<std::size_t>(page.shape.width), to_byte);
                }
            }
            return values;
        };
        page.degraded = bytes(degraded);
        page.clean = bytes(clean);
        return page;
    }

    /// Calls refuse(page, why) for a page that does not fit the first.
    template <class Refuse>
    void keep(std::vector<Page> pages, Refuse refuse) {
        if (pages.empty()) throw Error("PatchSource: no page");
        std::vector<std::pair<std::size_t, PatchPlace>> patches;
        for (std::size_t i = 0; i < pages.size(); ++i) {
            const int channels = pages[i].shape.channels, first = pages.front().shape.channels;
            if (channels != first) {
                refuse(i, "has " + std::to_string(channels) + " channels, the first " + std::to_string(first) +
                              "; the patches of a batch have one shape");
            }
            for (const PatchPlace& at : cut_places(pages[i].shape, options_.size, options_.stride)) {
                patches.emplace_back(i, at);
            }
        }
        pages_ = std::make_shared<const std::vector<Page>>(std::move(pages));
        patches_ = std::make_shared<const std::vector<std::pair<std::size_t, PatchPlace>>>(std::move(patches));
    }

    static void cut(const Page& page, const std::vector<std::uint8_t>& pixels, const PatchPlace& place,
                    Symmetry symmetry, View<float> patch) {
        Image part(patch.shape());
        for (int c = 0; c < patch.channels; ++c) {
            for (int y = 0; y < patch.height; ++y) {
                const auto row = static_cast<std::size_t>(c * page.shape.height + place.top + y);
                const std::uint8_t* from =
                    pixels.data() + row * static_cast<std::size_t>(page.shape.width) + place.left;
                std::transform(from, from + patch.width, &part(c, y, 0), from_byte);
            }
        }
        if (symmetry != Symmetry::Same) part = transformed(part, symmetry);
        detail::fill_view(patch, part.pixels.data(), [](float value) { return value; });
    }

    PatchOptions options_;
    std::shared_ptr<const std::vector<Page>> pages_;
    std::shared_ptr<const std::vector<std::pair<std::size_t, PatchPlace>>> patches_;  // page's number, place on it
};

}  // namespace depix

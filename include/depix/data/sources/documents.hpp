// Documents: the folders of Kaggle's "Denoising Dirty Documents", split by page, as a source of pairs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "depix/data/parallel.hpp"
#include "depix/data/sources/pair_folder.hpp"
#include "depix/data/sources/pair_source.hpp"
#include "depix/data/sources/pair_sources.hpp"
#include "depix/error.hpp"
#include "depix/image/resize.hpp"
#include "depix/random.hpp"
#include "depix/view.hpp"

namespace depix {

/// The pairs of a folder of documents, in grey. The layout is Kaggle's after unpacking, or two plain folders.
///
///     root/train/101.png          dirty          root/noisy/101.png
///     root/train_cleaned/101.png  clean   or     root/clean/101.png
///
/// (root/test holds dirty pages without twins; ImageFolder reads those.) Throws FileError if root has neither layout
/// and, like PairFolder, for a page without its twin or if there is no page.
inline PairFolder document_pairs(const std::filesystem::path& root, PairFolderOptions options = {.channels = 1}) {
    namespace fs = std::filesystem;
    if (fs::is_directory(root / "train_cleaned")) return {root / "train_cleaned", root / "train", options};
    if (fs::is_directory(root / "noisy")) return {root / "clean", root / "noisy", options};
    throw FileError(root.string(), "holds neither train_cleaned/ and train/ nor clean/ and noisy/");
}

/// Groups pairs by page. Pairs whose clean files are the same, byte by byte, are one page that was made dirty several
/// times. The groups are in the order of their first pairs.
inline std::vector<std::vector<std::size_t>> group_by_page(const PairFolder& pairs) {
    std::map<std::string, std::size_t> known;  // from a file's bytes to its group
    std::vector<std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        std::ifstream file(pairs.clean_path(i), std::ios::binary);
        if (!file) throw FileError(pairs.clean_path(i), "cannot be opened");
        std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
        const auto [place, first] = known.emplace(std::move(bytes), groups.size());
        if (first) groups.emplace_back();
        groups[place->second].push_back(i);
    }
    return groups;
}

/// Which pages are held out: one in `test_every` for the test, one in `validation_every` for validation.
struct PageSplitOptions {
    std::size_t test_every = 5;
    std::size_t validation_every = 10;
};

/// Splits by page, so that no page is both in the training set and in the test set. Throws Error if a part is empty.
inline PairSplit split_by_page(const PairFolder& pairs, PageSplitOptions options = {}) {
    const auto groups = group_by_page(pairs);
    std::vector<std::size_t> train, validation, test;
    for (std::size_t page = 0; page < groups.size(); ++page) {
        const bool tests = options.test_every > 0 && (page + 1) % options.test_every == 0;
        const bool validates = options.validation_every > 0 && (page + 2) % options.validation_every == 0;
        std::vector<std::size_t>& part = tests ? test : validates ? validation : train;
        part.insert(part.end(), groups[page].begin(), groups[page].end());
    }
    if (train.empty() || validation.empty() || test.empty()) {
        throw Error("split_by_page: " + std::to_string(groups.size()) + " pages leave a part empty; one in " +
                    std::to_string(options.test_every) + " is for the test, one in " +
                    std::to_string(options.validation_every) + " for validation");
    }
    return {pairs.select(train), pairs.select(validation), pairs.select(test)};
}

/// How pages of several sizes become pictures of one size.
enum class PageFit {
    Resize,  ///< The whole page, squeezed or stretched.
    Crop     ///< A part in full resolution, at a random place; the same place in every epoch with Redraw::Never.
};

struct PageOptions {
    Shape shape{1, 420, 540};
    PageFit fit = PageFit::Resize;
    /// How PageFit::Resize resizes. Bilinear is what torchvision's Resize and PIL do; they differ from it only in the
    /// outermost pixels of pages that shrink.
    Resampling resampling = Resampling::Bicubic;
    std::size_t crops = 1;  ///< Number of pairs per page in an epoch, with PageFit::Crop.
    std::uint64_t seed = 0;
    Redraw redraw = Redraw::EveryEpoch;
};

/// Pairs of pages, or parts of pages. Input: dirty; target: clean. All pages are decoded once and kept in memory, one
/// byte per pixel; copies share them. Pair `index` of epoch `epoch` depends only on these two numbers and the seed.
class PageSource {
  public:
    /// Reads all pages, on `threads` threads. Throws FileError, which names the page, for a page that cannot be read,
    /// whose twin has another size, or that is smaller than the part to be cut from it; Error for no page.
    explicit PageSource(const PairFolder& pairs, PageOptions options = {}, int threads = hardware_threads())
        : options_(options) {
        if (pairs.size() == 0) throw Error("PageSource: no page");
        if (options.crops < 1) throw Error("PageSource: no crop of any page");
        const Shape& shape = options_.shape;
        std::vector<Page> pages(pairs.size());
        for_each_index(pairs.size(), threads, [&](std::size_t i) {
            ImagePair pair = pairs.read(i);
            const Shape& own = pair.clean.shape;
            if (own.channels != shape.channels ||
                (options.fit == PageFit::Crop && (own.height < shape.height || own.width < shape.width))) {
                throw FileError(pairs.damaged_path(i), "is " + to_string(own) + ", from which no " + to_string(shape) +
                                                           " can be cut: resize the pages, or ask for less");
            }
            if (options.fit == PageFit::Resize) {
                pair.clean = resize(pair.clean, shape.height, shape.width, options.resampling);
                pair.damaged = resize(pair.damaged, shape.height, shape.width, options.resampling);
            }
            pages[i] = {pair.clean.shape, bytes(pair.damaged), bytes(pair.clean)};
        });
        pages_ = std::make_shared<const std::vector<Page>>(std::move(pages));
    }

    std::size_t size() const { return pages_->size() * (options_.fit == PageFit::Crop ? options_.crops : 1); }
    Shape input_shape() const { return options_.shape; }
    Shape target_shape() const { return options_.shape; }

    void pair(std::uint64_t epoch, std::size_t index, View<float> input, View<float> target) const {
        const Page& page = (*pages_)[index % pages_->size()];
        Random random(options_.seed, options_.redraw == Redraw::EveryEpoch ? epoch : 0, index);
        const int top = random.integer(0, page.shape.height - options_.shape.height);
        const int left = random.integer(0, page.shape.width - options_.shape.width);
        cut(page, page.damaged, top, left, input);
        cut(page, page.clean, top, left, target);
    }

  private:
    struct Page {
        Shape shape;
        std::vector<std::uint8_t> damaged, clean;
    };

    static std::vector<std::uint8_t> bytes(const Image& image) {
        std::vector<std::uint8_t> values(image.pixels.size());
        std::transform(image.pixels.begin(), image.pixels.end(), values.begin(), to_byte);
        return values;
    }

    static void cut(const Page& page, const std::vector<std::uint8_t>& pixels, int top, int left, View<float> part) {
        for (int c = 0; c < part.channels; ++c) {
            for (int y = 0; y < part.height; ++y) {
                const auto row = static_cast<std::size_t>(c * page.shape.height + top + y);
                const std::uint8_t* from = pixels.data() + row * static_cast<std::size_t>(page.shape.width) + left;
                std::transform(from, from + part.width, part.row(0, c, y), from_byte);
            }
        }
    }

    PageOptions options_;
    std::shared_ptr<const std::vector<Page>> pages_;
};

}  // namespace depix

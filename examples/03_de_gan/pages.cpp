#include "pages.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "depix/data/pages/watermark.hpp"
#include "depix/data/sources/documents.hpp"
#include "depix/data/sources/drawn_page_source.hpp"
#include "depix/data/sources/image_folder.hpp"
#include "depix/data/sources/patches.hpp"

namespace {

using namespace depix;

/// One source after the other: pair i of the second is pair first.size() + i.
struct BothSources {
    AnyPairSource first, second;
    std::size_t size() const { return first.size() + second.size(); }
    Shape input_shape() const { return first.input_shape(); }
    Shape target_shape() const { return first.target_shape(); }
    void pair(std::uint64_t epoch, std::size_t index, View<float> input, View<float> target) const {
        index < first.size() ? first.pair(epoch, index, input, target)
                             : second.pair(epoch, index - first.size(), input, target);
    }
};

}  // namespace

std::string example::to_string(Task task) {
    return task == Task::Binarize ? "binarize" : task == Task::Deblur ? "deblur" : "unwatermark";
}

std::vector<example::PagePair> example::read_pages(const std::filesystem::path& folder, const std::string& only) {
    namespace fs = std::filesystem;
    std::vector<PagePair> pages;
    const auto wanted = [&](const std::string& name) { return name.starts_with(only); };
    if (fs::is_directory(folder / "train_cleaned") || fs::is_directory(folder / "noisy")) {
        const PairFolder pairs = document_pairs(folder);
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const std::string name = fs::path(pairs.damaged_path(i)).stem().string();
            if (!wanted(name)) continue;
            ImagePair pair = pairs.read(i);
            pages.push_back({name, std::move(pair.damaged), std::move(pair.clean)});
        }
    } else {
        const std::string source = "_source", target = "_target";
        const ImageFolder files(folder, {.channels = 1, .recursive = false});
        for (std::size_t i = 0; i < files.size(); ++i) {
            const fs::path path = files.path(i);
            const std::string stem = path.stem().string();
            if (!stem.ends_with(source) || !wanted(stem)) continue;
            const std::string name = stem.substr(0, stem.size() - source.size());
            const fs::path twin = path.parent_path() / (name + target + path.extension().string());
            pages.push_back({name, files.read(i), read_image(twin.string(), 1)});
            if (pages.back().degraded.shape != pages.back().clean.shape)
                throw FileError(path.string(), "is " + to_string(pages.back().degraded.shape) +
                                                   ", but its clean twin is " + to_string(pages.back().clean.shape));
        }
    }
    if (pages.empty())
        throw FileError(folder.string(),
                        "holds no page NAME_source.png with NAME_target.png whose name begins with \"" + only +
                            "\", nor noisy/ and clean/");
    return pages;
}

depix::AnyPairSource example::draw_patches(Task task, std::size_t pairs, int size, std::uint64_t seed, Redraw redraw) {
    const std::vector<Font> fonts = page_fonts();
    DrawnPageSourceOptions options{.shape = {1, size, size}, .pairs = pairs, .seed = seed, .redraw = redraw};
    if (task == Task::Binarize) {
        options.page.binary = true;
        // The contests' pages were scanned at a high resolution, so their strokes are five or six pixels wide. Their
        // ground truth includes some of the soft edge.
        options.page.threshold = 0.7;
        options.page.smallest_size = 30;
        options.page.largest_size = 110;
        options.damage = binarization_damage(fonts);
    } else {
        options.damage = task == Task::Deblur ? deblurring_damage() : watermark_damage(fonts);
    }
    return DrawnPageSource(fonts, options);
}

std::vector<example::PagePair> example::draw_pages(Task task, std::size_t count, int size, std::uint64_t seed) {
    const AnyPairSource source = draw_patches(task, count, size, seed, Redraw::Never);
    std::vector<PagePair> pages;
    for (std::size_t i = 0; i < count; ++i) {
        PagePair page{"drawn" + std::to_string(i), Image(source.input_shape()), Image(source.target_shape())};
        source.pair(0, i, page.degraded.view(), page.clean.view());
        page.degraded = quantized(page.degraded);  // rounded as in a file
        pages.push_back(std::move(page));
    }
    return pages;
}

depix::AnyPairSource example::training_patches(Task task, const std::vector<PagePair>& pages, int drawn,
                                               std::uint64_t seed) {
    constexpr int size = 256;
    const auto drawn_ones = [&] {
        return draw_patches(task, static_cast<std::size_t>(drawn), size, 2 * seed, Redraw::EveryEpoch);
    };
    if (pages.empty()) return drawn_ones();
    std::vector<Image> degraded, clean;
    for (const PagePair& page : pages) {
        degraded.push_back(page.degraded);
        clean.push_back(page.clean);
    }
    const AnyPairSource patches(
        PatchSource(degraded, clean, {.flips_and_rotations = true, .largest_fading = 0.5f, .seed = seed}));
    if (drawn == 0) return patches;
    return BothSources{patches, drawn_ones()};
}

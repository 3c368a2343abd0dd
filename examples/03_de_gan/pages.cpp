#include "pages.hpp"

#include <utility>

#include "depix/data/pages/watermark.hpp"
#include "depix/data/sources/drawn_page_source.hpp"
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

depix::Damage example::blur_damage(Blur blur) {
    const Damage rounded = [](Image& page, Random&) { page = quantized(page); };
    const Damage gaussian = PageBlur{.min_sigma = 2, .max_sigma = 2, .discs = 0, .moved = 0};
    const Damage published = AllOf{{gaussian, rounded}}, varied = AllOf{{deblurring_damage(), rounded}};
    if (blur == Blur::Gaussian) return published;
    return blur == Blur::Varied ? varied : OneOf{{published, varied}};
}

std::string example::to_string(Task task) {
    return task == Task::Binarize ? "binarize" : task == Task::Deblur ? "deblur" : "unwatermark";
}

depix::AnyPairSource example::draw_patches(DrawnKind kind, std::size_t pairs, Shape shape, std::uint64_t seed,
                                           Redraw redraw) {
    const std::vector<Font> fonts = page_fonts();
    DrawnPageSourceOptions options{.shape = shape, .pairs = pairs, .seed = seed, .redraw = redraw};
    if (kind.task == Task::Binarize) {
        options.page.binary = true;
        // The contests' pages were scanned at a high resolution, so their strokes are five or six pixels wide. Their
        // ground truth includes some of the soft edge.
        options.page.threshold = 0.7;
        options.page.smallest_size = 30;
        options.page.largest_size = 110;
        options.damage = binarization_damage(fonts);
    } else {
        options.damage = kind.task == Task::Deblur ? blur_damage(kind.blur) : watermark_damage(fonts);
    }
    if (shape == whole_page) options.page.min_margin = 0.02;
    return DrawnPageSource(fonts, options);
}

std::vector<example::PagePair> example::draw_pages(DrawnKind kind, std::size_t count, Shape shape, std::uint64_t seed) {
    std::vector<PagePair> pages;
    if (count == 0) return pages;
    const AnyPairSource source = draw_patches(kind, count, shape, seed, Redraw::Never);
    for (std::size_t i = 0; i < count; ++i) {
        PagePair page{"drawn" + std::to_string(i), Image(shape), Image(shape)};
        source.pair(0, i, page.degraded.view(), page.clean.view());
        page.degraded = quantized(page.degraded);  // rounded as in a file
        pages.push_back(std::move(page));
    }
    return pages;
}

depix::AnyPairSource example::training_patches(const std::vector<PagePair>& pages, const TrainingPatches& options) {
    std::vector<AnyPairSource> sources;
    const auto add = [&](const std::vector<PagePair>& whole, PatchOptions patches) {
        if (whole.empty()) return;
        std::vector<Image> degraded, clean;
        for (const PagePair& page : whole) {
            degraded.push_back(page.degraded);
            clean.push_back(page.clean);
        }
        sources.emplace_back(PatchSource(degraded, clean, patches));
    };
    add(pages, {.flips_and_rotations = true, .largest_fading = 0.5f, .seed = options.seed});
    add(draw_pages(options.kind, static_cast<std::size_t>(options.whole_pages), whole_page, 2 * options.seed), {});
    if (options.drawn > 0)
        sources.push_back(draw_patches(options.kind, static_cast<std::size_t>(options.drawn), {1, 256, 256},
                                       2 * options.seed, Redraw::EveryEpoch));
    if (sources.empty())
        throw Error("there is nothing to train on: --drawn and --whole-pages are 0, and there are no --pages");
    AnyPairSource all = sources.front();
    for (std::size_t i = 1; i < sources.size(); ++i) all = BothSources{all, sources[i]};
    return all;
}

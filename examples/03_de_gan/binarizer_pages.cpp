#include "binarizer_pages.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "depix/data/pages/clean_pages.hpp"
#include "depix/data/pages/page_blur.hpp"
#include "depix/data/pages/page_stains.hpp"
#include "depix/data/pages/paper.hpp"
#include "depix/data/sources/pair_source.hpp"
#include "depix/image/binarize.hpp"
#include "depix/image/fill_holes.hpp"
#include "depix/image/resize.hpp"

namespace {

using namespace depix;

bool happens(double chance, Random& random) { return random.uniform() < chance; }

/// A logarithm that is uniform: small values are as frequent as large ones.
double between(double low, double high, Random& random) { return low * std::pow(high / low, random.uniform()); }

/// Lines and frames of pens and brushes.
void rule_lines(Image& page, Random& random) {
    Image ink(page.shape);
    const double side = page.shape.height, radius = between(0.8, 14, random);
    const auto place = [&] { return random.uniform(-0.2 * side, 1.2 * side); };
    if (happens(0.5, random)) {
        const double top = place(), left = place(), bottom = place(), right = place();
        for (const double y : {top, bottom}) detail::add_stroke(ink, left, y, right, y, radius);
        for (const double x : {left, right}) detail::add_stroke(ink, x, top, x, bottom, radius);
    }
    for (int count = random.integer(1, 3); count > 0; --count) {
        double x = place(), y = place();
        for (int parts = random.integer(1, 4); parts > 0; --parts) {
            const double to_x = place(), to_y = place();
            detail::add_stroke(ink, x, y, to_x, to_y, radius);
            x = to_x;
            y = to_y;
        }
    }
    for (std::size_t i = 0; i < page.pixels.size(); ++i) page.pixels[i] = std::min(page.pixels[i], 1 - ink.pixels[i]);
}

/// Black, or dark, beyond a page's ragged edge, on one or two sides; paper in the target.
void add_dark_border(Image& page, Image& target, Random& random) {
    const auto [channels, height, width] = page.shape;
    const Image ragged = detail::cloud_noise(height, width, random.uniform(8, 60), 4, random);
    const auto rough = static_cast<float>(random.uniform(0, 4)), soft = static_cast<float>(between(0.6, 8, random));
    const auto level = static_cast<float>(random.uniform(0, 0.45)),
               mottled = static_cast<float>(random.uniform(0, 0.06));
    for (int sides = random.integer(1, 2); sides > 0; --sides) {
        const double angle = 1.5707963267948966 * random.integer(0, 3) + 0.06 * random.normal();
        const double sine = std::sin(angle), cosine = std::cos(angle);
        const double distance = height * random.uniform(-0.1, 0.5);  // of the edge from the middle
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                const double along = (x - width / 2.0) * cosine + (y - height / 2.0) * sine;
                const float beyond = static_cast<float>(along - distance) + rough * ragged(0, y, x);
                const float outside = detail::smooth_step(-soft, soft, beyond);
                const float dark = std::clamp(level + mottled * ragged(0, y, x), 0.0f, 1.0f);
                page(0, y, x) += outside * (dark - page(0, y, x));
                if (outside > 0.5f) target(0, y, x) = 1;
            }
    }
}

/// Brightness, contrast and gamma of a camera, which may be anything.
void change_contrast(Image& page, Random& random) {
    const double gamma = between(0.6, 1.8, random), contrast = random.uniform(0.4, 1);
    const double black = random.uniform(0, 1 - contrast);
    for (float& value : page.pixels)
        value = detail::clamped(black + contrast * std::pow(static_cast<double>(value), gamma));
}

/// Ink of the other side, mirrored by the caller or not: page (1 - strength ink).
void darken(Image& page, const Image& ink, double strength) {
    for (std::size_t i = 0; i < page.pixels.size(); ++i)
        page.pixels[i] *= std::clamp(1 - static_cast<float>(strength) * ink.pixels[i], 0.0f, 1.0f);
}

/// What happens last, in light, lens and file.
void photograph(Image& page, double often, Random& random) {
    if (happens(0.5 * often, random)) UnevenLight{.max_strength = happens(0.3, random) ? 0.75 : 0.3}(page, random);
    if (happens(0.7 * often, random))
        PageBlur{.min_sigma = 0.3, .max_sigma = 1.6, .moved = 0.05, .max_length = 4}(page, random);
    if (happens(0.6 * often, random)) change_contrast(page, random);
    if (happens(0.5 * often, random)) GaussianNoise{.min_sigma = 0, .max_sigma = 0.04}(page, random);
    if (happens(0.35 * often, random)) JpegArtefacts{.worst_quality = 25, .best_quality = 90}(page, random);
}

void stain(Image& page, double often, Random& random) {
    if (happens(0.5 * often, random)) Stains{}(page, random);
    if (happens(0.25 * often, random))  // dark, with hard edges
        Stains{.min_count = 1, .max_count = 2, .min_darkness = 0.2, .max_darkness = 0.85, .rings = 0.05, .sheets = 0.4}(
            page, random);
    if (happens(0.2 * often, random)) Folds{}(page, random);
}

/// Never mirrored: that letters are mirrored and lean the other way tells the other side's ink from this side's.
Symmetry any_turn(Random& random) { return happens(0.2, random) ? Symmetry::HalfTurn : Symmetry::Same; }

/// A square of this side from anywhere on the page, magnified `scale` times.
struct Place {
    int top, left, side;

    Place(const Image& page, int wanted, double scale, Random& random)
        : top(0), left(0), side(std::max(8, static_cast<int>(std::lround(wanted / scale)))) {
        top = random.integer(0, std::max(0, page.shape.height - side));
        left = random.integer(0, std::max(0, page.shape.width - side));
    }
    Image cut(const Image& page, int wanted, Symmetry symmetry) const {
        return transformed(resize(crop_reflected(page, top, left, side, side), wanted, wanted, Resampling::Bilinear),
                           symmetry);
    }
};

/// The page's paper: ink and what is near it is filled smoothly.
Image paper_of(const example::PagePair& page) {
    Image near_ink = page.clean;
    for (float& value : near_ink.pixels) value = value < 0.5f ? 1.0f : 0.0f;
    detail::gaussian_blur(near_ink, 2.5);
    for (float& value : near_ink.pixels) value = value > 0.02f ? 1.0f : 0.0f;
    return fill_holes(page.degraded, near_ink);
}

}  // namespace

example::BinarizerPages::BinarizerPages(const std::vector<PagePair>& real, Options options)
    : options_(options), fonts_(page_fonts()) {
    std::vector<RealPage> pages;
    for (const PagePair& page : real) pages.push_back({page.degraded, page.clean, paper_of(page)});
    real_ = std::make_shared<const std::vector<RealPage>>(std::move(pages));
}

depix::Image example::BinarizerPages::draw(Random& random, int side, bool small) const {
    DrawnPageOptions options{.height = side, .width = side, .handwritten = 0.6};
    const bool large = !small && happens(0.25, random);
    options.smallest_size = small ? 12 : large ? 110 : 26;
    options.largest_size = small ? 26 : large ? 260 : 110;
    Image page = draw_page(random, fonts_, options);
    if (happens(0.12, random)) rule_lines(page, random);
    return page;
}

depix::Image example::BinarizerPages::paper(Random& random, int side) const {
    const Image& page = detail::pick(*real_, random).paper;
    Image part =
        Place(page, side, between(0.5, 2, random), random).cut(page, side, static_cast<Symmetry>(random.integer(0, 7)));
    for (float& value : part.pixels) value = std::max(value, 0.02f);
    return part;
}

example::PagePair example::BinarizerPages::drawn(Random& random) const {
    const int side = options_.whole;
    if (happens(0.1, random)) {  // nothing to do, or only to round
        Image page = draw(random, side, happens(0.5, random));
        const bool grey = happens(0.5, random);
        Image clean = binarize(page, grey ? 0.5 : random.uniform(0.35, 0.65));
        return {"clean", grey ? quantized(std::move(page)) : clean, clean};
    }
    const bool small = happens(0.15, random);
    Image page = draw(random, side, small);
    const bool half_empty = happens(0.25, random);  // so that the other side's ink stands alone
    if (half_empty) {
        const bool down = happens(0.5, random);
        const int first = random.integer(side / 8, side);
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x)
                if ((down ? y : x) >= first) page(0, y, x) = 1;
    }
    Image clean = binarize(page, small ? 0.5 : 0.7);  // the contests' ground truth includes some of the soft edge
    if (happens(half_empty ? 0.85 : 0.55, random)) {
        const bool strong = happens(0.35, random);
        BleedThrough through{.min_strength = strong ? 0.6 : 0.08,
                             .max_strength = strong ? 1.0 : 0.7,
                             .min_sigma = strong ? 1.2 : 0.3,
                             .max_sigma = strong ? 4.0 : 2.5};
        if (happens(0.6, random))
            through.other = [this](int height, int, Random& r) { return draw(r, height, happens(0.15, r)); };
        through(page, random);
    }
    if (happens(0.3, random))
        FadedInk{.min_density = 0.2, .max_density = 0.6, .variation = 0.35}(page, random);
    else
        FadedInk{}(page, random);
    if (!real_->empty() && happens(0.5, random)) {
        const Image ground = paper(random, side);
        for (std::size_t i = 0; i < page.pixels.size(); ++i) page.pixels[i] *= ground.pixels[i];
        stain(page, 0.4, random);
    } else {
        PaperTexture{.min_tone = 0.5}(page, random);
        stain(page, 1, random);
    }
    if (happens(0.12, random)) add_dark_border(page, clean, random);
    photograph(page, 1, random);
    return {"drawn", quantized(std::move(page)), std::move(clean)};
}

example::PagePair example::BinarizerPages::real(Random& random) const {
    const int side = options_.whole;
    const RealPage& page = detail::pick(*real_, random);
    const Symmetry symmetry = any_turn(random);
    const Place place(page.degraded, side, between(0.5, 2, random), random);
    Image part = place.cut(page.degraded, side, symmetry);
    Image clean = binarize(place.cut(page.clean, side, symmetry), 0.5);
    if (happens(0.03, random)) return {"clean", clean, clean};
    if (happens(0.25, random)) {  // another page's ink
        const Image& other = detail::pick(*real_, random).clean;
        Image ink = Place(other, side, between(0.5, 2, random), random).cut(other, side, Symmetry::FlipSideways);
        for (float& value : ink.pixels) value = 1 - value;
        const double strength = random.uniform(0.1, 0.9);
        detail::gaussian_blur(ink, random.uniform(strength > 0.5 ? 1.5 : 0.7, 4));
        darken(part, ink, strength);
    }
    stain(part, 0.3, random);
    if (happens(0.1, random)) add_dark_border(part, clean, random);
    photograph(part, 0.4, random);
    return {"real", quantized(std::move(part)), std::move(clean)};
}

example::PagePair example::BinarizerPages::page(std::uint64_t epoch, std::size_t index) const {
    Random random(options_.seed, epoch, index);
    return !real_->empty() && happens(options_.real_share, random) ? real(random) : drawn(random);
}

void example::BinarizerPages::pair(std::uint64_t epoch, std::size_t index, View<float> input,
                                   View<float> target) const {
    const PagePair whole = page(epoch, index);
    Random random(options_.seed + 1, epoch, index);
    const int room = options_.whole - options_.side, top = random.integer(0, room), left = random.integer(0, room);
    const auto part = [&](const Image& image) { return crop(image, top, left, options_.side, options_.side); };
    copy(as_view(part(local_contrast(whole.degraded))), input);
    copy(as_view(part(whole.clean)), target);
}

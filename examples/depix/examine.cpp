#include "examine.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "depix/image/pixelate.hpp"
#include "depix/io/jpeg_writer.hpp"
#include "depix/metrics/fidelity.hpp"

namespace {

using depix::Image;

// The value below which this share of the values lies; 0 without values. Reorders them.
double quantile(std::vector<float>& values, double share) {
    if (values.empty()) return 0;
    const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + place, values.end());
    return static_cast<double>(values[static_cast<std::size_t>(place)]);
}

// The standard deviation of one channel's noise, of 255. A filter that takes away all that is linear along a row or a
// column leaves noise of the same strength (J. Immerkaer, "Fast noise variance estimation", 1996). It leaves texture
// too, so the smoothest tenth of all squares of 8x8 pixels counts. These have by chance a little less noise than the
// mean, and 0.8 of the true value was measured at sigma 5 to 15. Squares that are almost black or white do not count,
// because there noise is cut off.
double channel_noise(const Image& image, int channel) {
    constexpr int side = 8;
    const int rows = (image.shape.height - 2) / side, columns = (image.shape.width - 2) / side;
    const int step = std::max(1, static_cast<int>(std::sqrt(rows * static_cast<double>(columns) / 40'000)));
    std::vector<float> inner, all;
    for (int row = 0; row < rows; row += step)
        for (int column = 0; column < columns; column += step) {
            double squares = 0, sum = 0;
            for (int y = side * row + 1; y <= side * (row + 1); ++y)
                for (int x = side * column + 1; x <= side * (column + 1); ++x) {
                    const auto across = [&](int i) {
                        const float* p = &image(channel, i, x);
                        return p[-1] - 2 * p[0] + p[1];
                    };
                    const auto left = static_cast<double>(across(y - 1) - 2 * across(y) + across(y + 1));
                    squares += left * left / 36;
                    sum += static_cast<double>(image(channel, y, x));
                }
            const auto deviation = static_cast<float>(255 * std::sqrt(squares / (side * side)));
            const double mean = sum / (side * side);
            all.push_back(deviation);
            if (mean > 0.05 && mean < 0.95) inner.push_back(deviation);
        }
    return quantile(inner.size() > 20 ? inner : all, 0.1) / 0.8;
}

// The share of pixels that are black or white in all channels and differ by a quarter from the median around them.
double speck_share(const Image& image) {
    const auto [channels, height, width] = image.shape;
    const int step =
        std::max(1, static_cast<int>(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) / 1'000'000));
    std::size_t specks = 0, count = 0;
    std::vector<float> near;
    for (int y = 1; y < height - 1; y += step)
        for (int x = 1; x < width - 1; ++x) {
            ++count;
            float least = 1, most = 0;
            for (int c = 0; c < channels; ++c) {
                least = std::min(least, image(c, y, x));
                most = std::max(most, image(c, y, x));
            }
            if (most > 0.01f && least < 0.99f) continue;
            near.clear();
            for (int i = -1; i <= 1; ++i)
                for (int j = -1; j <= 1; ++j) near.push_back(image(channels / 2, y + i, x + j));
            if (std::abs(quantile(near, 0.5) - static_cast<double>(image(channels / 2, y, x))) > 0.25) ++specks;
        }
    return count == 0 ? 0 : static_cast<double>(specks) / static_cast<double>(count);
}

// Where squares of this side begin, along an axis of `size` pixels. What does not fill a square was cut off, and the
// rest stretched to the size, as depix::pixelate does it, so some squares are a pixel wider.
std::vector<bool> borders(int size, int side) {
    std::vector<bool> begins(static_cast<std::size_t>(size));
    const auto square = [&](int i) {
        return static_cast<int>((2 * i + 1) * (std::int64_t{size} / side * side) / (2 * std::int64_t{size})) / side;
    };
    for (int i = 1; i < size; ++i) begins[static_cast<std::size_t>(i)] = square(i) != square(i - 1);
    return begins;
}

// The largest side of equal squares that begin at the picture's corner: neighbours within a square are alike, and some
// on both sides of a border are not.
int block_side(const Image& image) {
    const auto [channels, height, width] = image.shape;
    constexpr float alike = 2.5f / 255;  // as much as a JPEG file changes
    for (int side = 8; side > 1; --side) {
        const std::vector<bool> left = borders(width, side), top = borders(height, side);
        std::size_t inside = 0, unlike_inside = 0, between = 0, unlike_between = 0;
        const auto compare = [&](bool is_border, float a, float b) {
            const bool differs = std::abs(a - b) > alike;
            (is_border ? between : inside) += 1;
            if (differs) (is_border ? unlike_between : unlike_inside) += 1;
        };
        for (int y = 1; y < height; ++y) {
            for (int x = 1; x < width; ++x) {
                const float here = image(channels / 2, y, x);
                compare(left[static_cast<std::size_t>(x)], here, image(channels / 2, y, x - 1));
                compare(top[static_cast<std::size_t>(y)], here, image(channels / 2, y - 1, x));
            }
            if (y >= 64 && unlike_inside * 50 > inside) break;  // certainly not
        }
        if (between > 0 && 200 * unlike_inside <= inside && 50 * unlike_between >= between) return side;
    }
    return 1;
}

// The picture whose shorter side is about 300 pixels, each the mean of factor x factor.
Image page_size(const Image& luma) {
    const int shorter = std::min(luma.shape.height, luma.shape.width);
    const int factor = std::max(1, static_cast<int>(std::lround(shorter / 300.0)));
    Image small({1, luma.shape.height / factor, luma.shape.width / factor});
    for (int y = 0; y < small.shape.height; ++y)
        for (int x = 0; x < small.shape.width; ++x) {
            float sum = 0;
            for (int i = 0; i < factor * factor; ++i) sum += luma(0, factor * y + i / factor, factor * x + i % factor);
            small(0, y, x) = sum / static_cast<float>(factor * factor);
        }
    return small;
}

// The largest value among the 17 of each row, or with `down` of each column; with `sign` -1 the smallest.
Image extreme(const Image& image, bool down, float sign) {
    constexpr int radius = 8;
    const auto [channels, height, width] = image.shape;
    Image result(image.shape);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            float most = -2;
            for (int i = -radius; i <= radius; ++i) {
                const int row = down ? std::clamp(y + i, 0, height - 1) : y;
                const int column = down ? x : std::clamp(x + i, 0, width - 1);
                most = std::max(most, sign * image(0, row, column));
            }
            result(0, y, x) = sign * most;
        }
    return result;
}

// What of a page is ink and what is paper. The paper is what is left when everything dark and thin is gone: the
// smallest of the largest values around (a closing).
void examine_page(const Image& image, tool::Findings& found) {
    const Image page = page_size(image.shape.channels == 1 ? image : depix::luma(image));
    Image paper = extreme(extreme(extreme(extreme(page, false, 1), true, 1), false, -1), true, -1);
    const std::size_t pixels = page.pixels.size();
    std::size_t ink = 0, flat = 0, black = 0, level = 0, dark = 0;
    double change = 0;
    std::vector<float> values = paper.pixels;
    const double middle = quantile(values, 0.5), bright = quantile(values, 0.95), darkest = quantile(values, 0.02);
    for (std::size_t i = 0; i < pixels; ++i) {
        const double here = static_cast<double>(paper.pixels[i]);
        const double gap = 1 - static_cast<double>(page.pixels[i]) / std::max(here, 1 / 255.0);
        ink += gap > 0.25 ? 1 : 0;
        flat += gap < 0.10 ? 1 : 0;
        black += gap > 0.4 ? 1 : 0;
        level += std::abs(here - middle) < 0.15 * middle ? 1 : 0;
        dark += here < 0.6 * bright ? 1 : 0;
        const std::size_t width = static_cast<std::size_t>(page.shape.width);
        if (i % width != 0) change += std::abs(here - static_cast<double>(paper.pixels[i - 1]));
        if (i >= width) change += std::abs(here - static_cast<double>(paper.pixels[i - width]));
    }
    const auto share = [&](std::size_t count) { return static_cast<double>(count) / static_cast<double>(pixels); };
    found.is_on_paper = share(dark) < 0.12 && share(level) > 0.7 && middle > 0.62;
    const double unrest = change * 255 / static_cast<double>(pixels);
    const bool has_ink = share(ink) > 0.012 && share(ink) < 0.3;
    const bool has_contrast = share(black) >= 0.6 * share(ink) || unrest < 0.8;
    const bool is_lit = found.is_on_paper && share(flat) > 0.55 && unrest < 1.75 && has_contrast;
    // In a shadow only what is clearly text counts.
    const bool is_shaded =
        share(ink) > 0.05 && middle > 0.4 && share(flat) > 0.74 && unrest < 1.3 && share(black) > 0.75 * share(ink);
    found.is_page = has_ink && (is_lit || is_shaded);
    found.paper_variation = bright > 0 ? 1 - darkest / bright : 0;
    found.between = 1 - share(ink) - share(flat);
}

}  // namespace

tool::Findings tool::examine(const Image& image) {
    Findings found;
    if (std::min(image.shape.height, image.shape.width) < 24) return found;  // too few pixels to tell anything
    for (int c = 0; c < image.shape.channels; ++c) found.noise = std::max(found.noise, channel_noise(image, c));
    found.specks = speck_share(image);
    found.block = block_side(image);
    examine_page(image, found);
    return found;
}

int tool::jpeg_quality(std::span<const std::byte> file) {
    const auto byte = [&](std::size_t at) { return std::to_integer<unsigned>(file[at]); };
    if (file.size() < 4 || byte(0) != 0xFF || byte(1) != 0xD8) return 0;
    for (std::size_t at = 2; at + 4 <= file.size();) {
        const unsigned marker = byte(at + 1);
        if (byte(at) != 0xFF || marker == 0xFF || marker == 0) {  // padding
            ++at;
            continue;
        }
        const std::size_t length = byte(at + 2) << 8 | byte(at + 3), end = at + 2 + length;
        if (marker == 0xDA || length < 2 || end > file.size()) return 0;
        if (marker == 0xDB) {
            for (std::size_t table = at + 4; table < end;) {
                const std::size_t bytes = (byte(table) >> 4) != 0 ? 2 : 1;
                if (table + 1 + 64 * bytes > end) return 0;
                if ((byte(table) & 15) != 0) {  // of the colours
                    table += 1 + 64 * bytes;
                    continue;
                }
                // libjpeg: (standard * scale + 50) / 100, at least 1 and mostly at most 255.
                double scales = 0, count = 0;
                for (std::size_t i = 0; i < 64; ++i) {
                    const std::size_t value = table + 1 + i * bytes;
                    const unsigned step = bytes == 2 ? byte(value) << 8 | byte(value + 1) : byte(value);
                    if (step <= 1 || step >= 255) continue;
                    scales += 100.0 * step / depix::detail::jpeg_quantization[depix::detail::jpeg_zigzag[i]];
                    ++count;
                }
                if (count == 0) return 100;
                const double scale = scales / count;
                const double quality = scale <= 100 ? (200 - scale) / 2 : 5000 / scale;
                return std::clamp(static_cast<int>(std::lround(quality)), 1, 100);
            }
        }
        at = end;
    }
    return 0;
}

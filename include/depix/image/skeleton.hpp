// Skeleton: what binarization metrics need of a black and white page: its components, its skeleton, and distances on
// it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "depix/tensor.hpp"

namespace depix {

namespace detail {

/// One number for every pixel of a page; in a mask it is 0 or 1.
struct PageMap {
    int height = 0, width = 0;
    std::vector<int> values{};

    explicit PageMap(const Shape& page, int value = 0)
        : height(page.height), width(page.width), values(page.area(), value) {}
    Shape shape() const { return {1, height, width}; }
    int& operator()(int y, int x) { return values[index(y, x)]; }
    int operator()(int y, int x) const { return values[index(y, x)]; }
    bool holds(int y, int x) const { return y >= 0 && y < height && x >= 0 && x < width; }
    int or_zero(int y, int x) const { return holds(y, x) ? values[index(y, x)] : 0; }
    /// Beyond the border it repeats the border's own numbers.
    int clamped(int y, int x) const { return (*this)(std::clamp(y, 0, height - 1), std::clamp(x, 0, width - 1)); }

  private:
    std::size_t index(int y, int x) const {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
    }
};

struct PagePlace {
    int y, x;
};
/// The eight neighbours, clockwise from the one above.
inline constexpr std::array<PagePlace, 8> eight_neighbours{
    {{-1, 0}, {-1, 1}, {0, 1}, {1, 1}, {1, 0}, {1, -1}, {0, -1}, {-1, -1}}};

/// Which neighbours are in the mask: bit i is neighbour i.
inline unsigned neighbourhood(const PageMap& mask, int y, int x) {
    unsigned bits = 0;
    for (std::size_t i = 0; i < 8; ++i)
        bits |= (mask.or_zero(y + eight_neighbours[i].y, x + eight_neighbours[i].x) != 0 ? 1u : 0u) << i;
    return bits;
}

/// Pixels that touch at sides or corners, in reading order, and the box around them. The box includes its borders.
struct Component {
    int top = 0, left = 0, bottom = 0, right = 0;
    std::vector<PagePlace> pixels{};
};
struct Components {
    PageMap labels;  ///< For each pixel the number of its component, from 1; 0: none.
    std::vector<Component> parts{};

    /// The components of the pixels that hold `value`, in the order of their first pixels.
    Components(const PageMap& page, int value) : labels(page.shape()) {
        std::vector<PagePlace> open;
        for (int y = 0; y < page.height; ++y) {
            for (int x = 0; x < page.width; ++x) {
                if (page(y, x) != value) continue;
                if (labels(y, x) == 0) {
                    parts.push_back({y, x, y, x});
                    open.push_back({y, x});
                    labels(y, x) = static_cast<int>(parts.size());
                }
                const int label = labels(y, x);
                while (!open.empty()) {
                    const PagePlace at = open.back();
                    open.pop_back();
                    for (const auto& [dy, dx] : eight_neighbours) {
                        const int v = at.y + dy, u = at.x + dx;
                        if (!page.holds(v, u) || page(v, u) != value || labels(v, u) != 0) continue;
                        labels(v, u) = label;
                        open.push_back({v, u});
                    }
                }
                Component& own = parts[static_cast<std::size_t>(label - 1)];
                own.left = (std::min)(own.left, x);
                own.right = (std::max)(own.right, x);
                own.bottom = y;
                own.pixels.push_back({y, x});
            }
        }
    }
};

/// Whether thinning deletes a pixel with this neighbourhood, in the first or the second of its two passes.
inline bool thinning_deletes(unsigned bits, bool second) {
    const unsigned next = bits >> 1 | (bits & 1) << 7;
    const int count = std::popcount(bits);
    if (count < 2 || count > 6 || std::popcount(~bits & next) != 1) return false;
    const unsigned up = 1, right = 4, down = 16, left = 64;
    const unsigned one = second ? up | right | left : up | right | down;
    const unsigned other = second ? up | down | left : right | down | left;
    return (bits & one) != one && (bits & other) != other;
}

/// Whether a skeleton stays as connected without a pixel with this neighbourhood (the number of crossings is one), and
/// the pixel is not an end. The two T shapes of an upright stroke with a branch to one side are kept.
inline bool is_superfluous(unsigned bits) {
    const auto empty = [&](unsigned i) { return (bits >> i % 8 & 1) == 0; };
    int crossings = 0;
    for (unsigned i = 0; i < 8; i += 2) crossings += empty(i) && !(empty(i + 1) && empty(i + 2)) ? 1 : 0;
    return crossings == 1 && std::popcount(bits) > 1 && bits != 0x15 && bits != 0x51;
}

/// The mask's skeleton, one pixel wide. The mask is thinned as in T. Y. Zhang, C. Y. Suen, "A fast parallel algorithm
/// for thinning digital patterns", Communications of the ACM 27(3), 1984. Then superfluous pixels are removed, one
/// after another in reading order, as in H.-J. Lee, B. Chen, "Recognition of handwritten Chinese characters via short
/// line segments", Pattern Recognition 25(5), 1992, table 1.
inline PageMap skeleton_of(PageMap mask) {
    std::vector<PagePlace> border, doomed, bones;  // only border pixels, with an empty neighbour, can go
    const auto watch = [&](int y, int x) {
        if (mask.or_zero(y, x) != 1) return;
        mask(y, x) = 2;  // watched already
        border.push_back({y, x});
    };
    for (int y = 0; y < mask.height; ++y)
        for (int x = 0; x < mask.width; ++x)
            if (mask(y, x) != 0 && neighbourhood(mask, y, x) != 255) watch(y, x);
    int idle = 0;
    for (bool second = false; idle < 2; second = !second) {
        doomed.clear();
        for (const auto& [y, x] : border)
            if (thinning_deletes(neighbourhood(mask, y, x), second)) doomed.push_back({y, x});
        idle = doomed.empty() ? idle + 1 : 0;
        for (const auto& [y, x] : doomed) mask(y, x) = 0;
        std::erase_if(border, [&](const PagePlace& at) { return mask(at.y, at.x) == 0; });
        for (const auto& [y, x] : doomed)
            for (const auto& [dy, dx] : eight_neighbours) watch(y + dy, x + dx);
    }
    for (int y = 0; y < mask.height; ++y)
        for (int x = 0; x < mask.width; ++x)
            if (mask(y, x) != 0) bones.push_back({y, x});
    for (bool changed = true; changed;) {
        changed = false;
        for (const auto& [y, x] : bones) {
            if (mask(y, x) == 0 || !is_superfluous(neighbourhood(mask, y, x))) continue;
            mask(y, x) = 0;
            changed = true;
        }
    }
    for (int& value : mask.values) value = value != 0 ? 1 : 0;
    return mask;
}

/// For every pixel the chessboard distance, max(|dx|, |dy|), to the nearest pixel of the mask; 2^20 if the mask is
/// empty.
inline PageMap chessboard_distance(const PageMap& mask) {
    PageMap distance(mask.shape(), 1 << 20);
    const int last = static_cast<int>(mask.values.size()) - 1;
    for (const bool forward : {true, false}) {
        for (int i = 0; i <= last; ++i) {
            const int at = forward ? i : last - i, y = at / mask.width, x = at % mask.width;
            int& own = distance(y, x);
            if (mask(y, x) != 0) own = 0;
            for (std::size_t k = 0; own > 0 && k < 4; ++k) {  // forward: the neighbours to the left and above
                const auto [dy, dx] = eight_neighbours[forward ? (k + 6) % 8 : k + 2];
                if (mask.holds(y + dy, x + dx)) own = (std::min)(own, distance(y + dy, x + dx) + 1);
            }
        }
    }
    return distance;
}

/// The skeleton, in which every component has at least one pixel. If none was left, it gets its centre, or its first
/// pixel if the centre lies outside it.
inline PageMap skeleton_of_each(const PageMap& mask, const Components& components) {
    PageMap skeleton = skeleton_of(mask);
    for (const Component& part : components.parts) {
        double y_sum = 0, x_sum = 0, bones = 0;
        for (const auto& [y, x] : part.pixels) {
            y_sum += y;
            x_sum += x;
            bones += skeleton(y, x);
        }
        if (bones > 0) continue;
        const auto count = static_cast<double>(part.pixels.size());
        const PagePlace first = part.pixels.front();
        const int y = static_cast<int>(std::lround(y_sum / count)), x = static_cast<int>(std::lround(x_sum / count));
        const bool within = components.labels(y, x) == components.labels(first.y, first.x);
        skeleton(within ? y : first.y, within ? x : first.x) = 1;
    }
    return skeleton;
}

}  // namespace detail

}  // namespace depix

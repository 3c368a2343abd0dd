// Binarization metrics: they compare a black and white page with its ground truth, as the DIBCO contests do.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/image/binarize.hpp"
#include "depix/image/skeleton.hpp"
#include "depix/metrics/fidelity.hpp"
#include "depix/tensor.hpp"

// Every metric takes a result and its ground truth: grey pages of one shape, 0 for ink and 1 for paper, such as
// binarize.hpp makes. It throws ShapeError for other shapes and Error for other values. Ink is the positive class: a
// true positive is ink on both pages. A contest publishes the mean over its pages.
namespace depix {

namespace detail {

inline void check_binary_pages(const Image& result, const Image& truth, const char* metric) {
    check_comparable(result.view(), truth.view(), metric);
    check_grey(truth, metric);
    for (const Image* page : {&result, &truth})
        for (const float value : page->pixels)
            if (value != 0 && value != 1)
                throw Error(std::string(metric).append(page == &truth ? ": the ground truth" : ": the result") +
                            " holds " + std::to_string(value) + "; a binary page holds 0 (ink) and 1 (paper) alone");
}

/// The weight of ink at each pixel: of the truth's ink in the recall, of the result's ink in the precision.
struct InkWeights {
    std::vector<double> recall, precision;
};

/// 2 recall precision / (recall + precision), in %; 100 if neither page has ink, 0 if no ink is right.
inline double weighted_f_measure(const Image& result, const Image& truth, const InkWeights& weights) {
    double wanted = 0, found = 0, claimed = 0, right = 0;
    for (std::size_t i = 0; i < truth.pixels.size(); ++i) {
        const double is = truth.pixels[i] == 0 ? 1 : 0, said = result.pixels[i] == 0 ? 1 : 0;
        wanted += is * weights.recall[i];
        found += is * said * weights.recall[i];
        claimed += said * weights.precision[i];
        right += is * said * weights.precision[i];
    }
    if (wanted == 0 && claimed == 0) return 100;
    return found == 0 || right == 0 ? 0.0 : 200 / (wanted / found + claimed / right);
}

/// The value in a distance map of a pixel that is too far from all ink to have a weight.
constexpr int out_of_reach = 250;
inline bool has_weight(int distance) { return distance > 0 && distance < out_of_reach; }

/// Visits those pixels of a mask within a box that are nearest to (y, x), all that have the same chessboard distance.
/// `nearest` is the distance to the mask's nearest pixel, inside or outside the box.
template <class Visit>
void for_each_nearest(const PageMap& mask, const Component& box, int y, int x, int nearest, Visit visit) {
    for (int r = nearest;; ++r) {  // the frame of the square with 2 r + 1 pixels a side
        bool found = false;
        for (int v = (std::max)(y - r, box.top); v <= (std::min)(y + r, box.bottom); ++v) {
            const int step = v == y - r || v == y + r ? 1 : 2 * r;
            for (int u = x - r; u <= x + r; u += step) {
                if (u < box.left || u > box.right || mask(v, u) == 0) continue;
                visit(v, u);
                found = true;
            }
        }
        if (found || (y - r <= box.top && y + r >= box.bottom && x - r <= box.left && x + r >= box.right)) return;
    }
}

template <class Visit>
void for_each_pixel(const Components& components, Visit visit) {
    for (const Component& part : components.parts)
        for (const auto& [y, x] : part.pixels) visit(part, y, x);
}

/// How far a stroke's middle is from its border, and the sum of the distances along a line across the stroke.
struct AcrossStrokes {
    PageMap half_width;  ///< For the pixels of the skeleton.
    PageMap sum;         ///< For all pixels that have a weight: N_R in equation 3 of the article.
};

/// Across a stroke of odd width the distances are 0 1 .. d .. 1 0, and their sum is d^2. Across a stroke of even width
/// they are 0 1 .. d d .. 1 0, and their sum is d (d + 1). d is the distance on the skeleton, which is raised by one
/// where it is flat.
inline AcrossStrokes measure_strokes(const Components& strokes, PageMap& distance, const PageMap& skeleton,
                                     const PageMap& contour) {
    for_each_pixel(strokes, [&](const Component&, int y, int x) {
        const int d = distance(y, x);
        if (skeleton(y, x) != 0 && has_weight(d) && distance.clamped(y - 1, x) == d &&
            distance.clamped(y + 1, x) == d && distance.clamped(y, x - 1) == d && distance.clamped(y, x + 1) == d)
            distance(y, x) = d + 1;
    });
    const PageMap to_skeleton = chessboard_distance(skeleton);
    AcrossStrokes across{skeleton, PageMap(distance.shape())};
    PageMap &half = across.half_width, &sum = across.sum;
    for_each_pixel(strokes, [&](const Component& box, int y, int x) {
        if (!has_weight(distance(y, x))) return;
        const int away = skeleton(y, x) != 0 && contour(y, x) == 0 ? 1 : to_skeleton(y, x);
        for_each_nearest(skeleton, box, y, x, to_skeleton(y, x),
                         [&](int v, int u) { half(v, u) = distance(v, u) + (away >= distance(v, u) ? 1 : 0); });
    });
    // An end of a skeleton gets its neighbour's half width plus one. (For a neighbour to the lower right, the contests'
    // tool reads the page's first or second column instead, where there is usually nothing. This function must do the
    // same.)
    for_each_pixel(strokes, [&](const Component&, int y, int x) {
        int neighbours = 0, next = 0;
        for (const auto& [dy, dx] : eight_neighbours) {
            if (skeleton(y, x) == 0 || skeleton.clamped(y + dy, x + dx) == 0) continue;
            ++neighbours;
            next = half.clamped(y + dy, dy == 1 && dx == 1 ? (std::min)(1, half.width - 1 - x) : x + dx);
        }
        if (neighbours == 1 && next > 0) half(y, x) = next + 1;
    });
    for_each_pixel(strokes, [&](const Component& box, int y, int x) {
        if (!has_weight(distance(y, x))) return;
        for_each_nearest(skeleton, box, y, x, to_skeleton(y, x),
                         [&](int v, int u) { sum(y, x) = (std::max)(sum(y, x), distance(v, u) * half(v, u)); });
    });
    for_each_pixel(strokes, [&](const Component&, int y, int x) {
        const int up = sum.clamped(y - 1, x), down = sum.clamped(y + 1, x);
        const int left = sum.clamped(y, x - 1), right = sum.clamped(y, x + 1), own = sum(y, x);
        const bool alone = own != up && own != down && own != left && own != right;
        if (own != 0 && up != 0 && down != 0 && left != 0 && right != 0 && alone) sum(y, x) = left;
    });
    return across;
}

/// The weights of pseudo_f_measure().
inline InkWeights pseudo_weights(const Image& truth) {
    PageMap ink(truth.shape), inner(truth.shape), contour(truth.shape);
    for (std::size_t i = 0; i < truth.pixels.size(); ++i) ink.values[i] = truth.pixels[i] == 0 ? 1 : 0;
    for (int y = 0; y < ink.height; ++y) {
        for (int x = 0; x < ink.width; ++x) {
            const bool at_edge = y == 0 || x == 0 || y == ink.height - 1 || x == ink.width - 1;
            inner(y, x) = ink(y, x) == 0 && !at_edge ? 1 : 0;
            contour(y, x) = ink(y, x) != 0 && (neighbourhood(ink, y, x) & 0x55) != 0x55 ? 1 : 0;  // the four sides
        }
    }
    const PageMap to_contour = chessboard_distance(contour);
    InkWeights weights{std::vector<double>(ink.values.size()), std::vector<double>(ink.values.size(), 1.0)};

    const Components strokes(ink, 1);
    const PageMap skeleton = skeleton_of_each(ink, strokes);
    PageMap distance = to_contour;
    for (std::size_t i = 0; i < ink.values.size(); ++i) {
        if (ink.values[i] == 0) distance.values[i] = 0;
        if (contour.values[i] != 0 && skeleton.values[i] != 0) distance.values[i] = 1;
    }
    const AcrossStrokes across = measure_strokes(strokes, distance, skeleton, contour);
    for (std::size_t i = 0; i < ink.values.size(); ++i)
        if (const int sum = across.sum.values[i]; sum != 0) weights.recall[i] = 1.0 * distance.values[i] / sum;

    // Paper has a weight near a stroke: within its box, widened by twice the stroke's mean width.
    std::vector<int> widths;  // of each component
    PageMap paper_distance(truth.shape, out_of_reach);
    for (const Component& part : strokes.parts) {
        int sum = 0, count = 0;
        for (const auto& [y, x] : part.pixels) {
            sum += skeleton(y, x) * across.half_width(y, x);
            count += skeleton(y, x);
        }
        widths.push_back(2 * (sum / count));
        const int margin = 2 * widths.back();
        for (int y = (std::max)(part.top - margin, 0); y <= (std::min)(part.bottom + margin, ink.height - 1); ++y)
            for (int x = (std::max)(part.left - margin, 0); x <= (std::min)(part.right + margin, ink.width - 1); ++x)
                paper_distance(y, x) = (std::min)(to_contour(y, x), out_of_reach);
    }
    const Components gaps(ink, 0);
    for (std::size_t i = 0; i < ink.values.size(); ++i)
        if (ink.values[i] != 0) paper_distance.values[i] = 0;
    const AcrossStrokes across_gaps = measure_strokes(gaps, paper_distance, skeleton_of_each(inner, gaps), contour);
    const auto gap = [&](int y, int x) { return static_cast<int>(std::lround(std::sqrt(across_gaps.sum(y, x)))); };

    // The width of the nearest strokes, and the places where two strokes are equally near, so that ink there would
    // merge them.
    PageMap stroke_width(truth.shape), between(truth.shape);
    for_each_pixel(gaps, [&](const Component& box, int y, int x) {
        if (!has_weight(paper_distance(y, x))) return;
        int label = 0;
        bool two = false;
        for_each_nearest(contour, box, y, x, to_contour(y, x), [&](int v, int u) {
            const int other = strokes.labels(v, u);
            stroke_width(y, x) = (std::max)(stroke_width(y, x), widths[static_cast<std::size_t>(other - 1)]);
            two = two || (label != 0 && other != label);
            label = other;
        });
        between(y, x) = two && paper_distance(y, x) <= stroke_width(y, x) && gap(y, x) != 0 ? 1 : 0;
    });
    const PageMap to_between = chessboard_distance(between);
    for_each_pixel(gaps, [&](const Component&, int y, int x) {
        const int d = paper_distance(y, x), reach = stroke_width(y, x);
        if (!has_weight(d) || d > reach) return;
        const bool merges = d < reach && to_between(y, x) <= reach - d && gap(y, x) < reach;
        const int norm = merges ? gap(y, x) : reach;  // N_P, equation 11
        if (norm > 0) weights.precision[static_cast<std::size_t>(y * ink.width + x)] += (std::min)(2.0, 1.0 * d / norm);
    });
    return weights;
}

}  // namespace detail

/// F-measure in %: 2 recall precision / (recall + precision), with recall = true positives / ink of the truth and
/// precision = true positives / ink of the result. 100 if neither page has ink, 0 if there is no true positive.
inline double f_measure(const Image& result, const Image& truth) {
    detail::check_binary_pages(result, truth, "f_measure");
    const std::vector<double> ones(truth.pixels.size(), 1.0);
    return detail::weighted_f_measure(result, truth, {ones, ones});
}

/// Pseudo-F-measure F_ps in %, which the contests have used since 2013: the F-measure of weighted ink.
///
///     pseudo-recall = sum of w_r over the true positives / sum of w_r over the ink of the truth
///     pseudo-precision = sum of w_p over the true positives / sum of w_p over the ink of the result
///
/// w_r grows from 0 on a stroke's contour to its middle, and its sum across the stroke is 1. Therefore a stroke that is
/// a little too thin costs nothing, and a broken stroke costs more. w_p is 1 on the truth's ink and far from it. On
/// paper near a stroke it grows with the distance, to 2 at the stroke's width; between strokes that ink would merge it
/// grows faster, to 3 at most. Therefore a stroke that is a little too thick costs less than noise beside it. K.
/// Ntirogiannis, B. Gatos, I. Pratikakis, "Performance evaluation methodology for historical document image
/// binarization", IEEE TIP 22(2), 2013. What the article leaves open is done as in the contests' program
/// BinEvalWeights, as B. Petty's Doxa (github.com/brandonmpetty/Doxa) found it out. Doxa keeps that program's weights
/// for one page; there these weights are the same to its six digits. (Many ports have DIBCO 2010's measure of the same
/// name instead: recall of the truth's skeleton, and the plain precision.)
inline double pseudo_f_measure(const Image& result, const Image& truth) {
    detail::check_binary_pages(result, truth, "pseudo_f_measure");
    return detail::weighted_f_measure(result, truth, detail::pseudo_weights(truth));
}

/// Distance reciprocal distortion, DRD: how visible the wrong pixels are; 0 is the best.
///
///     DRD = sum over wrong pixels k of sum_ij W_ij [truth(k + ij) != result(k)] / NUBN
///
/// with the 5 x 5 weights W_ij = 1 / sqrt(i^2 + j^2), 0 in the middle, divided by their sum. NUBN is the number of
/// blocks of 8 x 8 pixels of the truth that are not uniform. As in the contests' tool, pixels beyond the page do not
/// count, and neither does a block that the page's border cuts. The result is infinite if a pixel is wrong and all
/// blocks are uniform. H. Lu, A. C. Kot, Y. Q. Shi, "Distance-reciprocal distortion measure for binary document
/// images", IEEE Signal Processing Letters 11(2), 2004.
inline double distance_reciprocal_distortion(const Image& result, const Image& truth) {
    detail::check_binary_pages(result, truth, "distance_reciprocal_distortion");
    const int height = truth.shape.height, width = truth.shape.width;
    const auto weight = [](int i, int j) { return i == 0 && j == 0 ? 0.0 : 1 / std::sqrt(i * i + j * j); };
    double distortion = 0, weights = 0;
    for (int i = -2; i <= 2; ++i)
        for (int j = -2; j <= 2; ++j) weights += weight(i, j);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            if (result(0, y, x) == truth(0, y, x)) continue;
            for (int v = (std::max)(y - 2, 0); v <= (std::min)(y + 2, height - 1); ++v)
                for (int u = (std::max)(x - 2, 0); u <= (std::min)(x + 2, width - 1); ++u)
                    if (truth(0, v, u) != result(0, y, x)) distortion += weight(v - y, u - x) / weights;
        }
    }
    if (distortion == 0) return 0;
    int blocks = 0;
    for (int top = 0; top + 8 <= height; top += 8) {
        for (int left = 0; left + 8 <= width; left += 8) {
            float sum = 0;
            for (int y = top; y < top + 8; ++y)
                for (int x = left; x < left + 8; ++x) sum += truth(0, y, x);
            if (sum > 0 && sum < 64) ++blocks;
        }
    }
    return blocks == 0 ? std::numeric_limits<double>::infinity() : distortion / blocks;
}

/// The scores that the contests rank by.
struct BinarizationScores {
    double f_measure = 0;         ///< %
    double pseudo_f_measure = 0;  ///< %
    double psnr = 0;              ///< dB; infinite for equal pages
    double drd = 0;
};

/// Computes all four at once. Throws what they throw.
inline BinarizationScores score_binarization(const Image& result, const Image& truth) {
    return {f_measure(result, truth), pseudo_f_measure(result, truth), peak_signal_to_noise_ratio(result, truth),
            distance_reciprocal_distortion(result, truth)};
}

}  // namespace depix

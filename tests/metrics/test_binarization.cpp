// DIBCO's metrics, against an independent implementation in Python and by hand.
#include "depix/metrics/binarization.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <numeric>
#include <string>

#include "../io/error_message.hpp"
#include "depix/io/image.hpp"

using namespace depix;

namespace {

using Drawing = std::function<bool(int y, int x)>;

Image draw(int height, int width, const Drawing& is_ink) {
    Image page({1, height, width});
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) page(0, y, x) = is_ink(y, x) ? 0.0f : 1.0f;
    return page;
}

/// 48 x 64: bars, a diagonal, a ring, two strokes side by side of which one leaves the page, a dot and a small square.
bool truth_ink(int y, int x) {
    if (y < 0 || y >= 48 || x < 0 || x >= 64) return false;
    const int r = (x - 50) * (x - 50) + (y - 30) * (y - 30);
    return (y >= 5 && y <= 9 && x >= 4 && x <= 40) || (x >= 10 && x <= 12 && y >= 5 && y <= 40) ||
           (y >= 12 && y <= 44 && std::abs(x - y - 2) <= 2) || (r >= 36 && r <= 100) ||
           (x >= 44 && x <= 47 && y <= 12) || (x >= 50 && x <= 51 && y >= 2 && y <= 16) || (y == 44 && x == 4) ||
           (y >= 44 && y <= 45 && x >= 56 && x <= 57);
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

constexpr double infinity = std::numeric_limits<double>::infinity();

// Python printed nine digits after the point.
doctest::Approx near(double value) { return doctest::Approx(value).epsilon(1e-9); }

}  // namespace

TEST_CASE("all four metrics are those of an independent implementation") {
    // They were computed in Python, with numpy 1.24 and scipy 1.10 (label, distance_transform_cdt), by code written
    // from the papers. On a page of 441 x 707 pixels all its weights equal those of the contests' own BinEvalWeights to
    // six digits.
    const Image truth = draw(48, 64, truth_ink);
    struct {
        const char* name;
        Drawing drawing;
        BinarizationScores expected;
    } const rows[] = {
        {"thinner",
         [](int y, int x) { return truth_ink(y, x) && truth_ink(y - 1, x) && truth_ink(y, x - 1); },
         {81.511254019, 94.300518135, 11.256933753, 3.621046314}},
        {"thicker",
         [](int y, int x) { return truth_ink(y, x) || truth_ink(y, x + 1) || truth_ink(y + 1, x); },
         {86.603995300, 83.288600085, 11.294863644, 3.678340976}},
        {"moved, noisy",
         [](int y, int x) { return truth_ink(y, x - 1) != ((7 * x + 11 * y + x * y) % 37 == 0); },
         {78.369493754, 77.893061437, 9.702253134, 5.736510811}},
        {"merged",
         [](int y, int x) { return truth_ink(y, x) || ((x == 48 || x == 49) && y >= 3 && y <= 12); },
         {98.661311914, 98.021612635, 21.863912157, 0.263776314}},
        {"broken",
         [](int y, int x) { return truth_ink(y, x) && y != 20 && y != 21; },
         {98.204419890, 98.926507019, 20.724478634, 0.462009143}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const BinarizationScores& expected = row.expected;
        const Image result = draw(48, 64, row.drawing);
        const BinarizationScores scores = score_binarization(result, truth);
        CHECK(scores.f_measure == near(expected.f_measure));
        CHECK(scores.pseudo_f_measure == near(expected.pseudo_f_measure));
        CHECK(scores.psnr == near(expected.psnr));
        CHECK(scores.drd == near(expected.drd));
        CHECK(scores.f_measure == f_measure(result, truth));
        CHECK(scores.pseudo_f_measure == pseudo_f_measure(result, truth));
        CHECK(scores.psnr == peak_signal_to_noise_ratio(result, truth));
        CHECK(scores.drd == distance_reciprocal_distortion(result, truth));
    }
    const detail::InkWeights weights = detail::pseudo_weights(truth);
    CHECK(sum(weights.recall) == near(153));
    CHECK(sum(weights.precision) == near(4027.583333333));
}

TEST_CASE("a real page by Otsu and Sauvola") {
    const std::string name = std::string(DEPIX_SHARED_DIR) + "/data/dibco/DIBCO2009_H03_";
    if (!std::filesystem::exists(name + "source.png")) {
        MESSAGE("skipped: no " << name << "source.png");
        return;
    }
    // The same implementation in Python, on pages that scikit-image's threshold_otsu and threshold_sauvola gave. It
    // printed six digits after the point.
    const Image page = read_image(name + "source.png", 1), truth = read_image(name + "target.png", 1);
    const BinarizationScores otsu = score_binarization(binarize(page, otsu_threshold(page)), truth);
    CHECK(otsu.f_measure == doctest::Approx(84.114021).epsilon(1e-8));
    CHECK(otsu.pseudo_f_measure == doctest::Approx(81.797229).epsilon(1e-8));
    CHECK(otsu.psnr == doctest::Approx(14.502509).epsilon(1e-7));
    CHECK(otsu.drd == doctest::Approx(6.200054).epsilon(1e-7));
    const BinarizationScores sauvola = score_binarization(binarize_sauvola(page), truth);
    CHECK(sauvola.f_measure == doctest::Approx(88.516886).epsilon(1e-8));
    CHECK(sauvola.pseudo_f_measure == doctest::Approx(91.865994).epsilon(1e-8));
    CHECK(sauvola.psnr == doctest::Approx(16.572719).epsilon(1e-7));
    CHECK(sauvola.drd == doctest::Approx(3.557180).epsilon(1e-7));
}

TEST_CASE("F-measure by hand: recall 1/2, precision 2/3") {
    const Image truth = draw(1, 9, [](int, int x) { return x < 4; });
    const Image result = draw(1, 9, [](int, int x) { return x == 0 || x == 3 || x == 7; });
    CHECK(f_measure(result, truth) == near(100 * 4.0 / 7));
}

TEST_CASE("pseudo-F-measure by hand: the weights across a bar") {
    // In a bar of 5 rows the distances from the contour are 0 1 2 1 0 and sum to 4. The bar's half width is 2 and its
    // width is 4, so paper above it weighs 1 + d / 4 up to 4 pixels away, and 1 beyond.
    const Image odd = draw(41, 81, [](int y, int x) { return y >= 18 && y <= 22 && x >= 20 && x <= 60; });
    const detail::InkWeights weights = detail::pseudo_weights(odd);
    const auto at = [&](int y) { return static_cast<std::size_t>(y * 81 + 40); };
    const double across[] = {0, 0.25, 0.5, 0.25, 0};
    for (int i = 0; i < 5; ++i) CHECK(weights.recall[at(18 + i)] == near(across[i]));
    for (int d = 1; d <= 17; ++d) {
        CHECK(weights.precision[at(18 - d)] == near(d <= 4 ? 1 + d / 4.0 : 1));
        CHECK(weights.precision[at(22 + d)] == near(d <= 4 ? 1 + d / 4.0 : 1));
        CHECK(weights.recall[at(18 - d)] == 0);
    }
    // In a bar of 4 rows they are 0 1 1 0.
    const detail::InkWeights even =
        detail::pseudo_weights(draw(41, 81, [](int y, int x) { return y >= 18 && y <= 21 && x >= 20 && x <= 60; }));
    const double across_even[] = {0, 0.5, 0.5, 0};
    for (int i = 0; i < 4; ++i) CHECK(even.recall[at(18 + i)] == near(across_even[i]));
    // In a bar of 1 row the contour is the skeleton.
    const detail::InkWeights thin =
        detail::pseudo_weights(draw(41, 81, [](int y, int x) { return y == 20 && x >= 20 && x <= 60; }));
    CHECK(thin.recall[at(20)] == near(1));
}

TEST_CASE("pseudo-F-measure: a thin stroke costs less than a broken one, a thick one less than noise") {
    const auto bar = [](int y, int x) { return y >= 18 && y <= 22 && x >= 20 && x <= 60; };
    const Image truth = draw(41, 81, bar);
    // 41 pixels are missing from an edge, or 40 from a gap of 8 columns.
    const Image thin = draw(41, 81, [&](int y, int x) { return bar(y, x) && y != 18; });
    const Image broken = draw(41, 81, [&](int y, int x) { return bar(y, x) && (x < 36 || x > 43); });
    CHECK(f_measure(thin, truth) < f_measure(broken, truth));
    CHECK(pseudo_f_measure(thin, truth) == near(100));
    CHECK(pseudo_f_measure(broken, truth) < 95);
    // There are 41 pixels too many, beside the bar or four pixels off.
    const Image thick = draw(41, 81, [&](int y, int x) { return bar(y, x) || bar(y + 1, x); });
    const Image noise = draw(41, 81, [&](int y, int x) { return bar(y, x) || (y == 14 && x >= 20 && x <= 60); });
    CHECK(f_measure(thick, truth) == near(f_measure(noise, truth)));
    CHECK(pseudo_f_measure(thick, truth) > pseudo_f_measure(noise, truth));
}

TEST_CASE("distance reciprocal distortion by hand: single wrong pixels") {
    // Four blocks of 8 x 8 have both ink and paper. The border cuts the fifth column of blocks, which does not count.
    const Drawing corner = [](int y, int x) { return y < 4 && x < 36; };
    const Image truth = draw(24, 36, corner);
    const auto with = [&](int v, int u) {
        return distance_reciprocal_distortion(
            draw(24, 36, [&](int y, int x) { return corner(y, x) != (y == v && x == u); }), truth);
    };
    CHECK(with(15, 20) == near(1.0 / 4));  // all 24 neighbours differ, so the weights sum to 1
    const double root2 = std::sqrt(2.0), root5 = std::sqrt(5.0), root8 = std::sqrt(8.0);
    const double all = 4 * (1 + 0.5) + 4 * (1 / root2 + 1 / root8) + 8 / root5;
    const double quarter = 2 * (1 + 0.5) + 1 / root2 + 1 / root8 + 2 / root5;
    CHECK(with(23, 35) == near(quarter / all / 4));  // pixels beyond the page do not count
    CHECK(with(0, 0) == near(quarter / all / 4));    // missing ink
    // Beside the ink's lower edge the pixel agrees with the two rows above it, at 0, 1 and 2 columns' distance.
    const double upper = 1 + 2 / root2 + 2 / root5 + 0.5 + 2 / root5 + 2 / root8;
    CHECK(with(4, 20) == near((all - upper) / all / 4));
}

TEST_CASE("equal pages, pages without ink and without paper") {
    const Image mixed = draw(40, 40, truth_ink), ink = draw(40, 40, [](int, int) { return true; });
    const Image paper = draw(40, 40, [](int, int) { return false; });
    for (const Image* page : {&mixed, &ink, &paper}) {
        const BinarizationScores scores = score_binarization(*page, *page);
        CHECK(scores.f_measure == near(100));
        CHECK(scores.pseudo_f_measure == near(100));
        CHECK(scores.psnr == infinity);
        CHECK(scores.drd == 0);
    }
    // Nothing is found, or all that is found is wrong.
    for (const auto& [result, truth] : {std::pair{&paper, &mixed}, {&mixed, &paper}, {&ink, &paper}, {&paper, &ink}}) {
        const BinarizationScores scores = score_binarization(*result, *truth);
        CHECK(scores.f_measure == 0);
        CHECK(scores.pseudo_f_measure == 0);
        CHECK(scores.drd > 0);
    }
    CHECK(score_binarization(ink, paper).psnr == 0);
    // These truths have no block with both ink and paper.
    CHECK(distance_reciprocal_distortion(ink, paper) == infinity);
    CHECK(distance_reciprocal_distortion(paper, ink) == infinity);
    const BinarizationScores scores = score_binarization(ink, mixed);
    CHECK(scores.f_measure > 0);
    CHECK(scores.pseudo_f_measure > 0);
    CHECK(scores.pseudo_f_measure < scores.f_measure + 1);
}

TEST_CASE("one wrong pixel: PSNR, and every place of it gives numbers") {
    const Image truth = draw(20, 30, [](int y, int x) { return y > 5 && y < 11 && x > 3 && x < 24; });
    for (std::size_t i = 0; i < truth.pixels.size(); i += 7) {
        Image result = truth;
        result.pixels[i] = 1 - result.pixels[i];
        const BinarizationScores scores = score_binarization(result, truth);
        CHECK(scores.psnr == near(10 * std::log10(600.0)));
        CHECK((scores.f_measure > 99 && scores.f_measure < 100));
        CHECK((scores.pseudo_f_measure > 97 && scores.pseudo_f_measure <= 100.0000001));
        CHECK((scores.drd > 0 && scores.drd < 1));
    }
}

TEST_CASE("small pages, single pixels and long strokes have weights too") {
    for (const auto& [height, width] : {std::pair{1, 1}, {1, 7}, {7, 1}, {2, 2}, {3, 3}, {8, 5}}) {
        for (unsigned pattern = 0; pattern < 128; pattern += 5) {
            const Image truth =
                draw(height, width, [&](int y, int x) { return (pattern >> ((3 * y + x) % 7) & 1) != 0; });
            const detail::InkWeights weights = detail::pseudo_weights(truth);
            for (std::size_t i = 0; i < truth.pixels.size(); ++i) {
                CHECK((weights.recall[i] >= 0 && weights.recall[i] <= 1));
                CHECK((weights.precision[i] >= 1 && weights.precision[i] <= 3));
                if (truth.pixels[i] == 0) CHECK(weights.precision[i] == 1);
                if (truth.pixels[i] == 1) CHECK(weights.recall[i] == 0);
            }
            CHECK(pseudo_f_measure(truth, truth) == near(100));
        }
    }
}

TEST_CASE("what is no pair of binary pages is named") {
    const Image page({1, 8, 8}, 1);
    CHECK_THROWS_AS(f_measure(page, Image({1, 8, 9}, 1)), ShapeError);
    CHECK_THROWS_AS(pseudo_f_measure(Image({3, 8, 8}), Image({3, 8, 8})), ShapeError);
    CHECK_THROWS_AS(distance_reciprocal_distortion(Image(), Image()), ShapeError);
    Image grey = page;
    grey(0, 3, 3) = 0.5f;
    CHECK(contains(message([&] { f_measure(grey, page); }), "f_measure: the result holds 0.5"));
    CHECK(contains(message([&] { distance_reciprocal_distortion(page, grey); }), "the ground truth holds 0.5"));
    grey(0, 3, 3) = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(score_binarization(grey, page), Error);
    CHECK_THROWS_AS(score_binarization(page, Image({1, 8, 8}, 255)), Error);
}

// evaluate: prints the measures that the contests use.
//
// For binarization it prints F-measure, pseudo-F-measure, PSNR and DRD as the DIBCO contests define them
// (depix/metrics/binarization.hpp). It also prints them for the two methods that every such table begins with: Otsu's
// single threshold, and Sauvola's threshold, which follows the paper's brightness. The network's page is grey. It is
// made black and white by a fixed threshold, by the authors' 0.95, or by Otsu's. For the other tasks it prints PSNR and
// SSIM, before and after. For drawn blurred pages it also prints how much of ten pages of print tesseract reads
// wrongly.
#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "../reading.hpp"
#include "commands.hpp"
#include "depix/image/binarize.hpp"
#include "depix/image/contact_sheet.hpp"
#include "depix/metrics/binarization.hpp"
#include "depix/metrics/character_error_rate.hpp"
#include "depix/metrics/fidelity.hpp"
#include "networks.hpp"
#include "text_pages.hpp"

namespace {

using Rows = std::vector<std::vector<depix::Image>>;

void score_black_and_white(const std::vector<example::PagePair>& pages, const depix::AnyRestorer& enhance,
                           double threshold, Rows& rows) {
    struct Method {
        std::string name;
        depix::BinarizationScores sum;
    };
    std::vector<Method> methods{{"Otsu", {}},
                                {"Sauvola (25, 0.2)", {}},
                                {"network, threshold " + std::to_string(threshold).substr(0, 4), {}},
                                {"network, threshold 0.95", {}},
                                {"network, then Otsu", {}}};
    double least = 100;  // by how much a page's F-measure is above the better of Otsu's and Sauvola's, at least
    std::printf("F-measure of each page   ");
    for (std::size_t i = 0; i < 3; ++i) std::printf(" %22s", methods[i].name.c_str());
    std::printf("\n");
    for (const example::PagePair& page : pages) {
        const depix::Image grey = enhance(page.degraded), truth = depix::binarize(page.clean, 0.5);
        const std::vector<depix::Image> results{depix::binarize(page.degraded, depix::otsu_threshold(page.degraded)),
                                                depix::binarize_sauvola(page.degraded),
                                                depix::binarize(grey, threshold), depix::binarize(grey, 0.95),
                                                depix::binarize(grey, depix::otsu_threshold(grey))};
        std::printf("%-25s", page.name.c_str());
        std::array<double, 3> measures{};
        for (std::size_t i = 0; i < results.size(); ++i) {
            const depix::BinarizationScores scores = depix::score_binarization(results[i], truth);
            methods[i].sum.f_measure += scores.f_measure;
            methods[i].sum.pseudo_f_measure += scores.pseudo_f_measure;
            methods[i].sum.psnr += scores.psnr;
            methods[i].sum.drd += scores.drd;
            if (i >= measures.size()) continue;
            measures[i] = scores.f_measure;
            std::printf(" %22.2f", scores.f_measure);
        }
        std::printf("\n");
        least = std::min(least, measures[2] - std::max(measures[0], measures[1]));
        rows.push_back({page.degraded, results[1], grey, results[2], truth});
    }
    const auto count = static_cast<double>(pages.size());
    std::printf("\nmean of %zu pages          F-measure  pseudo-F     PSNR      DRD\n", pages.size());
    for (const Method& method : methods)
        std::printf("%-25s %10.2f %9.2f %8.2f %8.2f\n", method.name.c_str(), method.sum.f_measure / count,
                    method.sum.pseudo_f_measure / count, method.sum.psnr / count, method.sum.drd / count);
    std::printf("least difference of a page's F-measure to the better of Otsu's and Sauvola's: %+.2f\n", least);
}

void score_grey(const std::vector<example::PagePair>& pages, const depix::AnyRestorer& enhance, Rows& rows) {
    depix::Scores before, after;
    const auto count = static_cast<double>(pages.size());
    for (const example::PagePair& page : pages) {
        const depix::Image restored = depix::quantized(enhance(page.degraded));
        const auto add = [&](depix::Scores& sum, const depix::Scores& scores) {
            sum.mean_squared_error += scores.mean_squared_error / count;
            sum.structural_similarity += scores.structural_similarity / count;
        };
        add(before, depix::compare(page.degraded, page.clean));
        add(after, depix::compare(restored, page.clean));
        rows.push_back({page.degraded, restored, page.clean});
    }
    std::printf("%zu pages   PSNR (dB)    SSIM\n", pages.size());
    std::printf("degraded  %9.2f %8.3f\n", depix::decibels(before.mean_squared_error), before.structural_similarity);
    std::printf("restored  %9.2f %8.3f\n", depix::decibels(after.mean_squared_error), after.structural_similarity);
}

/// Prints the character error rates of pages with known text: sharp, blurred and restored.
void score_reading(const std::vector<example::TextPage>& pages, const depix::AnyRestorer& enhance) {
    std::vector<depix::Image> clean, degraded, restored;
    for (const example::TextPage& text_page : pages) {
        clean.push_back(text_page.page.clean);
        degraded.push_back(text_page.page.degraded);
        restored.push_back(depix::quantized(enhance(text_page.page.degraded)));
    }
    std::size_t characters = 0;
    const auto rate = [&](const std::vector<depix::Image>& images) {
        const std::vector<std::string> read = example::read_text(images, example::block_of_text);
        depix::CharacterErrors sum;
        for (std::size_t i = 0; i < pages.size(); ++i) sum += depix::character_errors(pages[i].text, read[i]);
        characters = sum.characters;
        return 100 * sum.rate();
    };
    const double before = rate(degraded), after = rate(restored), sharp = rate(clean);
    std::printf("\n%zu printed pages, %zu characters: tesseract reads wrongly\n", pages.size(), characters);
    std::printf("degraded  %9.2f %%\nrestored  %9.2f %%\nclean     %9.2f %%\n", before, after, sharp);
}

}  // namespace

int example::evaluate(const EvaluateOptions& options) {
    const depix::AnyRestorer enhance = load_network(options.weights, options.threads);
    std::vector<PagePair> pages = options.pages.empty()
                                      ? draw_pages({options.task, options.blur}, 20, {1, 512, 512}, 2026)
                                      : read_pages(options.pages, options.only);
    // Some drawn pages are blank, so they have no ink to be found, and no F-measure.
    if (options.pages.empty() && options.task == Task::Binarize)
        std::erase_if(pages, [](const PagePair& page) {
            return std::ranges::none_of(page.clean.pixels, [](float value) { return value < 0.5f; });
        });
    Rows rows;
    options.task == Task::Binarize ? score_black_and_white(pages, enhance, options.threshold, rows)
                                   : score_grey(pages, enhance, rows);
    if (options.task == Task::Deblur && options.pages.empty())
        score_reading(draw_text_pages(10, options.blur, 2027), enhance);
    if (options.sheet.empty()) return 0;
    if (rows.size() > options.rows) rows.resize(options.rows);
    depix::write_image(options.sheet.string(), depix::contact_sheet(rows, {.largest_side = options.side}));
    std::printf("%s: %s\n",
                options.task == Task::Binarize ? "degraded, Sauvola, network in grey, network, truth"
                                               : "degraded, restored, clean",
                options.sheet.string().c_str());
    return 0;
}

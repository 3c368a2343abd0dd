// evaluate: how far is the result from the clean page?
//
// Kaggle's contest scored the root of the mean squared error (RMSE). 0 is perfect, and a page that is left as it is has
// about 0.155. Pages are restored in full size, because the user does not want a smaller page back. The numbers are
// given for each page size, because the small pages hold less white paper, which is easy to restore.
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "commands.hpp"
#include "depix/data/sources/documents.hpp"
#include "depix/image/contact_sheet.hpp"
#include "depix/metrics/fidelity.hpp"
#include "networks.hpp"

namespace {

struct Total {
    double squared_error = 0, similarity = 0;
};

void print_row(const char* kind, const Total& total, double pages) {
    const double error = total.squared_error / pages;
    std::printf("   %-9s %7.4f %8.2f %7.3f\n", kind, std::sqrt(error), depix::decibels(error),
                total.similarity / pages);
}

}  // namespace

int example::evaluate(const EvaluateOptions& options) {
    const depix::PairFolder all = depix::document_pairs(options.documents);
    const depix::PairFolder pages = options.all_pages ? all : depix::split_by_page(all).test;
    const depix::AnyRestorer clean = load_network(options.network, options.weights, 0, options.device);

    struct Group {
        Total noisy, restored;
        int pages = 0;
    };
    std::map<int, Group> groups;  // by the pages' height
    std::vector<std::vector<depix::Image>> rows;
    for (std::size_t i = 0; i < pages.size(); ++i) {
        const depix::ImagePair pair = pages.read(i);
        const depix::Image restored = depix::quantized(clean(pair.damaged));  // rounded as in a PNG file
        Group& group = groups[pair.clean.shape.height];
        const auto add = [&](Total& total, const depix::Image& page) {
            const depix::Scores scores = depix::compare(page, pair.clean);
            total.squared_error += scores.mean_squared_error;
            total.similarity += scores.structural_similarity;
        };
        add(group.noisy, pair.damaged);
        add(group.restored, restored);
        ++group.pages;
        if (i % 5 == 0) rows.push_back({pair.damaged, restored, pair.clean});
    }
    std::printf("pages              RMSE  PSNR (dB)   SSIM\n");
    for (const auto& [height, group] : groups) {
        std::printf("%d of 540x%d\n", group.pages, height);
        print_row("noisy", group.noisy, group.pages);
        print_row("restored", group.restored, group.pages);
    }
    if (!options.sheet.empty()) {
        depix::write_image(options.sheet.string(), depix::contact_sheet(rows));
        std::printf("noisy, restored, clean: %s\n", options.sheet.string().c_str());
    }
    return 0;
}

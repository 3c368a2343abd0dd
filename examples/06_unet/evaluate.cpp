// evaluate: measures the gain for each kind of damage.
//
// Every test picture is damaged in each way that the network was trained for, and restored. No test picture was trained
// on, and the damage is the same in every run. The peak signal-to-noise ratio is that of the mean error of all
// pictures; the structural similarity (Wang et al. 2004) comes closer to what people see. The median of 3x3 pixels
// stands beside the network, because it needs no training.
#include <cstdio>

#include "../median.hpp"
#include "commands.hpp"
#include "damages.hpp"
#include "depix/image/contact_sheet.hpp"
#include "depix/metrics/fidelity.hpp"
#include "networks.hpp"

namespace {

depix::Image middle(const depix::Image& image, int size) {
    if (size <= 0) return image;
    const int height = std::min(size, image.shape.height), width = std::min(size, image.shape.width);
    return depix::crop(image, (image.shape.height - height) / 2, (image.shape.width - width) / 2, height, width);
}

}  // namespace

int example::evaluate(const EvaluateOptions& options) {
    const std::vector<NamedDamage> damages = test_damages(options.task, options.noise);
    const depix::ImageFolder images = split_images(options.images).test;
    const depix::AnyRestorer restore = load_network(options.filters, options.weights, options.threads);

    std::printf("%zu pictures                        PSNR (dB)              SSIM\n", images.size());
    std::printf("damage                       before  median   after   before  after\n");
    std::vector<std::vector<depix::Image>> rows;
    for (const NamedDamage& kind : damages) {
        double error_before = 0, error_median = 0, error_after = 0, similarity_before = 0, similarity_after = 0;
        for (std::size_t i = 0; i < images.size(); ++i) {
            const depix::Image clean = middle(images.read(i), options.size);
            depix::Image damaged = clean;
            depix::Random random(2026, 0, i);
            kind.damage(damaged, random);
            damaged = depix::quantized(damaged);  // rounded as in a PNG file
            const depix::Image restored = depix::quantized(restore(damaged));
            const depix::Scores before = depix::compare(damaged, clean), after = depix::compare(restored, clean);
            error_before += before.mean_squared_error;
            error_median += depix::mean_squared_error(median_of_nine(damaged), clean);
            error_after += after.mean_squared_error;
            similarity_before += before.structural_similarity;
            similarity_after += after.structural_similarity;
            if (i < 2) rows.push_back({damaged, restored, clean});
        }
        const auto count = static_cast<double>(images.size());
        std::printf("%-28s %6.2f  %6.2f  %6.2f    %5.3f  %5.3f\n", kind.name.c_str(),
                    depix::decibels(error_before / count), depix::decibels(error_median / count),
                    depix::decibels(error_after / count), similarity_before / count, similarity_after / count);
        std::fflush(stdout);
    }
    if (!options.sheet.empty()) {
        depix::write_image(options.sheet.string(), depix::contact_sheet(rows));
        std::printf("damaged, restored, clean: %s\n", options.sheet.string().c_str());
    }
    return 0;
}

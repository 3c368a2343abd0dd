// evaluate: what is gained, kind by kind.
//
// Each picture of a folder is damaged in each way, the same way in every run, and restored; once in its colours and
// once as a grey picture stored as RGB. The PSNR is the mean over the pictures, as papers give it. The median of 3x3
// pixels stands beside the network, because it needs no training. A sheet shows the first two pictures in their
// colours, for each way. For holes that is the smooth filling which the network gets, and it stands in the column
// "before"; there also stands bicubic interpolation, for pictures that are enlarged.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "../median.hpp"
#include "commands.hpp"
#include "depix/data/sources/image_folder.hpp"
#include "depix/image/contact_sheet.hpp"
#include "depix/image/resize.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/models/denoiser.hpp"
#include "depix/models/enlarger.hpp"
#include "depix/models/inpainter.hpp"
#include "depix/restore/restore.hpp"

namespace {

using example::Measured;

/// The square in the middle, or the whole picture if it is smaller; side 0: the whole picture.
depix::Image middle(const depix::Image& image, int side) {
    const int height = side > 0 ? std::min(side, image.shape.height) : image.shape.height;
    const int width = side > 0 ? std::min(side, image.shape.width) : image.shape.width;
    return depix::crop(image, (image.shape.height - height) / 2, (image.shape.width - width) / 2, height, width);
}

template <depix::Module Network>
int evaluate_network(const example::EvaluateOptions& options) {
    const depix::ImageFolder folder(options.images, {.channels = 3});
    depix::Model<Network> model;
    depix::load(model, options.weights.string());
    const depix::Inference<Network> network(model, options.threads);
    const std::size_t count =
        options.most > 0 ? std::min(folder.size(), static_cast<std::size_t>(options.most)) : folder.size();

    std::vector<std::vector<depix::Image>> rows;
    for (const bool grey : {false, true}) {
        std::printf("%zu pictures%s: mean PSNR in dB%s\n", count, grey ? ", grey as RGB" : "",
                    options.task.measured == Measured::Luma       ? ", on luma"
                    : options.task.measured == Measured::Enlarged ? ", on the luma of 16..235, without a border"
                    : options.task.measured == Measured::Holes    ? ", inside the holes"
                                                                  : "");
        std::printf("%-36s  before  median   after  least after  least gain\n", "damage");
        for (const example::NamedDamage& kind : options.task.test_damages) {
            if (!kind.name.starts_with(options.only)) continue;
            double before = 0, median = 0, after = 0, least = 1e9, least_gain = 1e9;
            for (std::size_t i = 0; i < count; ++i) {
                depix::Image clean = example::fitting(options.task, folder.read(i));
                if (grey) clean = depix::quantized(example::without_colour(clean));
                depix::Random random(2026, 0, i);
                const depix::Image input = kind.degrade(clean, grey, random), mask = example::mask_of(input);
                const depix::Image damaged = example::picture_of(options.task, input);
                const depix::Image restored = depix::quantized(depix::restore(network, input));
                const double reached = example::score(options.task, restored, clean, mask);
                const double damaged_score = example::score(options.task, damaged, clean, mask);
                before += damaged_score;
                least_gain = std::min(least_gain, reached - damaged_score);
                median += example::score(options.task, example::median_of_nine(damaged), clean, mask);
                after += reached;
                least = std::min(least, reached);
                if (!grey && i < 2 && !options.sheet.empty()) {
                    rows.emplace_back();
                    for (const depix::Image& picture : {damaged, restored, clean})
                        rows.back().push_back(middle(picture, options.crop));
                }
            }
            const auto images = static_cast<double>(count);
            std::printf("%-36s  %6.2f  %6.2f  %6.2f  %11.2f  %10.2f\n", kind.name.c_str(), before / images,
                        median / images, after / images, least, least_gain);
        }
    }
    if (!options.sheet.empty()) {
        depix::write_image(options.sheet.string(), depix::contact_sheet(rows));
        std::printf("damaged, restored, clean: %s\n", options.sheet.string().c_str());
    }
    return 0;
}

}  // namespace

int example::evaluate(const EvaluateOptions& options) {
    if (options.task.scale == 4) return evaluate_network<depix::Enlarger<4>>(options);
    if (options.task.scale == 2) return evaluate_network<depix::Enlarger<2>>(options);
    return options.task.measured == Measured::Holes ? evaluate_network<depix::Inpainter>(options)
                                                    : evaluate_network<depix::Denoiser>(options);
}

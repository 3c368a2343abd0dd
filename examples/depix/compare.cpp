// compare: measures how far two pictures are from each other.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>

#include "commands.hpp"
#include "depix/metrics/fidelity.hpp"
#include "files.hpp"

namespace {

void print_decibels(const char* what, double value) {
    if (std::isinf(value))
        std::printf("%-14s infinite: they are equal\n", what);
    else
        std::printf("%-14s %.2f dB\n", what, value);
}

}  // namespace

int tool::compare(const CompareOptions& options) {
    depix::Image a = read_image(options.first, options.limits).color;
    depix::Image b = read_image(options.second, options.limits).color;
    if (a.shape.height != b.shape.height || a.shape.width != b.shape.width) {
        const auto size = [](const depix::Image& image) {
            return std::to_string(image.shape.width) + "x" + std::to_string(image.shape.height);
        };
        throw depix::ShapeError(options.first + " has " + size(a) + " pixels, " + options.second + " " + size(b) +
                                "; only pictures of one size can be compared");
    }
    const int channels = std::max(a.shape.channels, b.shape.channels);
    a = depix::convert_channels(std::move(a), channels);
    b = depix::convert_channels(std::move(b), channels);
    print_decibels("PSNR", depix::peak_signal_to_noise_ratio(a, b));
    if (channels == 3) {
        // Papers on super-resolution measure it in this way.
        print_decibels("PSNR of luma",
                       depix::peak_signal_to_noise_ratio(luma(a, depix::Luma::Studio), luma(b, depix::Luma::Studio)));
    }
    if (a.shape.height >= 11 && a.shape.width >= 11)
        std::printf("%-14s %.4f\n", "SSIM", depix::structural_similarity(a, b));
    else
        std::printf("%-14s none: the pictures are smaller than its window of 11x11\n", "SSIM");
    return 0;
}

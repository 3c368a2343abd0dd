// evaluate: how much nearer to the true picture is the result than bicubic interpolation?
//
// It prints what papers print: peak signal-to-noise ratio and structural similarity (Wang et al. 2004) of the luma,
// without the outer 4 pixels. Each is the mean over the pictures. Any folder of pictures will do, because they are
// shrunk here, by the same filter as in training. Where there are both NAME_HR.png and NAME_LR.png, as in the published
// test sets, the small picture is taken as it is.
#include <cstdio>
#include <set>

#include "commands.hpp"
#include "depix/data/sources/super_resolution.hpp"
#include "depix/image/contact_sheet.hpp"
#include "networks.hpp"

namespace {

struct TestImage {
    std::string name, high, low;  // the files; low is empty if it is to be made
};

/// NAME_HR.png with its NAME_LR.png, and all other pictures.
std::vector<TestImage> list_images(const depix::ImageFolder& folder) {
    std::set<std::string> paths;
    for (std::size_t i = 0; i < folder.size(); ++i) paths.insert(folder.path(i));
    const auto twin = [&](const std::string& path, const std::string& from, const std::string& to) {
        const std::size_t place = path.rfind(from);
        if (place == std::string::npos) return std::string();
        std::string other = path;
        other.replace(place, from.size(), to);
        return paths.contains(other) ? other : std::string();
    };
    std::vector<TestImage> images;
    for (const std::string& path : paths) {
        if (!twin(path, "_LR.", "_HR.").empty()) continue;
        images.push_back({std::filesystem::path(path).stem().string(), path, twin(path, "_HR.", "_LR.")});
    }
    return images;
}

depix::SuperResolutionPair read_pair(const TestImage& image, int channels) {
    depix::SuperResolutionPair pair = depix::make_super_resolution_pair(depix::read_image(image.high, channels));
    if (image.low.empty()) return pair;
    const depix::Shape expected = pair.low.shape;
    pair.low = depix::read_image(image.low, channels);
    if (pair.low.shape != expected)
        throw depix::FileError(image.low, "is " + to_string(pair.low.shape) + ", but a quarter of " + image.high +
                                              " is " + to_string(expected));
    return pair;
}

}  // namespace

int example::evaluate(const EvaluateOptions& options) {
    const std::vector<TestImage> images = list_images(depix::ImageFolder(options.images));
    const depix::AnyRestorer enlarge =
        load_network(options.generator, options.weights, options.threads, options.device);

    std::printf("                               bicubic            network\n");
    std::printf("picture                   PSNR (dB)   SSIM   PSNR (dB)   SSIM\n");
    const auto print = [](const char* name, const depix::LuminanceScores& before, const depix::LuminanceScores& after) {
        std::printf("%-24s %10.2f %6.4f %11.2f %6.4f\n", name, before.peak_signal_to_noise_ratio,
                    before.structural_similarity, after.peak_signal_to_noise_ratio, after.structural_similarity);
    };
    depix::LuminanceScores sum_before, sum_after;
    std::vector<std::vector<depix::Image>> rows;
    for (const TestImage& image : images) {
        const auto [low, high] = read_pair(image, options.generator.channels);
        const depix::Image bicubic = depix::quantized(depix::resize(low, high.shape.height, high.shape.width));
        const depix::Image network = depix::quantized(enlarge(low));  // rounded as in a PNG file
        const depix::LuminanceScores before = depix::score_super_resolution(bicubic, high);
        const depix::LuminanceScores after = depix::score_super_resolution(network, high);
        print(image.name.c_str(), before, after);
        const auto add = [&](depix::LuminanceScores& sum, const depix::LuminanceScores& scores) {
            const auto count = static_cast<double>(images.size());
            sum.peak_signal_to_noise_ratio += scores.peak_signal_to_noise_ratio / count;
            sum.structural_similarity += scores.structural_similarity / count;
        };
        add(sum_before, before);
        add(sum_after, after);
        if (rows.size() < options.rows) rows.push_back({bicubic, network, high});
    }
    print("mean", sum_before, sum_after);
    if (!options.sheet.empty()) {
        depix::write_image(options.sheet.string(), depix::contact_sheet(rows));
        std::printf("bicubic, network, true: %s\n", options.sheet.string().c_str());
    }
    return 0;
}

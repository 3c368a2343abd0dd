// 2: the best linear filter, the baseline without a network.
//
// What does a network gain over the simplest thing that could work? A linear filter computes every pixel from the 7x7
// pixels around it: y = b + sum over i, j of w[i][j] * x[i][j]. No training is needed to find the best one. The mean
// squared error is a quadratic function of the 50 numbers w and b, so its gradient is 0 where the normal equations
// hold:
//
//     A w = c,     A = sum of v v^T,     c = sum of v t        v: a damaged window and a 1;  t: the clean pixel
//
// For noise this is a Wiener filter, restricted to 7x7 pixels. The sums are taken over all windows of pictures that are
// not measured. One filter serves all channels. The filter is then a Conv<1, 1, 7> whose weights are Eigen's solution,
// and inference runs it like any other network.
//
// The networks are those that ship with 01_depixelizer and 08_photographs, on the same damaged pictures. A filter is
// fitted for each strength of the noise, which the network has to find out by itself.
//
//     2_best_filter [--images FOLDER] [--measure 68] [--texts 800] [--sheet filters.png]
#include <depix/data/damage.hpp>
#include <depix/data/eigen.hpp>
#include <depix/data/text/text_images.hpp>
#include <depix/depix.hpp>
#include <depix/image/contact_sheet.hpp>
#include <depix/metrics/fidelity.hpp>
#include <depix/restore.hpp>

#include <Eigen/QR>
#include <algorithm>
#include <memory>
#include <utility>

#include "pictures.hpp"

using namespace depix;

namespace {

constexpr int size = 7, reach = size / 2, taps = size * size;
using Filter = Sequential<Conv<1, 1, size, Padding<0>>>;

struct Pair {
    Image damaged, clean;
    int window = 0;  // of the pixelation
};

/// The picture with `reach` more pixels on each side, which mirror it.
Image widened(const Image& image) {
    return crop_reflected(image, -reach, -reach, image.shape.height + 2 * reach, image.shape.width + 2 * reach);
}

/// The filter with the least squared error on these pairs.
Model<Filter> best_filter(const std::vector<Pair>& pairs) {
    Eigen::MatrixXd a = Eigen::MatrixXd::Zero(taps + 1, taps + 1);
    Eigen::VectorXd c = Eigen::VectorXd::Zero(taps + 1);
    for (const Pair& pair : pairs) {
        const Image wide = widened(pair.damaged);
        for (int channel = 0; channel < wide.shape.channels; ++channel) {
            const auto damaged = channel_as_matrix(wide, channel), clean = channel_as_matrix(pair.clean, channel);
            Eigen::MatrixXd windows = Eigen::MatrixXd::Ones(clean.cols(), taps + 1);  // of one row of pixels
            for (Eigen::Index y = 0; y < clean.rows(); ++y) {
                for (int i = 0; i < size; ++i)
                    for (int j = 0; j < size; ++j)
                        windows.col(i * size + j) =
                            damaged.row(y + i).segment(j, clean.cols()).transpose().cast<double>();
                a.selfadjointView<Eigen::Lower>().rankUpdate(windows.transpose());
                c += windows.transpose() * clean.row(y).transpose().cast<double>();
            }
        }
    }
    a.triangularView<Eigen::StrictlyUpper>() = a.transpose();
    // Unlike a Cholesky decomposition, this one also solves equations that depend on each other.
    const Eigen::VectorXd solution = a.completeOrthogonalDecomposition().solve(c);

    Model<Filter> model;
    weight_as_matrix(model, "0.weight") = solution.head(taps).transpose().cast<float>();
    bias_as_vector(model, "0.bias") = solution.tail(1).cast<float>();
    return model;
}

/// The filter as a function. A picture's channels are a batch of grey pictures for it.
AnyRestorer prepare(const Model<Filter>& model) {
    const auto network = std::make_shared<const Inference<Filter>>(model);
    return [network](const Image& image) {
        const Image wide = widened(image);
        const View<const float> channels(wide.pixels.data(), wide.shape.channels,
                                         {1, wide.shape.height, wide.shape.width});
        Image result(image.shape);
        result.pixels = (*network)(channels).data;
        return result;
    };
}

/// Pictures with Gaussian noise, as the evaluation of 08_photographs draws it from the same seed.
std::vector<Pair> add_noise(const std::vector<Image>& pictures, double sigma, std::uint64_t seed) {
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        Random random(seed, 0, i);
        Image noisy = pictures[i];
        GaussianNoise{sigma / 255, sigma / 255}(noisy, random);
        pairs.push_back({quantized(std::move(noisy)), pictures[i]});
    }
    return pairs;
}

/// Pixelated text, as the evaluation of 01_depixelizer draws it from the same seed. Where Roboto is missing, half of
/// that example's sample pairs.
std::vector<Pair> draw_texts(int count, std::uint64_t seed, bool first_half) {
    std::vector<Pair> pairs;
    const std::vector<Font> fonts = example::roboto();
    if (!fonts.empty()) {
        const TextImages images(fonts);
        for (int i = 0; i < count; ++i) {
            Random random(seed, 0, static_cast<std::uint64_t>(i));
            TextPair pair = images.draw(random);
            pairs.push_back({std::move(pair.pixelated), std::move(pair.clean), pair.window});
        }
        return pairs;
    }
    const std::filesystem::path samples = std::filesystem::path(DEPIX_EXAMPLES) / "01_depixelizer/samples";
    const ImageFolder pixelated(samples / "pixeled", {.channels = 3}), clean(samples / "clean", {.channels = 3});
    for (std::size_t i = first_half ? 0 : clean.size() / 2; i < (first_half ? clean.size() / 2 : clean.size()); ++i)
        pairs.push_back({pixelated.read(i), clean.read(i)});
    return pairs;
}

/// The mean squared error of each restored picture, with its values rounded as in a PNG file.
std::vector<double> errors_of(const std::vector<Pair>& pairs, const AnyRestorer& restore) {
    std::vector<double> errors;
    for (const Pair& pair : pairs) errors.push_back(mean_squared_error(quantized(restore(pair.damaged)), pair.clean));
    return errors;
}

/// The mean of the pictures' PSNRs in dB, as 08_photographs states it.
double mean_psnr(const std::vector<double>& errors) {
    double sum = 0;
    for (const double error : errors) sum += decibels(std::max(error, 1e-7));
    return sum / static_cast<double>(errors.size());
}

/// The PSNR in dB of the mean error, as 01_depixelizer states it, of the pairs with this window; 0: of all.
double psnr_of_mean(const std::vector<double>& errors, const std::vector<Pair>& pairs, int window) {
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < pairs.size(); ++i)
        if (window == 0 || pairs[i].window == window) sum += errors[i], ++count;
    return decibels(sum / count);
}

/// The filter's weights as a small picture, grey where they are 0.
Image draw(const Model<Filter>& model) {
    const auto weights = channel_as_matrix(View<const float>(model.parameters().data(), 1, {1, size, size}), 0, 0);
    const auto grey = weights.array() / (2 * weights.cwiseAbs().maxCoeff()) + 0.5f;
    return quantized(resize(to_image(grey), 12 * size, 12 * size, Resampling::Nearest));
}

}  // namespace

int main(int count, char** arguments) {
    const example::Options options(count, arguments,
                                   {{"--images", ""}, {"--measure", "68"}, {"--texts", "800"}, {"--sheet", ""}});
    try {
        const std::filesystem::path examples(DEPIX_EXAMPLES);
        const AnyRestorer nothing = [](const Image& image) { return image; };
        std::vector<std::vector<Image>> rows(1);  // of the sheet; the filters come first

        // Noise. The first pictures are measured, at most half of them, and the filter is fitted to the others.
        const std::vector<Image> pictures = example::read_pictures(options.path("--images"), 3);
        if (pictures.size() < 2) throw Error("2_best_filter needs two pictures: one to fit to and one to measure");
        const auto held_out = static_cast<std::ptrdiff_t>(
            std::min(static_cast<std::size_t>(options.number("--measure")), (pictures.size() + 1) / 2));
        const std::vector<Image> test(pictures.begin(), pictures.begin() + held_out);
        const std::vector<Image> fit(pictures.begin() + held_out, pictures.end());
        const AnyRestorer denoiser =
            load_restorer<Denoiser>((examples / "08_photographs/denoiser.safetensors").string());
        std::printf("Gaussian noise: mean PSNR in dB of %zu pictures; filters fitted to %zu others\n", test.size(),
                    fit.size());
        std::printf("%-12s  noisy  filter  denoiser\n", "");
        for (const int sigma : {15, 25, 50}) {
            const Model<Filter> model = best_filter(add_noise(fit, sigma, 1));
            const AnyRestorer filter = prepare(model);
            const std::vector<Pair> pairs = add_noise(test, sigma, 2026);
            std::printf("sigma %-6d  %5.2f   %5.2f     %5.2f\n", sigma, mean_psnr(errors_of(pairs, nothing)),
                        mean_psnr(errors_of(pairs, filter)), mean_psnr(errors_of(pairs, denoiser)));
            rows[0].push_back(draw(model));
            const Image& first = pairs[0].damaged;
            if (sigma == 25) rows.push_back({first, quantized(filter(first)), quantized(denoiser(first)), test[0]});
        }

        // Pixelated text. One filter for all windows, because the networks are not told the window either.
        const int texts = options.number("--texts");
        const std::vector<Pair> fit_texts = draw_texts(texts, 1, false), pairs = draw_texts(texts, 2026, true);
        const Model<Filter> model = best_filter(fit_texts);
        const AnyRestorer filter = prepare(model);
        const AnyRestorer depixelizer =
            load_restorer<Depixelizer>((examples / "01_depixelizer/depixelizer.safetensors").string());
        const AnyRestorer text_restorer =
            load_restorer<TextRestorer>((examples / "01_depixelizer/text_restorer.safetensors").string());
        std::printf("\npixelated text: PSNR in dB of the mean error of %zu pictures; filter fitted to %zu others\n",
                    pairs.size(), fit_texts.size());
        std::printf("%-12s  pixelated  filter  depixelizer  text restorer\n", "");
        const std::vector<double> errors[] = {errors_of(pairs, nothing), errors_of(pairs, filter),
                                              errors_of(pairs, depixelizer), errors_of(pairs, text_restorer)};
        for (const int window : {0, 2, 3, 4}) {
            if (window != 0 && std::ranges::count(pairs, window, &Pair::window) == 0) continue;
            const auto psnr = [&](std::size_t i) { return psnr_of_mean(errors[i], pairs, window); };
            std::printf("%-12s      %5.2f   %5.2f        %5.2f          %5.2f\n",
                        window == 0 ? "all" : ("window " + std::to_string(window)).c_str(), psnr(0), psnr(1), psnr(2),
                        psnr(3));
        }
        rows[0].push_back(draw(model));
        const Image& first = pairs[0].damaged;
        rows.push_back({first, quantized(filter(first)), quantized(text_restorer(first)), pairs[0].clean});

        const std::string sheet = options.path("--sheet");
        if (!sheet.empty()) {
            write_image(sheet, contact_sheet(rows));
            std::printf("\nfilters for noise and for pixels; below them damaged, filtered, by a network, clean: %s\n",
                        sheet.c_str());
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}

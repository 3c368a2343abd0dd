// What OpenCV restores without training, on the pictures that `depix evaluate` damages, with the same seed: non-local
// means for noise, Telea's and the Navier-Stokes inpainting for holes; and Wiener's filter for blur, by OpenCV's
// Fourier transform. The program prints one line for each kind of damage, the mean PSNR in dB as `depix evaluate` does.
//
//     benchmark_classical FOLDER [--grey] [PICTURES]
//
// Non-local means is told the noise, Wiener's filter the blur and the noise; depix's networks are told neither.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <opencv2/core.hpp>
#include <opencv2/photo.hpp>
#include <string>
#include <vector>

#include "../examples/08_photographs/tasks.hpp"
#include "depix/data/sources/image_folder.hpp"

namespace {

using depix::Image;

cv::Mat to_bytes(const Image& image) {
    const auto [channels, height, width] = image.shape;
    cv::Mat result(height, width, channels == 3 ? CV_8UC3 : CV_8UC1);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < channels; ++c)
                result.ptr<std::uint8_t>(y)[channels * x + c] = depix::to_byte(image(c, y, x));
    return result;
}

Image from_bytes(const cv::Mat& bytes) {
    Image image({bytes.channels(), bytes.rows, bytes.cols});
    for (int y = 0; y < bytes.rows; ++y)
        for (int x = 0; x < bytes.cols; ++x)
            for (int c = 0; c < bytes.channels(); ++c)
                image(c, y, x) = depix::from_byte(bytes.ptr<std::uint8_t>(y)[bytes.channels() * x + c]);
    return image;
}

// Non-local means with patches of 7x7 and a search of 21x21 pixels; the strength h is a multiple of sigma.
Image non_local_means(const Image& noisy, double strength) {
    cv::Mat result;
    cv::fastNlMeansDenoisingColored(to_bytes(noisy), result, static_cast<float>(strength), static_cast<float>(strength),
                                    7, 21);
    return from_bytes(result);
}

// Wiener's filter, conj(K) / (|K|^2 + noise / signal), on the picture continued by its mirror image.
Image wiener(const Image& image, const example::BlurKernel& kernel, double noise_to_signal) {
    const auto [channels, height, width] = image.shape;
    const int margin = 16, rows = cv::getOptimalDFTSize(height + 2 * margin),
              columns = cv::getOptimalDFTSize(width + 2 * margin), side = 2 * kernel.radius + 1;
    cv::Mat blur = cv::Mat::zeros(rows, columns, CV_64F), response;
    for (int i = 0; i < side * side; ++i)
        blur.at<double>((i / side - kernel.radius + rows) % rows, (i % side - kernel.radius + columns) % columns) =
            kernel.weights[static_cast<std::size_t>(i)];
    cv::dft(blur, response, cv::DFT_COMPLEX_OUTPUT);
    Image result(image.shape);
    const Image wide = depix::crop_reflected(image, -margin, -margin, rows, columns);
    for (int c = 0; c < channels; ++c) {
        cv::Mat plane(rows, columns, CV_64F), spectrum;
        for (int y = 0; y < rows; ++y)
            for (int x = 0; x < columns; ++x) plane.at<double>(y, x) = static_cast<double>(wide(c, y, x));
        cv::dft(plane, spectrum, cv::DFT_COMPLEX_OUTPUT);
        for (int y = 0; y < rows; ++y)
            for (int x = 0; x < columns; ++x) {
                const cv::Vec2d k = response.at<cv::Vec2d>(y, x), s = spectrum.at<cv::Vec2d>(y, x);
                const double power = k[0] * k[0] + k[1] * k[1] + noise_to_signal;
                // The picture is the correlation with the kernel, so k instead of its conjugate takes it back.
                spectrum.at<cv::Vec2d>(y, x) = {(s[0] * k[0] - s[1] * k[1]) / power,
                                                (s[0] * k[1] + s[1] * k[0]) / power};
            }
        cv::dft(spectrum, plane, cv::DFT_INVERSE | cv::DFT_SCALE | cv::DFT_REAL_OUTPUT);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                result(c, y, x) = depix::detail::clamped(plane.at<double>(y + margin, x + margin));
    }
    return depix::quantized(result);
}

// What a damage of the task deblur drew first: see GaussianBlur and MotionBlur.
example::BlurKernel drawn_kernel(const std::string& name, depix::Random random) {
    const double strength = std::stod(name.substr(name.find_first_of("0123456789")));
    random.uniform(strength, strength);
    if (name.starts_with("Gaussian")) return example::gaussian_kernel(strength);
    return example::motion_kernel(strength, random.uniform(0, 3.141592653589793));
}

struct Method {
    std::string name;
    double sum = 0;
};

void measure(const example::Task& task, const depix::ImageFolder& folder, std::size_t count, bool is_grey) {
    for (const example::NamedDamage& kind : task.test_damages) {
        if (kind.name == "clean" || kind.name.starts_with("salt")) continue;
        std::vector<Method> methods;
        for (std::size_t i = 0; i < count; ++i) {
            Image clean = folder.read(i);
            if (is_grey) clean = depix::quantized(example::without_colour(clean));
            depix::Random random(2026, 0, i);
            const Image input = kind.degrade(clean, is_grey, random), mask = example::mask_of(input);
            const Image damaged = example::picture_of(task, input);
            std::size_t column = 0;
            const auto add = [&](const std::string& name, const Image& restored) {
                if (column == methods.size()) methods.push_back({name});
                methods[column++].sum += example::score(task, restored, clean, mask);
            };
            if (task.name == "denoise") {
                const double sigma = std::stod(kind.name.substr(kind.name.rfind(' ')));
                for (const double factor : {0.6, 0.8, 1.0})
                    add("NLM, h = " + std::to_string(factor).substr(0, 3) + " sigma",
                        non_local_means(damaged, factor * sigma));
            } else if (task.name == "inpaint") {
                cv::Mat result;
                Image holes = mask;
                for (float& value : holes.pixels) value = value > 0 ? 1.0f : 0.0f;
                cv::inpaint(to_bytes(damaged), to_bytes(holes), result, 5, cv::INPAINT_TELEA);
                add("Telea", from_bytes(result));
                cv::inpaint(to_bytes(damaged), to_bytes(holes), result, 5, cv::INPAINT_NS);
                add("Navier-Stokes", from_bytes(result));
            } else {
                const example::BlurKernel kernel = drawn_kernel(kind.name, depix::Random(2026, 0, i));
                for (const double ratio : {0.003, 0.01, 0.03})
                    add("Wiener, " + std::to_string(ratio).substr(0, 5), wiener(damaged, kernel, ratio));
            }
        }
        std::printf("%-36s", kind.name.c_str());
        for (const Method& method : methods)
            std::printf("  %s %.2f", method.name.c_str(), method.sum / static_cast<double>(count));
        std::printf("\n");
        std::fflush(stdout);
    }
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string> words(arguments + 1, arguments + count);
    const bool is_grey = words.size() > 1 && words[1] == "--grey";
    const std::size_t next = is_grey ? 2 : 1;
    if (words.empty() || words.size() > next + 1) {
        std::fprintf(stderr, "usage: benchmark_classical FOLDER [--grey] [PICTURES]\n");
        return 2;
    }
    try {
        cv::setNumThreads(1);
        const depix::ImageFolder folder(words[0], {.channels = 3});
        const std::size_t most = words.size() > next ? std::stoul(words[next]) : folder.size();
        for (const char* task : {"denoise", "inpaint", "deblur"})
            measure(example::task_called(task), folder, std::min(most, folder.size()), is_grey);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "benchmark_classical: %s\n", error.what());
        return 1;
    }
    return 0;
}

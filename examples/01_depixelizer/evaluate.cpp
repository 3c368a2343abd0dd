// evaluate: how good is it?
//
// It prints two kinds of numbers. The first kind compares pixels. The peak signal-to-noise ratio is the mean squared
// error on a logarithmic scale, 10 log10(1 / error) decibels, so 3 dB more means half the error. It is given for the
// mean error of all pictures, which is what training minimises. The structural similarity (Wang et al. 2004) compares
// small neighbourhoods and comes closer to what people see; 1 is perfect.
//
// Neither says whether the text can be read. With --read, a program that reads text measures that. The character error
// rate is the number of letters to insert, delete or replace until its reading is right, divided by the number of
// letters that there are. Even clean pictures are not read without errors (no reader can tell I from l in most fonts),
// so the goal is the rate of the clean pictures.
//
// Always compare with the unrestored picture. A network whose result is further from the clean picture than its input
// has made things worse, and the weights that were once published for this architecture do that.
#include <array>
#include <cstdio>
#include <map>

#include "../reading.hpp"
#include "commands.hpp"
#include "depix/image/resize.hpp"
#include "depix/metrics/character_error_rate.hpp"
#include "depix/metrics/fidelity.hpp"
#include "networks.hpp"
#include "pairs.hpp"

namespace {

using example::Example;

// Sums of the scores of some pictures.
struct Total {
    double squared_error = 0, decibels = 0, similarity = 0;
    std::size_t images = 0;

    void add(const depix::Image& image, const depix::Image& clean) {
        const depix::Scores scores = depix::compare(image, clean);
        squared_error += scores.mean_squared_error;
        decibels += scores.peak_signal_to_noise_ratio;
        similarity += scores.structural_similarity;
        ++images;
    }
};

std::string window_name(int window) { return window == 0 ? "all" : std::to_string(window); }

void print_scores(const std::vector<Example>& examples) {
    std::map<int, std::array<Total, 2>> totals;  // by window, before and after
    const auto add = [&](int window, const Example& example) {
        totals[window][0].add(example.damaged, example.clean);
        totals[window][1].add(example.restored, example.clean);
    };
    for (const Example& example : examples) {
        add(0, example);
        if (example.window != 0) add(example.window, example);
    }
    std::printf("window  pictures   PSNR (dB) of the mean error   mean PSNR (dB)       SSIM\n");
    std::printf("                   pixelated      restored       before   after    before  after\n");
    for (const auto& [window, pair] : totals) {
        const auto count = static_cast<double>(pair[0].images);
        std::printf("%6s  %8zu   %9.2f     %9.2f       %6.2f  %6.2f    %6.3f %6.3f\n", window_name(window).c_str(),
                    pair[0].images, depix::decibels(pair[0].squared_error / count),
                    depix::decibels(pair[1].squared_error / count), pair[0].decibels / count, pair[1].decibels / count,
                    pair[0].similarity / count, pair[1].similarity / count);
    }
}

// Twice as large, because tesseract expects letters of about 30 pixels, and these have 12.
depix::Image enlarged(const depix::Image& image) {
    return depix::resize(image, 2 * image.shape.height, 2 * image.shape.width, depix::Resampling::Bilinear);
}

void print_character_errors(const std::vector<Example>& examples) {
    std::vector<depix::Image> images;
    for (const Example& example : examples)
        for (const depix::Image* image : {&example.damaged, &example.restored, &example.clean})
            images.push_back(enlarged(*image));
    const std::vector<std::string> texts = example::read_text(images, example::line_of_letters_and_digits);
    std::map<int, std::array<depix::CharacterErrors, 3>> errors;
    for (std::size_t i = 0; i < examples.size(); ++i)
        for (const int window : {0, examples[i].window})
            for (std::size_t kind = 0; kind < 3; ++kind)
                errors[window][kind] += depix::character_errors(examples[i].text, texts[3 * i + kind]);
    std::printf("\ncharacter errors (%%) by tesseract\nwindow  pixelated  restored  clean\n");
    for (const auto& [window, rates] : errors)
        std::printf("%6s  %9.1f  %8.1f  %5.1f\n", window_name(window).c_str(), 100 * rates[0].rate(),
                    100 * rates[1].rate(), 100 * rates[2].rate());
}

}  // namespace

int example::evaluate(const EvaluateOptions& options) {
    std::vector<Example> examples = test_examples(options);

    const depix::AnyRestorer network = load_network(options.network, options.weights, options.normalise);
    for (Example& example : examples) {
        example.restored = network(example.damaged);
        // Rounded as in a PNG file.
        for (float& value : example.restored.pixels) value = depix::from_byte(depix::to_byte(value));
    }
    print_scores(examples);
    if (options.read_text && options.dataset.empty()) print_character_errors(examples);
    return 0;
}

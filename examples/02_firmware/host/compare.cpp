// Reads what the firmware printed and compares its picture with the host's, which comes from the same source.
//
//     compare exact   < board.txt    every bit must be equal
//     compare rounded < board.txt    the board may round otherwise: it fuses multiply and add
//
// Exact equality is possible because IEEE 754 defines +, *, / and the square root to the last bit, both compilers keep
// the order of the sums (no -ffast-math), and both were told -ffp-contract=off.
//
// A fused multiply-add rounds once where the host rounds twice. Its result differs, and is no worse. How far two such
// results may differ depends on the network. So the same network also runs in double, which gives the error of the
// host's own float result. The board's error may be four times as large, because maxima of two such errors over 2,048
// pixels differ by less.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "../image.hpp"
#include "../network.hpp"
#include "../weights.hpp"

namespace {

template <class T>
std::vector<T> restore_in() {
    const std::vector<T> weights(std::begin(tiny_weights), std::end(tiny_weights));
    const std::vector<T> statistics(std::begin(tiny_statistics), std::end(tiny_statistics));
    std::vector<float> image(image_shape.size());
    unpack(pixelated_image, image.data());
    const std::vector<T> input(image.begin(), image.end());

    using Network = depix::StaticInference<Tiny, image_shape, T>;
    const auto network = std::make_unique<Network>();
    std::vector<T> output(Network::output_shape.size());
    network->run(weights.data(), statistics.data(), input.data(), output.data());
    return output;
}

// The board's values from the lines "row BITS BITS ..."; all other lines are printed.
std::vector<float> read_board() {
    std::vector<float> values;
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string word;
        if (!(words >> word) || word != "row") {
            std::cout << line << "\n";
            continue;
        }
        while (words >> word)
            values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(std::stoul(word, nullptr, 16))));
    }
    return values;
}

template <class A, class B>
double largest_difference(const std::vector<A>& a, const std::vector<B>& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
        largest = std::max(largest, difference);
    }
    return largest;
}

// Peak signal-to-noise ratio against the clean picture, in dB.
double quality(const std::vector<float>& values) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double error = std::clamp(static_cast<double>(values[i]), 0.0, 1.0) - clean_image[i] / 255.0;
        sum += error * error;
    }
    return -10 * std::log10(sum / static_cast<double>(values.size()));
}

void show(const std::vector<float>& values) {
    const std::string greys = "@%#*+=-:. ";
    for (int y = 0; y < image_shape.height; ++y) {
        for (int x = 0; x < image_shape.width; ++x) {
            const float value = std::clamp(values[static_cast<std::size_t>(y * image_shape.width + x)], 0.0f, 1.0f);
            std::cout << greys[static_cast<std::size_t>(value * 9 + 0.5f)];
        }
        std::cout << "\n";
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::string mode = argc == 2 ? argv[1] : "";
    if (mode != "exact" && mode != "rounded") {
        std::cerr << "usage: compare exact|rounded < BOARD.txt\n";
        return 2;
    }
    const std::vector<float> board = read_board();
    const std::vector<float> host = restore_in<float>();
    if (board.size() != host.size()) {
        std::cout << "The board printed " << board.size() << " values, not " << host.size() << ".\n";
        return 1;
    }

    const double host_error = largest_difference(host, restore_in<double>());
    const double board_error = largest_difference(board, restore_in<double>());
    const auto same = [](float a, float b) {
        return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
    };
    const bool equal = std::equal(board.begin(), board.end(), host.begin(), same);

    std::vector<float> input(image_shape.size());
    unpack(pixelated_image, input.data());
    if (mode == "exact") show(board);
    std::printf("%zu values. Largest error against double: board %.2g, host %.2g. Largest difference: %.2g%s\n",
                board.size(), board_error, host_error, largest_difference(board, host),
                equal ? ", equal to the last bit." : ".");
    std::printf("PSNR: pixelated %.2f dB, restored %.2f dB.\n", quality(input), quality(board));

    const bool good = mode == "exact" ? equal : board_error <= 4 * host_error;
    if (!good) std::printf("The board's picture is not the host's.\n");
    return good ? 0 : 1;
}

// The pictures of benchmark_int8 and benchmark_quantization_aware.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "depix/data/sources/documents.hpp"
#include "depix/data/text/text_images.hpp"
#include "depix/depix.hpp"
#include "depix/metrics/fidelity.hpp"

namespace depix {

// Pairs to measure on, and pictures to calibrate with.
struct Int8Pictures {
    std::vector<ImagePair> test = {};
    std::vector<Image> calibration = {};
    bool as_they_are = false;  // without a margin, as `depixelizer evaluate` does; `documents evaluate` calls restore
};

inline Int8Pictures drawn_texts() {
    const TextImages images({Font(find_font("Roboto-Regular.ttf"))}, {});
    Int8Pictures set{.as_they_are = true};
    for (std::size_t i = 0; i < 800; ++i) {
        Random random(2026, 0, i);  // as `depixelizer evaluate` draws them
        TextPair pair = images.draw(random);
        set.test.push_back({std::move(pair.clean), std::move(pair.pixelated)});
    }
    for (std::size_t i = 0; i < 8; ++i) {
        Random random(1, 0, i);
        set.calibration.push_back(images.draw(random).pixelated);
    }
    return set;
}

inline Int8Pictures pages(const std::string& folder) {
    const PairSplit split = split_by_page(document_pairs(folder));
    Int8Pictures set;
    for (std::size_t i = 0; i < split.test.size(); ++i) set.test.push_back(split.test.read(i));
    for (std::size_t i = 0; i < 8; ++i) {
        const Image page = split.train.read(i * split.train.size() / 8).damaged;
        set.calibration.push_back(
            crop_reflected(page, 0, 0, round_up(page.shape.height, 8), round_up(page.shape.width, 8)));
    }
    return set;
}

/// The decibels of the mean squared error of all pictures.
template <class Restorer>
double score(const Restorer& restorer, const Int8Pictures& set) {
    double error = 0;
    for (const ImagePair& pair : set.test) {
        const Image restored = set.as_they_are ? restorer(pair.damaged) : restore(restorer, pair.damaged);
        error += mean_squared_error(quantized(restored), pair.clean);
    }
    return decibels(error / static_cast<double>(set.test.size()));
}

}  // namespace depix

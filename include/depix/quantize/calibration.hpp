// Calibration: from the values that a map holds for some pictures to its encoding in 8 bits.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "depix/kernels/int8.hpp"
#include "depix/view.hpp"

namespace depix {

/// How a map's range is chosen.
enum class Calibration {
    MinMax,           ///< the smallest and the largest number
    Percentile,       ///< all but the share 1e-4 of the values, half of it at each end
    MeanSquaredError  ///< the range with the smallest mean squared error, of 40 x 40 that are tried
};

struct QuantizeOptions {
    Calibration calibration = Calibration::MeanSquaredError;
    /// A layer stays float if its weights, its input or its output have fewer decibels of signal to rounding
    /// error.
    double min_decibels = 20;
    /// Names of layers (layer_names) that stay float anyway.
    std::vector<std::string> keep_float = {};
};

namespace detail {

struct Range {
    double low = 0, high = 0;
};

/// The encoding of a range, which is widened to hold 0. It is symmetric if that costs at most a twentieth of the
/// resolution, because then there is no zero point to subtract.
inline integers::Encoding encoding_of(Range range) {
    const double low = (std::min)(range.low, 0.0), high = (std::max)(range.high, 0.0);
    const double size = (std::max)(high - low, 1e-12), largest = (std::max)(-low, high);
    if (2 * largest <= size * 1.05) return {static_cast<float>(largest / 127), 0};
    const double zero = -128 - low / size * 255;
    return {static_cast<float>(size / 255), static_cast<int>(std::lround(zero))};
}

/// The values of one map: first their range, then how often each of 2048 equal parts of it occurs.
struct Histogram {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    std::vector<double> counts;
    bool is_finite = true;

    void widen(View<const float> x) {
        float least = x(0, 0, 0, 0), largest = least, sum = 0;
        for_each(x, [&](float value) {
            least = value < least ? value : least;
            largest = value > largest ? value : largest;
            sum += value * 0;  // NaN, if any is not finite
        });
        is_finite = is_finite && sum == 0;
        low = (std::min)(low, static_cast<double>(least));
        high = (std::max)(high, static_cast<double>(largest));
    }
    void count(View<const float> x) {
        counts.resize(2048);
        const double per_part = high > low ? static_cast<double>(counts.size()) / (high - low) : 0;
        for_each(x, [&](float value) {
            const auto part = static_cast<std::size_t>((static_cast<double>(value) - low) * per_part);
            counts[(std::min)(part, counts.size() - 1)] += 1;
        });
    }
    double centre(std::size_t part) const {
        return low + (static_cast<double>(part) + 0.5) * (high - low) / static_cast<double>(counts.size());
    }

  private:
    template <class Body>
    static void for_each(View<const float> x, Body&& body) {
        for (int n = 0; n < x.batch; ++n)
            for (int c = 0; c < x.channels; ++c)
                for (int i = 0; i < x.height; ++i) std::for_each(x.row(n, c, i), x.row(n, c, i) + x.width, body);
    }
};

/// The mean squares of what a function gives for a map, and of what is wrong with it if the map is encoded.
struct CodingError {
    double signal = 0, error = 0;
    double decibels() const { return error > 0 && signal > 0 ? 10 * std::log10(signal / error) : 200; }
};
template <class Function>
CodingError coding_error(const Histogram& map, const integers::Encoding& encoding, const Function& function) {
    CodingError sum;
    for (std::size_t i = 0; i < map.counts.size(); ++i) {
        if (map.counts[i] == 0) continue;
        const auto value = static_cast<float>(map.centre(i));
        const double exact = static_cast<double>(function(value));
        const double coded =
            static_cast<double>(function(integers::decode(integers::encode(value, encoding), encoding)));
        sum.signal += map.counts[i] * exact * exact;
        sum.error += map.counts[i] * (exact - coded) * (exact - coded);
    }
    return sum;
}

inline Range percentile_range(const Histogram& map, double outside) {
    double total = 0;
    for (const double count : map.counts) total += count;
    std::size_t first = 0, last = map.counts.size() - 1;
    for (double sum = 0; first < last && sum + map.counts[first] <= total * outside / 2;) sum += map.counts[first++];
    for (double sum = 0; last > first && sum + map.counts[last] <= total * outside / 2;) sum += map.counts[last--];
    const double half = (map.high - map.low) / static_cast<double>(map.counts.size()) / 2;
    return {map.centre(first) - half, map.centre(last) + half};
}

/// The range of a map, of which function(number) counts: the activation that is applied to it, or the number itself.
template <class Function>
Range choose_range(const Histogram& map, Calibration how, const Function& function) {
    if (how == Calibration::MinMax || !(map.high > map.low)) return {map.low, map.high};
    if (how == Calibration::Percentile) return percentile_range(map, 1e-4);
    // Both ends are shortened by turns, by the fortieth part of the range each time. Two rounds suffice.
    Range best{(std::min)(map.low, 0.0), (std::max)(map.high, 0.0)};
    double least = coding_error(map, encoding_of(best), function).error;
    for (int round = 0; round < 2; ++round)
        for (double Range::*end : {&Range::high, &Range::low}) {
            const double whole = end == &Range::high ? (std::max)(map.high, 0.0) : (std::min)(map.low, 0.0);
            for (int part = 1; part <= 40 && whole != 0; ++part) {
                Range tried = best;
                tried.*end = whole * part / 40;
                const double error = coding_error(map, encoding_of(tried), function).error;
                if (error < least) least = error, best = tried;
            }
        }
    return best;
}

}  // namespace detail
}  // namespace depix

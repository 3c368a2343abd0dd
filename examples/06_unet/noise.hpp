// Noise as it is written on the command line: KIND:STRENGTH, such as salt_and_pepper:0.2.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/error.hpp"

namespace example {

namespace detail {

/// A kind of noise: how its strength is called, within which limits it lies, and the damage for a range of strengths.
struct NoiseKind {
    const char* name;
    const char* strength;
    double low, high;
    depix::Damage (*make)(double least, double most);
};

using Per = depix::SaltAndPepper::Per;

// clang-format off
inline const std::array<NoiseKind, 5> noise_kinds{{
    {"gaussian", "SIGMA of 255", 0, 255,
     [](double least, double most) -> depix::Damage { return depix::GaussianNoise{least / 255, most / 255}; }},
    {"poisson", "PHOTONS at white", 0.001, 1e8,
     [](double least, double most) -> depix::Damage { return depix::PoissonNoise{least, most}; }},
    {"salt_and_pepper", "FRACTION of each channel's values", 0, 1,
     [](double least, double most) -> depix::Damage { return depix::SaltAndPepper{least, most, Per::Channel}; }},
    {"salt_and_pepper_pixel", "FRACTION of whole pixels", 0, 1,
     [](double least, double most) -> depix::Damage { return depix::SaltAndPepper{least, most, Per::Pixel}; }},
    {"jpeg", "QUALITY in whole numbers", 1, 100,
     [](double least, double most) -> depix::Damage {
         return depix::JpegArtefacts{static_cast<int>(least), static_cast<int>(most)};
     }},
}};
// clang-format on

[[noreturn]] inline void refuse_noise(const std::string& text, const std::string& why) {
    throw depix::Error("--noise " + text + ": " + why);
}

/// 0.2 is written 0.2, 100000000 as 1e+08.
inline std::string written(double number) {
    std::ostringstream text;
    text << number;
    return text.str();
}

inline double noise_strength(const std::string& text, const std::string& number, const NoiseKind& kind) {
    char* end = nullptr;
    const double strength = std::strtod(number.c_str(), &end);
    if (number.empty() || *end != '\0') refuse_noise(text, "'" + number + "' is no number");
    if (!(kind.low <= strength && strength <= kind.high))
        refuse_noise(text, number + " is not within " + written(kind.low) + " to " + written(kind.high) + ": " +
                               kind.name + " takes a " + kind.strength);
    if (kind.name == std::string("jpeg") && strength != std::floor(strength))
        refuse_noise(text, number + " is no whole number");
    return strength;
}

}  // namespace detail

/// What --noise takes, for its help and for messages.
inline std::string noise_help() {
    std::string help;
    for (const detail::NoiseKind& kind : detail::noise_kinds)
        help += std::string(kind.name) + ":" + kind.strength + ", ";
    return help + "none; a range such as gaussian:5..50 draws the strength anew for each picture";
}

/// The noise that a text names. Throws depix::Error, which repeats the text, for an unknown kind, a strength that is no
/// number or beyond the kind's limits, and a range whose end comes before its start.
inline depix::Damage parse_noise(const std::string& text) {
    if (text == "none") return [](depix::Image&, depix::Random&) {};
    const std::string name = text.substr(0, text.find(':'));
    if (name == "none") detail::refuse_noise(text, "none has no strength");
    const auto kind = std::find_if(detail::noise_kinds.begin(), detail::noise_kinds.end(),
                                   [&](const detail::NoiseKind& known) { return known.name == name; });
    if (kind == detail::noise_kinds.end())
        detail::refuse_noise(text, "there is no kind '" + name + "'; there are " + noise_help());
    if (name == text) detail::refuse_noise(text, "the strength is missing; write " + name + ":" + kind->strength);
    const std::string strength = text.substr(name.size() + 1);
    const std::size_t dots = strength.find("..");
    const double least = detail::noise_strength(text, strength.substr(0, dots), *kind);
    if (dots == std::string::npos) return kind->make(least, least);
    const double most = detail::noise_strength(text, strength.substr(dots + 2), *kind);
    if (most < least) detail::refuse_noise(text, "the range ends before it starts");
    return kind->make(least, most);
}

/// One of the kinds of noise, drawn anew for each picture. Throws what parse_noise throws.
inline depix::Damage parse_noises(const std::vector<std::string>& texts) {
    depix::OneOf kinds;
    for (const std::string& text : texts) kinds.damages.push_back(parse_noise(text));
    return kinds;
}

}  // namespace example

// Random: the only generator of random numbers. The same seed gives the same numbers with every compiler and machine.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

namespace depix {

/// xoshiro256++ (Blackman and Vigna, 2019, https://prng.di.unimi.it), seeded by SplitMix64.
///
/// The standard library's engines are portable but its distributions are not; the ones here are. The state is four
/// integers, which a checkpoint stores, so that a resumed run draws the numbers that an uninterrupted one would have
/// drawn.
class Random {
  public:
    using result_type = std::uint64_t;
    using State = std::array<std::uint64_t, 4>;

    constexpr explicit Random(std::uint64_t seed = 0) {
        for (auto& word : state_) word = split_mix(seed);
    }
    /// An independent stream for item `index` of epoch `epoch`. A data set draws an example from it.
    constexpr Random(std::uint64_t seed, std::uint64_t epoch, std::uint64_t index)
        : Random(mix(mix(mix(seed) + epoch) + index)) {}

    static constexpr std::uint64_t(min)() { return 0; }
    static constexpr std::uint64_t(max)() { return ~std::uint64_t{0}; }

    constexpr std::uint64_t operator()() {
        const std::uint64_t result = rotate(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotate(state_[3], 45);
        return result;
    }

    /// Uniform in [0, 1), 53 bits.
    constexpr double uniform() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }
    constexpr double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// Uniform integer in [low, high], both included. The modulo's bias is below 2^-32 for ranges below 2^32.
    constexpr int integer(int low, int high) {
        const auto range = static_cast<std::uint64_t>(static_cast<std::int64_t>(high) - low) + 1;
        return static_cast<int>(low + static_cast<std::int64_t>((*this)() % range));
    }
    /// Standard normal, by Box and Muller's transform. The second value is discarded, so that the four integers are the
    /// whole state.
    double normal() {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        return radius * std::cos(6.283185307179586 * uniform());
    }

    constexpr const State& state() const { return state_; }
    constexpr void restore(const State& state) { state_ = state; }

  private:
    static constexpr std::uint64_t rotate(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
    static constexpr std::uint64_t split_mix(std::uint64_t& x) {
        x += 0x9E3779B97F4A7C15;
        std::uint64_t z = x;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
    static constexpr std::uint64_t mix(std::uint64_t x) { return split_mix(x); }

    State state_{};
};

/// Fisher and Yates' shuffle, for any random-access sequence; std::shuffle differs between standard libraries.
template <class Sequence>
constexpr void shuffle(Sequence& sequence, Random& random) {
    for (std::size_t i = sequence.size(); i > 1; --i) {
        const std::size_t j = random() % i;
        auto held = sequence[i - 1];
        sequence[i - 1] = sequence[j];
        sequence[j] = held;
    }
}

}  // namespace depix

// Half precision: all of the 65536 patterns of both formats.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "depix/half.hpp"

using namespace depix;

namespace {

/// The value from the definition, in double, where every step is exact.
template <int ExponentBits, int MantissaBits>
double value_of(unsigned bits) {
    const int exponent = static_cast<int>(bits >> MantissaBits & ((1u << ExponentBits) - 1));
    const double mantissa = std::ldexp(bits & ((1u << MantissaBits) - 1), -MantissaBits);
    const int bias = (1 << (ExponentBits - 1)) - 1;
    const double sign = (bits & 0x8000) != 0 ? -1 : 1;
    if (exponent == (1 << ExponentBits) - 1)
        return mantissa == 0 ? sign * std::numeric_limits<double>::infinity()
                             : std::numeric_limits<double>::quiet_NaN();
    return sign * (exponent == 0 ? std::ldexp(mantissa, 1 - bias) : std::ldexp(1 + mantissa, exponent - bias));
}

template <int ExponentBits, int MantissaBits>
void check_all_patterns() {
    using Format = Float16Format<ExponentBits, MantissaBits>;
    int wrong_values = 0, wrong_patterns = 0, wrong_ties = 0, wrong_neighbours = 0;
    for (unsigned bits = 0; bits < 65536; ++bits) {
        const auto pattern = static_cast<std::uint16_t>(bits);
        const double value = value_of<ExponentBits, MantissaBits>(bits);
        const float decoded = Format::decode(pattern);
        if (std::isnan(value)) {
            wrong_values += !std::isnan(decoded) || std::signbit(decoded) != (bits >= 0x8000);
            const std::uint16_t encoded = Format::encode(std::bit_cast<double>(std::uint64_t{0x7FF0000000000001}));
            wrong_patterns +=
                !std::isnan(Format::decode(encoded)) || !std::isnan(Format::decode(Format::encode(decoded)));
            continue;
        }
        wrong_values += static_cast<double>(decoded) != value || std::signbit(decoded) != std::signbit(value);
        wrong_patterns += Format::encode(value) != pattern;
        if (std::isinf(value)) continue;

        // Between this pattern and the next in magnitude, the middle rounds to the even one, and its neighbours round
        // to the nearer one.
        const unsigned upper = bits + 1;
        // The step after the largest number is as wide as the one before it. There the "next" pattern is infinity.
        const double next = std::isinf(value_of<ExponentBits, MantissaBits>(upper))
                                ? 2 * value - value_of<ExponentBits, MantissaBits>(bits - 1)
                                : value_of<ExponentBits, MantissaBits>(upper);
        const double middle = (value + next) / 2;
        wrong_ties += Format::encode(middle) != ((bits & 1) == 0 ? bits : upper);
        wrong_neighbours += Format::encode(std::nextafter(middle, value)) != bits;
        wrong_neighbours += Format::encode(std::nextafter(middle, next)) != upper;
    }
    CHECK(wrong_values == 0);
    CHECK(wrong_patterns == 0);
    CHECK(wrong_ties == 0);
    CHECK(wrong_neighbours == 0);
}

}  // namespace

TEST_CASE("Float16: every pattern, every rounding") { check_all_patterns<5, 10>(); }
TEST_CASE("BFloat16: every pattern, every rounding") { check_all_patterns<8, 7>(); }

TEST_CASE("Float16, BFloat16: the ends of the range") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK(Float16::encode(1e300) == 0x7C00);
    CHECK(Float16::encode(-infinity) == 0xFC00);
    CHECK(Float16::encode(0x1p-25) == 0x0000);  // a tie rounds to even
    CHECK(Float16::encode(std::nextafter(0x1p-25, 1.0)) == 0x0001);
    CHECK(Float16::encode(-5e-324) == 0x8000);
    CHECK(Float16::encode(-0.0) == 0x8000);
    CHECK(BFloat16::encode(std::numeric_limits<float>::max()) == 0x7F80);
    CHECK(BFloat16::encode(std::numeric_limits<float>::denorm_min()) == 0x0000);
    CHECK(BFloat16::decode(0x0001) == std::ldexp(1.0f, -133));
    // 1 + 2^-11 + 2^-40 is above the tie. If it were rounded to float first, it would be on the tie and round down.
    CHECK(Float16::encode(1 + 0x1p-11 + 0x1p-40) == 0x3C01);
}

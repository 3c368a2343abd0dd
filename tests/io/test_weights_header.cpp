#include "depix/io/weights_header.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "depix/models/depixelizer.hpp"
#include "temporary_folder.hpp"

using namespace depix;

namespace {

std::string read_text(const std::string& path) {
    const std::vector<std::byte> bytes = read_file(path);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The values of one array, read as a compiler would.
std::vector<float> values_of(const std::string& text, const std::string& array) {
    std::vector<float> values;
    std::size_t at = text.find(" " + array + "[");
    REQUIRE(at != std::string::npos);
    at = text.find('{', at) + 1;
    while (text[at] != '}') {
        if (text.compare(at, 2, "//") == 0) {
            at = text.find('\n', at);
        } else if (text[at] == ' ' || text[at] == '\n' || text[at] == ',') {
            ++at;
        } else {
            char* end = nullptr;
            values.push_back(std::strtof(text.c_str() + at, &end));
            REQUIRE(*end == 'f');  // a float literal needs a point or an exponent, which the next test looks at
            at = static_cast<std::size_t>(end + 1 - text.c_str());
        }
    }
    return values;
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) return false;
    return true;
}

}  // namespace

TEST_CASE("a weights header holds every value, to the last bit") {
    Model<DepixelizerOfWidth<2, 1>> model(7);
    const float special[] = {0.0f,
                             -0.0f,
                             1.0f,
                             -3.0f,
                             16777216.0f,
                             0.1f,
                             std::numeric_limits<float>::max(),
                             std::numeric_limits<float>::min(),
                             std::numeric_limits<float>::denorm_min()};
    std::ranges::copy(special, model.parameters().begin());
    const TemporaryFolder folder;
    write_weights_header(model, folder / "weights.hpp", "tiny");
    const std::string text = read_text(folder / "weights.hpp");
    CHECK(same_bits(values_of(text, "tiny_weights"), model.parameters()));
    CHECK(same_bits(values_of(text, "tiny_statistics"), model.statistics()));
    CHECK(text.find("// encoder.0.weight (2, 1, 3, 3)\n    0.0f, -0.0f, 1.0f, -3.0f,") != std::string::npos);
    CHECK(text.find("float tiny_weights[" + std::to_string(model.parameters().size()) + "] = {") != std::string::npos);
}

TEST_CASE("literals are float literals") {
    CHECK(detail::float_literal(0.0f) == "0.0f");
    CHECK(detail::float_literal(-2.0f) == "-2.0f");
    CHECK(detail::float_literal(0.1f) == "0.1f");
    CHECK(detail::float_literal(1e-8f) == "1e-08f");
    CHECK(detail::float_literal(1e20f) == "1e+20f");
}

TEST_CASE("a network without batch norm has a header too") {
    const Model<Sequential<Conv<1, 1>>> model;
    const TemporaryFolder folder;
    write_weights_header(model, folder / "weights.hpp", "plain");
    CHECK(values_of(read_text(folder / "weights.hpp"), "plain_statistics").empty());
}

TEST_CASE("a weights header that would not compile is not written") {
    Model<Sequential<Conv<1, 1>>> model;
    const TemporaryFolder folder;
    for (const char* name : {"", "2fast", "a b", "a-b", "a::b"})
        CHECK_THROWS_AS(write_weights_header(model, folder / "weights.hpp", name), Error);
    model.parameters()[3] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(write_weights_header(model, folder / "weights.hpp", "plain"),
                      "0.weight holds a value that is not finite");
    CHECK(folder.count() == 0);
    CHECK_THROWS_AS(write_weights_header(Model<Sequential<Conv<1, 1>>>(), folder / "no/weights.hpp", "plain"),
                    FileError);
}

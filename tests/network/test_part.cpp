// Parts of a network by their names: which type it is, and that it computes with the model's own weights.
#include <doctest/doctest.h>

#include <type_traits>

#include "depix/depix.hpp"

using namespace depix;

namespace {

using Branch = Sequential<Conv<4, 4>, ReLU>;
using Whole = Sequential<Named<"head", Conv<1, 4>>,
                         Named<"", Residual<Named<"body", Repeat<12, Branch>>, Named<"after", Conv<4, 4>>>>,
                         SkipConcat<Conv<4, 8>, BatchNorm<8>>, Named<"tail", Named<"last", Conv<12, 1>>>>;

template <FixedString Path, class Expected>
constexpr bool is = std::is_same_v<PartOf<Path, Whole>, Expected>;

}  // namespace

TEST_CASE("a part is found by the name that state_dict gives it") {
    static_assert(is<"head", Named<"head", Conv<1, 4>>>);
    static_assert(is<"body.7", Branch>);
    static_assert(is<"body.11.0", Conv<4, 4>>);  // "1" is the beginning of "11", but another part
    static_assert(is<"after", Named<"after", Conv<4, 4>>>);
    static_assert(is<"2.1", BatchNorm<8>>);
    static_assert(is<"tail.last", Named<"last", Conv<12, 1>>>);
    static_assert(PartOf<"encoder", Depixelizer>::output({3, 64, 256}) == Shape{24, 8, 32});
    static_assert(PartOf<"decoder", Depixelizer>::output({24, 8, 32}) == Shape{3, 64, 256});
    static_assert(PartOf<"encoder", Depixelizer>::parameter_count == 168 + 12 + 660 + 24 + 2616 + 48);
}

TEST_CASE("the parts of a model compute what the whole model computes") {
    Model<Depixelizer> model(3);
    Random random(4);
    for (float& value : model.statistics()) value = static_cast<float>(random.uniform(0.5, 1.5));
    Image image({3, 16, 24});
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());

    const Inference encode{part<"encoder">(model), 1};
    const Inference decode{part<"decoder">(model), 1};
    const Image bottleneck = encode(image);
    CHECK(bottleneck.shape == Shape{24, 2, 3});
    const Image expected = Inference<Depixelizer>{model, 1}(image);
    const Image restored = decode(bottleneck);
    REQUIRE(restored.shape == expected.shape);
    // The same kernels on the same numbers; a step at the border of two parts may round in another place.
    for (std::size_t i = 0; i < expected.pixels.size(); ++i)
        REQUIRE(restored.pixels[i] == doctest::Approx(expected.pixels[i]).epsilon(1e-5));
}

TEST_CASE("a part shares the model's weights") {
    Model<Whole, double> model;
    const ModelPart head = part<"head">(model);
    CHECK(head.parameters().data() == model.parameters().data());
    CHECK(head.parameters().size() == 40);
    CHECK(head.statistics().empty());
    const auto norm = part<"2.1">(model);
    CHECK(norm.parameters().size() == 16);
    CHECK(norm.statistics().data() == model.statistics().data());
    CHECK(norm.statistics().size() == 16);
    CHECK(part<"body.3">(model).parameters().data() == model.parameters().data() + 40 + 3 * 148);
}

TEST_CASE("two parts of one name are refused") {
    Model<Sequential<Named<"twin", Conv<1, 1>>, Named<"other", Conv<1, 1>>, Named<"twin", Conv<1, 1>>>> model;
    CHECK_THROWS_AS(part<"twin">(model), Error);
    CHECK(part<"other">(model).parameters().size() == 10);
}

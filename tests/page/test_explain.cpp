// What the page says of a pixel: its terms add up to what observe() gives, for every kind of layer that its networks
// have.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "../../examples/10_page/explain.hpp"
#include "../../examples/10_page/pixels.hpp"
#include "depix/layers/batch_norm.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/network/skip.hpp"
#include "depix/observe.hpp"
#include "depix/plan/receptive_field.hpp"

namespace {

using namespace depix;

// clang-format off
using Small = Sequential<
    Conv<3, 4, 5, Stride<2>>, BatchNorm<4>, ReLU,
    SkipConcat<MaxPool<2>, Conv<4, 4, 3, Dilation<2>, Groups<2>>,
               ConvTranspose<4, 6, 3, Stride<2>, Padding<1>, OutputPadding<1>>>,
    Residual<Conv<10, 10, 1, NoBias>>,
    Conv<10, 12>, PixelShuffle<2>, Sigmoid>;
// clang-format on

float evaluated(const std::string& kind, const page::Explanation& why) {
    if (kind == "MaxPool2d")
        return std::max_element(why.terms.begin(), why.terms.end(),
                                [](const auto& a, const auto& b) { return a.value < b.value; })
            ->value;
    double sum = why.bias;
    for (const page::Term& term : why.terms) sum += double{term.value} * term.weight;
    if (kind == "ReLU") return static_cast<float>((std::max)(sum, 0.0));
    return static_cast<float>(kind == "Sigmoid" ? 1 / (1 + std::exp(-sum)) : sum);
}

struct Observed {
    std::vector<std::string> kinds{};
    std::vector<Image> maps{};
};
template <class Network>
Observed observed(const Model<Network>& model, const Image& picture) {
    Observed all;
    observe(Inference<Network, Reference>(model, 1), picture,
            [&](std::string_view, std::string_view kind, View<const float> output) {
                all.kinds.emplace_back(kind);
                all.maps.emplace_back(output.shape());
                copy(output, all.maps.back().view());
            });
    return all;
}

Model<Small> model_with_statistics() {
    Model<Small> model(3);
    Random random(4);
    for (float& value : model.statistics()) value = static_cast<float>(random.uniform(0.5, 2));
    return model;
}
Image noise(Shape shape) {
    Image image(shape);
    Random random(5);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    return image;
}

}  // namespace

TEST_CASE("the terms of every pixel add up to the layer's output") {
    constexpr auto plan = flatten<Small>();
    const Model<Small> model = model_with_statistics();
    const Image picture = noise({3, 16, 24});
    const Observed all = observed(model, picture);
    const std::vector<page::LayerDetails> details = page::layer_details<Small>();
    REQUIRE(details.size() == all.maps.size());
    const auto maps_of = [&](int tensor) -> const Image& {
        const int producer = plan.tensor(tensor).producer;
        return producer < 0 ? picture : all.maps[static_cast<std::size_t>(producer)];
    };
    for (std::size_t i = 0; i < all.maps.size(); ++i) {
        CAPTURE(all.kinds[i]);
        const PlanStep& step = plan.step(static_cast<int>(i));
        const Image& output = all.maps[i];
        double worst = 0;
        for (int c = 0; c < output.shape.channels; ++c)
            for (int y = 0; y < output.shape.height; ++y)
                for (int x = 0; x < output.shape.width; ++x) {
                    const page::Explanation why = page::explain(
                        step, details[i], maps_of(step.input), step.other < 0 ? nullptr : &maps_of(step.other),
                        model.parameters(), model.statistics(), output, {c, y, x});
                    REQUIRE(!why.terms.empty());
                    CHECK(why.output == output(c, y, x));
                    worst = (std::max)(worst, std::abs(double{evaluated(all.kinds[i], why)} - why.output));
                }
        // Sums of at most 75 products of values around 1, in float there and in double here.
        CHECK(worst < 1e-5);
    }
}

TEST_CASE("a pixel depends on the rows that seen_rows says, and on no others") {
    constexpr auto plan = flatten<Small>();
    const Model<Small> model = model_with_statistics();
    const Image picture = noise({3, 48, 8});
    const Observed all = observed(model, picture);
    std::vector<Observed> changed;  // by a change in one row of the picture
    for (int row = 0; row < 48; ++row) {
        Image other = picture;
        for (int c = 0; c < 3; ++c)
            for (int x = 0; x < 8; ++x) other(c, row, x) += 0.5f;
        changed.push_back(observed(model, other));
    }
    for (std::size_t i = 0; i < all.maps.size(); ++i) {
        CAPTURE(i);
        const Image& maps = all.maps[i];
        const int y = maps.shape.height / 2;
        const RowRange seen = page::seen_rows(plan, static_cast<int>(i), {y, y});
        for (int row = 0; row < 48; ++row) {
            if (row >= seen.first && row <= seen.last) continue;
            for (int c = 0; c < maps.shape.channels; ++c)
                for (int x = 0; x < maps.shape.width; ++x)
                    CHECK(changed[static_cast<std::size_t>(row)].maps[i](c, y, x) == maps(c, y, x));
        }
    }
    CHECK(page::seen_rows(plan, plan.step_count - 1, {20, 20}) == input_rows<Small>({20, 20}));
}

TEST_CASE("pictures of a canvas") {
    const std::vector<std::uint8_t> rgba{255, 0, 51, 0, 10, 20, 30, 255};
    const Image colour = page::from_rgba(rgba, {3, 1, 2});
    CHECK(colour(0, 0, 0) == 1.0f);
    CHECK(colour(2, 0, 0) == 51 / 255.0f);
    CHECK(page::to_rgba(colour) == std::vector<std::uint8_t>{255, 0, 51, 255, 10, 20, 30, 255});
    const std::uint8_t grey = (10 * 77 + 20 * 150 + 30 * 29) >> 8;
    CHECK(page::from_rgba(rgba, {1, 1, 2})(0, 0, 1) == grey / 255.0f);
    CHECK(page::to_rgba(page::from_rgba(rgba, {1, 1, 2}))[4] == grey);
    CHECK_THROWS_AS(page::from_rgba(rgba, {3, 2, 2}), ShapeError);
    CHECK_THROWS_AS(page::from_rgba(rgba, {2, 1, 2}), ShapeError);
    CHECK_THROWS_AS(page::from_rgba(rgba, {3, 0, 0}), ShapeError);
    CHECK_THROWS_WITH(page::from_rgba(rgba, {3, 1, 3}), "a picture of 3x1x3 is not made of 8 bytes of RGBA");
}

// Sum, Concat, Product, Gate, Split, Tap and Use: shapes, names, plans, and the backends against the textbook.
#include "agree.hpp"
#include "observe_check.hpp"

using namespace depix_test;

namespace {

/// The names of the parameters.
template <class Network>
std::string parameters() {
    const Model<Network> model;
    std::string text;
    for (const auto& tensor : model.tensors()) text.append(text.empty() ? "" : " ").append(tensor.name);
    return text;
}

}  // namespace

TEST_CASE("shapes and scales") {
    using Compact = Sum<Sequential<Conv<3, 8>, ReLU, Conv<8, 48>, PixelShuffle<4>>, Upsample<4>>;
    static_assert(Compact::in_channels == 3);
    static_assert(Compact::output({3, 5, 7}) == Shape{3, 20, 28});
    static_assert(Compact::size_multiple == 1);
    static_assert(Sequential<Conv<1, 3>, Compact>::output({1, 5, 7}) == Shape{3, 20, 28});
    static_assert(receptive_field<Compact>() == 5);

    using Mixed =
        Concat<Identity, Sequential<MaxPool<2>, Upsample<2>>, Sequential<MaxPool<3>, Conv<4, 5>, Upsample<3>>>;
    static_assert(Mixed::in_channels == 4);
    static_assert(Mixed::out_channels(4) == 13);
    static_assert(Mixed::size_multiple == 6);
    static_assert(Mixed::output({4, 12, 18}) == Shape{13, 12, 18});

    static_assert(Product<Conv<2, 6>, Conv<2, 1>>::output({2, 3, 4}) == Shape{6, 3, 4});
    using Attention = Gate<GlobalAveragePool, Conv<8, 2, 1>, ReLU, Conv<2, 8, 1>, Sigmoid>;
    static_assert(Attention::in_channels == 8);
    static_assert(Attention::parameter_count == 8 * 2 + 2 + 2 * 8 + 8);
    static_assert(is_global<Sequential<Conv<3, 8>, Attention>>());
    static_assert(!is_global<Sequential<Conv<3, 8>, Gate<Conv<8, 1>, Sigmoid>>>());

    using Shared = Split<Pass<2>, Conv<3, 7>, Sequential<Conv<1, 1>, ReLU>>;
    static_assert(Shared::in_channels == 6);
    static_assert(Shared::output({6, 3, 4}) == Shape{10, 3, 4});
}

TEST_CASE("names are those of PyTorch's state_dict") {
    CHECK(
        parameters<Sequential<Conv<1, 2>, Sum<Conv<2, 2, 3, NoBias>, Identity, Sequential<Conv<2, 2, 1, NoBias>>>>>() ==
        "0.weight 0.bias 1.0.weight 1.2.0.weight");
    CHECK(parameters<Concat<Named<"near", Conv<1, 2, 3, NoBias>>, Named<"far", Conv<1, 2, 5, NoBias>, ReLU>>>() ==
          "near.weight far.0.weight");
    CHECK(parameters<Sequential<Conv<1, 4, 1, NoBias>, Gate<Conv<4, 1, 1, NoBias>, Sigmoid>>>() ==
          "0.weight 1.0.weight");
    CHECK(parameters<Split<Pass<1>, Conv<2, 2, 1, NoBias>, Named<"last", Conv<1, 1, 1, NoBias>>>>() ==
          "1.weight last.weight");
    CHECK(layer_names_of<Sequential<Conv<1, 2>, Sum<Conv<2, 2>, Identity, ReLU>, Product<Identity, Sigmoid>>>() ==
          "0 1.0 1.add 1.2 1.add_1 2.1 2.multiply");
    // A Residual is a Sum whose second branch has no number.
    CHECK(layer_names_of<Sequential<Conv<1, 2>, Residual<Conv<2, 2>, ReLU>>>() == "0 1.0 1.1 1.add");
    CHECK(layer_names_of<Sequential<Conv<1, 2>, Sum<Identity, Conv<2, 2>>>>() == "0 1.1 1.add");
    static_assert(std::is_same_v<PartOf<"1.1", Sequential<Conv<1, 2>, Sum<Identity, Conv<2, 2>>>>, Conv<2, 2>>);
    using Far = Named<"far", Conv<1, 2, 5>, ReLU>;
    static_assert(std::is_same_v<PartOf<"far", Concat<Conv<1, 2>, Far>>, Far>);
    static_assert(std::is_same_v<PartOf<"far.0", Concat<Conv<1, 2>, Far>>, Conv<1, 2, 5>>);
}

TEST_CASE("plans: halves and slices lie inside other maps") {
    using Network = Sequential<Conv<3, 8>, Concat<Conv<8, 2>, Conv<8, 3>, Conv<8, 4>>, Conv<9, 6>,
                               Split<Conv<2, 5>, Sequential<Conv<4, 4>, ReLU>>, Conv<9, 1>>;
    constexpr auto plan = plan_for_inference<Network>();
    int joins = 0, slices = 0;
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        const Role role = step.layer.info->traits.role;
        if (role == Role::Concatenate) {
            ++joins;
            CHECK(plan.root(step.input) == plan.root(step.output));
            CHECK(plan.root(step.other) == plan.root(step.output));
        }
        if (role == Role::Slice) {
            ++slices;
            CHECK(plan.tensor(step.output).parent == step.input);
        }
    }
    CHECK(joins == 3);
    CHECK(slices == 2);
}

TEST_CASE("sums and concatenations of several branches") {
    check_network<
        Sequential<Conv<3, 4>, Sum<Conv<4, 4>, Identity, Sequential<Conv<4, 6, 1>, ReLU, Conv<6, 4>>>, Conv<4, 2>>>(
        {3, 7, 18}, 2);
    check_network<
        Sequential<Conv<2, 3>, ReLU, Concat<Conv<3, 2, 1>, Identity, Conv<3, 4, 5>, MaxPool<1>>, Conv<12, 2>>>(
        {2, 6, 9}, 2);
    check_network<Sum<Sequential<Conv<3, 8>, ReLU, Conv<8, 12>, PixelShuffle<2>>, Upsample<2>>>({3, 5, 9}, 2);
    check_network<Sequential<Conv<1, 2>, Sum<Identity, Identity>, Concat<Identity, Identity>, Conv<4, 1>>>({1, 4, 6},
                                                                                                           2);
    check_network<Sequential<Conv<2, 4>, Concat<Sum<Identity, Conv<4, 4>>, Concat<ReLU, Conv<4, 3>>>, Conv<11, 2>>>(
        {2, 5, 8}, 2);
    // Branches of different depth and scale.
    check_network<Sequential<Conv<2, 4>,
                             Sum<Identity, Sequential<MaxPool<2>, Conv<4, 4>, Upsample<2>>,
                                 Sequential<Conv<4, 4, 3, Stride<4>>, Upsample<4>>>,
                             Conv<4, 2>>>({2, 8, 12}, 2);
}

TEST_CASE("products and gates") {
    check_network<Sequential<Conv<3, 4>, Product<Conv<4, 4>, Sequential<Conv<4, 4>, Sigmoid>>, Conv<4, 2>>>({3, 6, 19},
                                                                                                            2);
    check_network<Sequential<Conv<3, 4>, ReLU, Product<Identity, Identity>, Conv<4, 2>>>({3, 5, 9}, 2);
    check_network<
        Sequential<Conv<3, 6>, Gate<GlobalAveragePool, Conv<6, 2, 1>, ReLU, Conv<2, 6, 1>, Sigmoid>, Conv<6, 2>>>(
        {3, 7, 18}, 3);
    check_network<Sequential<Conv<3, 6>, LeakyReLU<>, Gate<Conv<6, 1>, Sigmoid>, Conv<6, 2>>>({3, 7, 18}, 3);
    check_network<Sequential<Conv<3, 5>, Product<Identity, Sequential<GlobalAveragePool, Conv<5, 1, 1>>>, Conv<5, 2>>>(
        {3, 6, 7}, 2);
    // Channel and spatial attention one after the other, in a residual block.
    using Block =
        Residual<Conv<4, 4>, ReLU, Gate<GlobalAveragePool, Conv<4, 4, 1>, Sigmoid>, Gate<Conv<4, 1, 5>, Tanh>>;
    check_network<Sequential<Conv<1, 4>, Repeat<2, Block>, Conv<4, 1>>>({1, 8, 11}, 2);
}

TEST_CASE("splits") {
    check_network<Sequential<Conv<3, 9>, ReLU, Split<Pass<2>, Conv<3, 4>, Sequential<Conv<4, 2>, ReLU>>, Conv<8, 2>>>(
        {3, 6, 17}, 2);
    check_network<Sequential<Split<Conv<1, 2>, Conv<2, 3>>, Conv<5, 2>>>({3, 5, 9}, 2);  // of the network's own input
    check_network<Sequential<Conv<2, 4>, Split<Sequential<Conv<2, 2>, ReLU>, Pass<2>>>>({2, 5, 9},
                                                                                        2);  // the network's own output
    check_network<Sequential<Conv<2, 6>, Slice<6, 1, 3>, ReLU, Conv<3, 6>, Slice<6, 4, 2>>>({2, 5, 9}, 2);
    check_network<Sequential<Conv<2, 4>, Sum<Slice<4, 0, 2>, Slice<4, 2, 2>>, Conv<2, 1>>>({2, 5, 9}, 2);
    // An activation on a slice may not overwrite what another branch still reads.
    check_network<
        Sequential<Conv<2, 4>, Concat<Sequential<Slice<4, 0, 2>, Tanh>, Sequential<Slice<4, 1, 3>, Sigmoid>, Identity>,
                   Conv<9, 1>>>({2, 5, 9}, 2);
}

TEST_CASE("taps") {
    using Network = Sequential<Conv<3, 4>, ReLU, Tap<"first">, Conv<4, 6>, Tap<"second">, Conv<6, 5>, ReLU,
                               Concat<Identity, Use<"second", 6>, Use<"first", 4>>, Conv<15, 2>>;
    static_assert(Network::output({3, 5, 7}) == Shape{2, 5, 7});
    check_network<Network>({3, 6, 17}, 2);
    check_observed<Network>({3, 6, 17});
    // A skip that passes through a block of its own.
    check_network<Sequential<Conv<2, 4>, Tap<"x">, MaxPool<2>, Conv<4, 8>, ReLU, Upsample<2>,
                             Concat<Identity, Sequential<Use<"x", 4>, Conv<4, 3>, ReLU>>, Conv<11, 2>>>({2, 8, 10}, 2);
    // The map is used again where it is smaller: only the run says so.
    using Smaller = Sequential<Conv<1, 2>, Tap<"x">, MaxPool<2>, Sum<Identity, Use<"x", 2>>>;
    CHECK_THROWS_WITH_AS(
        output_shape<Smaller>({1, 4, 8}),
        "depix: the network cannot take a picture of 1x4x8: its layer number 3, Add, cannot join 2x2x4 "
        "and 2x4x8",
        ShapeError);
}

TEST_CASE("what is inside") {
    check_observed<Sequential<Conv<3, 6>, Gate<GlobalAveragePool, Conv<6, 6, 1>, Sigmoid>,
                              Split<Pass<2>, Sequential<Conv<4, 4>, ReLU>>, Sum<Identity, Conv<6, 6>, ReLU>>>(
        {3, 6, 9});
}

TEST_CASE("tiles of a sum with branches of different depth are exact") {
    using Network = Sequential<
        Conv<1, 3>,
        Sum<Identity, Sequential<Conv<3, 3, 5>, ReLU, Conv<3, 3, 5>>, Sequential<MaxPool<2>, Conv<3, 3>, Upsample<2>>>,
        Gate<Conv<3, 1>, Sigmoid>>;
    const Model<Network> model = lively_model<Network>();
    const Inference<Network> inference{model};
    Image image({1, 61, 83});
    Random random(4);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    const Image whole = restore(inference, image), tiled = restore(inference, image, Tiles{.size = 32});
    CHECK(largest_difference(whole.pixels, tiled.pixels) < 1e-6);
}

namespace {

/// Changes one row of the input after another, and checks that the output rows that change are those that input_rows
/// says: none less, and none more. Weights are random, so no contributions cancel out.
template <class Network>
void check_rows_that_count(Shape shape) {
    CAPTURE(summary<Network>(shape));
    const Model<Network, double> model{lively_model<Network>()};
    const Inference<Network, Reference, double> network{model};
    Tensor<double> input = noise<double>(1, shape, 3);
    const Tensor<double> output = network(input);
    for (int row = 0; row < shape.height; ++row) {
        Tensor<double> changed = input;
        for (int c = 0; c < shape.channels; ++c)
            for (int j = 0; j < shape.width; ++j) changed.view()(0, c, row, j) += 1;
        const Tensor<double> result = network(changed);
        for (int i = 0; i < output.shape.height; ++i) {
            bool differs = false;
            for (int c = 0; c < output.shape.channels; ++c)
                for (int j = 0; j < output.shape.width; ++j)
                    differs = differs || result.view()(0, c, i, j) != output.view()(0, c, i, j);
            const RowRange needed = input_rows<Network>({i, i});
            CAPTURE(row);
            CAPTURE(i);
            CHECK(differs == (needed.first <= row && row <= needed.last));
        }
    }
}

}  // namespace

TEST_CASE("the rows that an output depends on are exact, through every join of mixed depths") {
    using Valid = Conv<2, 2, 3, Padding<0>>;
    check_rows_that_count<
        Sequential<Conv<1, 2>, Sum<Identity, Conv<2, 2, 5>, Sequential<Conv<2, 2>, Tanh, Conv<2, 2>>>>>({1, 17, 4});
    check_rows_that_count<Concat<Conv<1, 2, 1>, Sequential<Conv<1, 2>, Conv<2, 2, 3, Dilation<2>>>, Identity>>(
        {1, 15, 3});
    check_rows_that_count<Sequential<Conv<1, 2>, Product<Sequential<Conv<2, 2>, Sigmoid>, Conv<2, 1, 1>>>>({1, 11, 3});
    check_rows_that_count<Sequential<Conv<1, 2, 1>, Gate<Conv<2, 1, 5>, Sigmoid>>>({1, 13, 3});
    check_rows_that_count<Split<Conv<1, 1, 5>, Pass<1>, Sequential<Conv<1, 2>, Conv<2, 1>>>>({3, 13, 3});
    check_rows_that_count<Sequential<Conv<1, 2>, Tap<"near">, Conv<2, 2, 5>, Concat<Identity, Use<"near", 2>>>>(
        {1, 13, 3});
    check_rows_that_count<Sequential<Conv<1, 2>, Sum<Crop<2>, Sequential<Valid, Tanh, Valid>>>>({1, 13, 7});
    check_rows_that_count<Concat<Sequential<AveragePool<2>, Conv<1, 2>, Upsample<2>>, Conv<1, 1, 1>>>({1, 14, 4});
    check_rows_that_count<Sequential<Upsample<3, Divisor<2>, Bilinear>, Conv<1, 1>>>({1, 12, 4});
    check_rows_that_count<Sequential<Conv<1, 2>, Slice<2, 1, 1>, Upsample<3, Divisor<2>>>>({1, 12, 4});
}

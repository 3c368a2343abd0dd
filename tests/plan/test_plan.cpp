// The planner's passes, each on small networks whose plan can be checked by hand, and the memory of the published ones.
#include "depix/plan/summary.hpp"

#include <doctest/doctest.h>

#include "depix/depix.hpp"

using namespace depix;

// ---- flatten --------------------------------------------------------------------------------------------------------

using Small = Sequential<Conv<1, 2>, BatchNorm<2>, ReLU, MaxPool<2>, Conv<2, 1>>;
constexpr auto small = flatten<Small>();
static_assert(small.step_count == 5 && small.tensor_count == 6);
static_assert(small.step(4).layer.parameters == 20 + 4 && small.step(1).layer.parameters == 20);
static_assert(small.tensor(1).producer == 0 && small.tensor(1).consumers == 1);
static_assert(find_shapes(small, {1, 6, 8})[4] == Shape{2, 3, 4});

// ---- fuse -----------------------------------------------------------------------------------------------------------

constexpr auto fused = fuse(small);
static_assert(fused.step_count == 2);
static_assert(fused.step(0).batch_norm && fused.step(0).has_rectifier() && fused.step(0).pool);
static_assert(fused.step(0).output == 4 && fused.step(1).input == 4);
static_assert(fuse(small, {.pool = false}).step_count == 3);

// What another step reads stays apart. Here the skip reads what the pooling reads.
constexpr auto skipped =
    fuse(flatten<Sequential<Conv<1, 2>, SkipConcat<MaxPool<2>, ConvTranspose<2, 2, 2, Stride<2>>>>>());
static_assert(skipped.step_count == 4 && !skipped.step(0).pool);
// A batch norm after the rectifier does not fold.
constexpr auto other_way = fuse(flatten<Sequential<Conv<1, 2>, ReLU, BatchNorm<2>>>());
static_assert(other_way.step_count == 2 && other_way.step(0).has_rectifier() && !other_way.step(0).batch_norm);

// A leaky rectifier fuses too.
constexpr auto leaky = plan_for_inference<Sequential<Conv<1, 2>, BatchNorm<2>, LeakyReLU<>, Conv<2, 1>>>();
static_assert(leaky.step_count == 2 && leaky.step(0).batch_norm && leaky.step(0).has_rectifier());
static_assert(leaky.step(0).activation.info->traits.negative_slope == 0.01f);

// So does any other formula, but no pooling fuses after it, because pooled values must have passed the formula.
constexpr auto formulas =
    plan_for_inference<Sequential<Conv<1, 2>, BatchNorm<2>, ELU<>, MaxPool<2>, ConvTranspose<2, 1>, Sigmoid>>();
static_assert(formulas.step_count == 3 && formulas.step(0).activation && formulas.step(2).activation);
static_assert(!formulas.step(0).has_rectifier() && !formulas.step(0).pool);
static_assert(fuse(flatten<Sequential<Conv<1, 2>, ELU<>, Sigmoid>>()).step_count == 2);
static_assert(fuse(flatten<Sequential<Conv<1, 2>, Sigmoid>>(), {.activations = false}).step_count == 2);
static_assert(plan_for_fused_training<Sequential<Conv<1, 2>, Sigmoid>>().tensor(2).parent == 1);  // in place

// A pixel shuffle joins the convolution before it, and so does the rectifier on either side of it.
template <class... Layers>
constexpr auto shuffled = plan_for_inference<Sequential<Layers...>>();
static_assert(shuffled<Conv<3, 8>, PixelShuffle<2>>.step_count == 1);
static_assert(shuffled<Conv<3, 18>, ReLU, PixelShuffle<3>>.step_count == 1);
static_assert(shuffled<Conv<3, 8>, BatchNorm<8>, ReLU, PixelShuffle<2>>.step_count == 1);
static_assert(shuffled<Conv<3, 8>, PixelShuffle<2>, LeakyReLU<>>.step_count == 1);
static_assert(shuffled<Conv<3, 8>, PixelShuffle<2>, LeakyReLU<>>.step(0).shuffle);
static_assert(shuffled<Conv<3, 8>, PixelShuffle<2>, LeakyReLU<>>.step(0).output == 3);
static_assert(find_shapes(shuffled<Conv<3, 8>, PixelShuffle<2>, ReLU>, {3, 5, 6})[3] == Shape{2, 10, 12});
// A step has one rectifier and one shuffle, no batch norm after the shuffle, no pooling with it, no transposed
// convolution.
static_assert(shuffled<Conv<3, 8>, ReLU, PixelShuffle<2>, ReLU>.step_count == 2);
static_assert(shuffled<Conv<3, 16>, PixelShuffle<2>, PixelShuffle<2>>.step_count == 2);
static_assert(shuffled<Conv<3, 8>, PixelShuffle<2>, BatchNorm<2>>.step_count == 2);
static_assert(shuffled<Conv<3, 8>, PixelShuffle<2>, MaxPool<2>>.step_count == 2);
static_assert(shuffled<Conv<3, 8>, MaxPool<2>, PixelShuffle<2>>.step_count == 2);
static_assert(shuffled<ConvTranspose<3, 8>, PixelShuffle<2>>.step_count == 2);
static_assert(fuse(flatten<Sequential<Conv<3, 8>, PixelShuffle<2>>>(), {.shuffle = false}).step_count == 2);
// The skip reads the convolution's output, so that must exist.
constexpr auto read_twice =
    plan_for_inference<Sequential<Conv<3, 8>, SkipConcat<PixelShuffle<2>, MaxPool<2>>, Conv<10, 3>>>();
static_assert(read_twice.step_count == 5 && !read_twice.step(0).shuffle);
// The result is shuffled straight into a concatenation.
constexpr auto into_concat =
    plan_for_inference<Sequential<Conv<3, 4>, SkipConcat<MaxPool<2>, Conv<4, 16>, PixelShuffle<2>>>>();
static_assert(into_concat.step_count == 4 && into_concat.step(2).shuffle);
static_assert(into_concat.channel_in_root(into_concat.step(2).output) == 4);
// Upsampling and a convolution of 2x2, padded right and below, are one step, and the map between them is no tensor.
template <class... Layers>
constexpr auto upsampled = fuse(fuse_upsampling(flatten<Sequential<Layers...>>()));
static_assert(upsampled<Upsample<2>, Conv<3, 8, 2, Padding<0, 1>>, ReLU>.step_count == 1);
static_assert(upsampled<Upsample<2>, Conv<3, 8, 2, Padding<0, 1>>>.step(0).upsample);
static_assert(upsampled<Upsample<2>, Conv<3, 8, 2, Padding<0, 1>>>.tensor(1).channels == 0);
static_assert(find_shapes(upsampled<Upsample<2>, Conv<3, 8, 2, Padding<0, 1>>>, {3, 5, 6})[2] == Shape{8, 10, 12});
static_assert(upsampled<Upsample<2>, Conv<3, 8, 2, Padding<0, 1>>, MaxPool<2>>.step_count == 2);
static_assert(upsampled<Upsample<2>, Conv<3, 8, 2, Padding<0, 1>>, PixelShuffle<2>>.step_count == 2);
static_assert(upsampled<Upsample<2>, Conv<3, 8, 2, Padding<1, 0>>>.step_count == 2);
static_assert(upsampled<Upsample<2>, Conv<3, 8, 2, Stride<2>, Padding<0, 1>>>.step_count == 2);
static_assert(upsampled<Upsample<2>, Conv<3, 8>>.step_count == 2);
static_assert(upsampled<Upsample<3>, Conv<3, 8, 2, Padding<0, 1>>>.step_count == 2);
static_assert(upsampled<Conv<1, 3>, Upsample<2>, SkipConcat<Conv<3, 8, 2, Padding<0, 1>>>>.step_count == 4);
// Other plans keep one step for each layer.
static_assert(plan_for_training<Small>().step_count == 5);
static_assert(plan_for_training<Sequential<Conv<3, 8>, PixelShuffle<2>>>().step_count == 2);
static_assert(plan_for_reference<Sequential<Conv<3, 8>, PixelShuffle<2>>>().step_count == 2);

// ---- fuse for training ----------------------------------------------------------------------------------------------

template <class... Layers>
constexpr auto trained = plan_for_fused_training<Sequential<Layers...>>();
// A batch norm takes the rectifier and the pooling after it; the convolution stays apart from it.
constexpr auto normed = trained<Conv<1, 2>, BatchNorm<2>, ReLU, MaxPool<2>, Conv<2, 1>>;
static_assert(normed.step_count == 3 && !normed.step(0).batch_norm && normed.step(1).has_rectifier() &&
              normed.step(1).pool);
static_assert(normed.step(1).input == 1 && normed.step(1).output == 4 && normed.tensor(4).producer == 1);
static_assert(normed.tensor(2).channels == 0 && normed.tensor(3).channels == 0);
static_assert(normed.step(0).layers() == 1 && normed.step(1).layers() == 3);
static_assert(find_shapes(normed, {1, 7, 9})[4] == Shape{2, 3, 4});
static_assert(trained<BatchNorm<2>, LeakyReLU<>>.step_count == 1 && trained<BatchNorm<2>, MaxPool<2>>.step_count == 1);
// A convolution takes only the rectifier.
constexpr auto rectified = trained<Conv<1, 2>, ReLU, ConvTranspose<2, 1>, LeakyReLU<>>;
static_assert(rectified.step_count == 2 && rectified.step(0).has_rectifier() && rectified.step(1).has_rectifier());
static_assert(trained<Conv<1, 2>, ReLU, MaxPool<2>>.step_count == 2);
static_assert(trained<Conv<1, 4>, ReLU, PixelShuffle<2>>.step_count == 2);
static_assert(trained<Conv<1, 2>, ReLU, BatchNorm<2>, ReLU>.step_count == 2);
// A step has one rectifier, none with a learned slope, and no pooling that overlaps or is larger.
static_assert(trained<Conv<1, 2>, ReLU, ReLU>.step_count == 2 && trained<BatchNorm<2>, ReLU, ReLU>.step_count == 2);
static_assert(trained<Conv<1, 2>, PReLU<>>.step_count == 2 && trained<BatchNorm<2>, PReLU<>>.step_count == 2);
static_assert(trained<BatchNorm<2>, ReLU, MaxPool<3>>.step_count == 2);
static_assert(trained<BatchNorm<2>, ReLU, MaxPool<2, Stride<1>>>.step_count == 2);
static_assert(trained<BatchNorm<2>, ReLU, MaxPool<2>, MaxPool<2>>.step_count == 2);
static_assert(trained<ReLU, Conv<2, 2>>.step_count == 2);
// What another step reads stays apart.
static_assert(trained<BatchNorm<2>, ReLU, SkipConcat<MaxPool<2>, Upsample<2>>>.step_count == 4);
static_assert(trained<Conv<1, 2>, Residual<ReLU, Conv<2, 2>>>.step_count == 4);
// A fused step's output lies in a concatenation like any other, whichever half it is.
constexpr auto halves = trained<Conv<1, 2>, ReLU, SkipConcat<Conv<2, 3>, ReLU>>;
static_assert(halves.step_count == 3 && halves.root(2) == 5 && halves.root(4) == 5 && halves.channel_in_root(4) == 2);
// A convolution's backward pass finds its rectifier's signs in the output, so the output must not be overwritten. A
// batch norm's computes them again.
constexpr auto kept_output = trained<Conv<1, 2>, ReLU, Dropout<std::ratio<1, 2>>>;
static_assert(kept_output.step_count == 2 && kept_output.tensor(3).parent < 0);
constexpr auto lost_output = trained<BatchNorm<2>, ReLU, MaxPool<2>, Dropout<std::ratio<1, 2>>>;
static_assert(lost_output.step_count == 2 && lost_output.tensor(4).parent == 3);
static_assert(trained<Conv<1, 2>, Dropout<std::ratio<1, 2>>>.tensor(2).parent == 1);

// The backward pass of a convolution's rectifier belongs to the step that writes the output's gradient last, if that is
// a convolution too. Here the steps are 0: conv, 1: conv, 2: pool, 3: conv.
constexpr auto chain = detail::plan_backward(
    trained<Conv<1, 2>, ReLU, Conv<2, 2>, LeakyReLU<std::ratio<1, 4>>, MaxPool<2>, Conv<2, 1>, ReLU>);
static_assert(chain.input_slope == std::array{1.f, 0.f, 1.f, 1.f, 1.f, 1.f, 1.f});
static_assert(chain.output_slope == std::array{1.f, 0.25f, 1.f, 0.f, 1.f, 1.f, 1.f});
// A residual's convolution comes last and its sum first. A concatenation is the last where it is the only one.
constexpr auto residual = detail::plan_backward(trained<Conv<1, 2>, ReLU, Residual<Conv<2, 2>>>);
static_assert(residual.input_slope[1] == 0 && residual.output_slope[0] == 1 && residual.accumulate[1]);
constexpr auto second_half = detail::plan_backward(halves);
static_assert(second_half.input_slope[1] == 0 && second_half.output_slope[1] == 0 && second_half.output_slope[0] == 1);
// A batch norm's rectifier belongs to the batch norm itself.
constexpr auto own = detail::plan_backward(normed);
static_assert(own.input_slope[2] == 1 && own.output_slope[1] == 1);

// ---- alias ----------------------------------------------------------------------------------------------------------

// Both halves of a concatenation lie inside it.
constexpr auto concat = alias_concatenations(flatten<Sequential<Conv<1, 3>, SkipConcat<Conv<3, 2>>>>());
static_assert(concat.tensor(1).parent == 3 && concat.tensor(1).channel_offset == 0);
static_assert(concat.tensor(2).parent == 3 && concat.tensor(2).channel_offset == 3);
static_assert(concat.channel_in_root(2) == 3 && concat.root(1) == 3);

// Two skips begin at one tensor, which can lie inside only one of them.
constexpr auto twice =
    alias_concatenations(flatten<Sequential<Conv<1, 3>, SkipConcat<SkipConcat<Conv<3, 2>>, Conv<5, 1>>>>());
static_assert(twice.tensor(1).parent == 3 && twice.tensor(3).parent < 0 && twice.tensor(4).parent == 5);

// Elementwise steps work in place, unless another step reads their input or their input is the network's.
constexpr auto in_place = plan_for_reference<Sequential<Conv<1, 2>, BatchNorm<2>, ReLU>>();
static_assert(in_place.root(2) == 1 && in_place.root(3) == 1);
constexpr auto kept = plan_for_reference<Sequential<Conv<1, 2>, Residual<ReLU, Conv<2, 2>>>>();
static_assert(kept.root(2) == 2);
constexpr auto input_kept = plan_for_reference<Sequential<BatchNorm<2>, ReLU>>();
static_assert(input_kept.root(1) == 1 && input_kept.root(2) == 1);
// A rectifier over a concatenation must not overwrite a half that a residual still needs.
constexpr auto family =
    plan_for_reference<Sequential<Conv<1, 3>, Residual<SkipConcat<Conv<3, 2>>, ReLU, Conv<5, 3>>>>();
static_assert(family.root(4) == 4);

// In training a batch norm's input is needed again, a rectifier's is not.
constexpr auto training = plan_for_training<Sequential<Conv<1, 2>, BatchNorm<2>, ReLU, Conv<2, 1>>>();
static_assert(training.tensor(2).parent < 0 && training.tensor(3).parent == 2);

// ---- halos, lifetimes, places ---------------------------------------------------------------------------------------

constexpr auto halos = plan_for_inference<Sequential<Conv<1, 2, 9>, Conv<2, 2, 1>, Conv<2, 1, 5>>>();
static_assert(halos.tensor(0).halo == 4 && halos.tensor(1).halo == 0 && halos.tensor(2).halo == 2);

constexpr auto lives = plan_for_reference<Sequential<Conv<1, 2>, Residual<Conv<2, 2>, Conv<2, 2>>>>();
static_assert(lives.tensor(1).first == 0 && lives.tensor(1).last == 3);  // until it is added
static_assert(lives.tensor(2).first == 1 && lives.tensor(2).last == 2);

template <class Network>
constexpr Placement<plan_for_reference<Network>().tensors.size()> placed(Shape shape) {
    constexpr auto plan = plan_for_reference<Network>();
    return place(plan, close_sizes(plan, shape));
}
// A chain needs the memory of the two largest neighbours, however long it is.
using Chain = Sequential<Conv<1, 4>, Conv<4, 2>, Conv<2, 4>, Conv<4, 4>, Conv<4, 1>>;
static_assert(placed<Chain>({1, 10, 10}).total == 800 && placed<Chain>({1, 10, 10}).lower_bound == 800);

template <int In, int Out>
using Two = Sequential<Conv<In, Out>, ReLU, Conv<Out, Out>, ReLU>;
template <int C, class Inner>
using Level = SkipConcat<MaxPool<2>, Inner, Conv<2 * C, 4 * C>, PixelShuffle<2>>;
template <int C, class Inner>
using Wrap = Sequential<Two<C, 2 * C>, Level<2 * C, Inner>, Two<4 * C, 2 * C>>;
using UNet = Sequential<Two<3, 16>, Level<16, Wrap<16, Wrap<32, Wrap<64, Wrap<128, Two<256, 512>>>>>>, Conv<32, 16>,
                        ReLU, Conv<16, 3, 1>>;
// Greedy placement is not optimal. Here it is within 1 % of what no placement can beat. (Fused plans of the networks in
// models/ reach that bound: benchmarks/memory.cpp.)
static_assert(100 * placed<UNet>({3, 512, 512}).total < 101 * placed<UNet>({3, 512, 512}).lower_bound);

TEST_CASE("no two tensors that live at once share memory") {
    const auto check = [](const auto& plan, Shape shape) {
        const auto sizes = close_sizes(plan, shape);
        const auto placement = place(plan, sizes);
        CHECK(placement.total >= placement.lower_bound);
        for (std::size_t a = 0; a < sizes.size(); ++a)
            for (std::size_t b = 0; b < a; ++b) {
                if (sizes[a] == 0 || sizes[b] == 0) continue;
                const bool together =
                    plan.tensors[a].first <= plan.tensors[b].last && plan.tensors[b].first <= plan.tensors[a].last;
                const bool overlap = placement.offset[a] < placement.offset[b] + sizes[b] &&
                                     placement.offset[b] < placement.offset[a] + sizes[a];
                CHECK_FALSE((together && overlap));
            }
    };
    check(plan_for_reference<UNet>(), {3, 64, 64});
    check(plan_for_inference<UNet>(), {3, 64, 64});
    check(plan_for_reference<Depixelizer>(), {3, 64, 256});
}

// ---- what the type knows --------------------------------------------------------------------------------------------

static_assert(receptive_field<Sequential<Conv<1, 1>, Conv<1, 1>>>() == 5);
static_assert(receptive_field<Sequential<Conv<1, 1, 1>>>() == 1);
static_assert(receptive_field<Sequential<Conv<1, 1, 3, Stride<2>>, Conv<1, 1>>>() == 7);
static_assert(receptive_field<Sequential<MaxPool<2>, Conv<1, 4>, PixelShuffle<2>>>() == 6);
static_assert(receptive_field<Sequential<Conv<1, 1>, Residual<Conv<1, 1, 7>>>>() == 9);
// A doubling after a convolution adds nothing, because each output depends on one of its inputs.
static_assert(receptive_field<Sequential<Conv<1, 1>, ConvTranspose<1, 1, 2, Stride<2>>>>() == 3);
static_assert(input_rows<Sequential<Conv<1, 1>>>({0, 0}) == RowRange{-1, 1});
static_assert(multiply_adds<Depixelizer>({3, 64, 256}) - 98304 - 49152 - 24576 - 12288 - 24576 - 49152 == 8847360);
static_assert(receptive_field<Sequential<Conv<1, 1>, Upsample<2>, Conv<1, 1>>>() == 4);
static_assert(receptive_field<Sequential<AveragePool<2>, LeakyReLU<>, Scale<std::ratio<1, 5>>, Conv<1, 1>>>() == 6);

// A global layer depends on all rows, and so does everything after it.
using Global = Sequential<Conv<3, 4>, MaxPool<2>, GlobalAveragePool, Dense<4, 1>>;
static_assert(is_global<Global>() && !is_global<UNet>());
static_assert(is_global<Sequential<Conv<3, 4>, Dense<4, 1, Size<6, 6>>>>());
static_assert(input_rows<Global>({0, 0}) == every_row && receptive_field<Global>() == whole_image);
static_assert(multiply_adds<Sequential<Dense<8, 5, Size<2, 3>>>>({8, 2, 3}) == 5 * 8 * 6);

// ---- sizes that do not fit ------------------------------------------------------------------------------------------

template <class Network>
constexpr int mismatch(Shape input) {
    constexpr auto plan = flatten<Network>();
    return find_mismatch(plan, find_shapes(plan, input));
}
using Judge = Sequential<Conv<3, 4, 4, Stride<2>, Padding<1>>, LeakyReLU<>, Dense<4, 8, Size<3, 2>>, Dense<8, 1>>;
static_assert(mismatch<Judge>({3, 6, 4}) == -1 && mismatch<Judge>({3, 6, 6}) == 2 && mismatch<Judge>({3, 8, 4}) == 2);
static_assert(Judge::output({3, 6, 4}) == Shape{1, 1, 1});
static_assert(mismatch<Sequential<Conv<1, 1>, MaxPool<3, Stride<2>>>>({1, 2, 8}) == 1);  // no window fits
static_assert(mismatch<Sequential<Conv<1, 1>, Residual<Conv<1, 1, 3, Padding<0>>>>>({1, 8, 8}) == 2);
static_assert(mismatch<Residual<GlobalAveragePool, Conv<4, 4, 1>>>({4, 8, 8}) == 2);
static_assert(mismatch<Residual<GlobalAveragePool, Conv<4, 4, 1>>>({4, 1, 1}) == -1);

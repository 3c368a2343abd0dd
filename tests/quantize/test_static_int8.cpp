// Quantized networks for firmware: StaticInference, RegionInference and StreamingInference with StaticInt8 give the
// bits of Inference<Network, Int8<Reference>>, in the bytes that are promised.
#include <doctest/doctest.h>

#include <memory>

#include "depix/depix.hpp"
#include "depix/quantize/inference.hpp"
#include "depix/quantize/pack.hpp"
#include "depix/quantize/region_inference.hpp"
#include "depix/quantize/static_inference.hpp"

using namespace depix;

namespace {

// What issue 24 asks for.
static_assert(sizeof(StreamingInference<DocumentsAutoencoder, 540, StaticInt8<>>) <= 31 * 1024);
static_assert(sizeof(StreamingInference<Depixelizer, 256, StaticInt8<>>) <= 12 * 1024);
static_assert(std::is_trivial_v<StreamingInference<Depixelizer, 256, StaticInt8<>>>);

/// Whole and row by row, twice each, so that what the memory held before must not matter. FloatSteps are those of the
/// layers `kept`.
template <Module Network, Shape shape, int... FloatSteps>
void check(const std::vector<std::string>& kept = {}) {
    using Whole = StaticInference<Network, shape, StaticInt8<FloatSteps...>>;
    using Input = typename Whole::Input;
    using Output = typename Whole::Output;
    const Model<Network> model(3, Initialisation::HeNormal);
    Random random(7);
    std::vector<Image> pictures(2, Image(shape));
    for (Image& picture : pictures)
        for (float& value : picture.pixels) value = static_cast<float>(random.uniform(0, 1));
    const auto small =
        quantize<Reference>(model, std::span<const Image>(pictures), {.min_decibels = 0, .keep_float = kept});
    const Image expected = Inference<Network, Int8<Reference>>{small}(pictures[1]);
    const PackedInt8 packed = pack(small);
    INFO(small.report());
    if constexpr (sizeof...(FloatSteps) > 0) CHECK(packed.float_steps == std::vector<int>{FloatSteps...});
    CHECK(packed.weights.size() == Whole::sizes.weights);
    CHECK(packed.numbers.size() == Whole::sizes.numbers);
    CHECK(packed.parameters.size() == Whole::sizes.parameters);
    CHECK(packed.statistics.size() == Whole::sizes.statistics);
    CHECK(packed.float_input == std::is_same_v<Input, float>);
    CHECK(packed.float_output == std::is_same_v<Output, float>);

    std::vector<Input> input(shape.size());
    for (std::size_t i = 0; i < input.size(); ++i)
        if constexpr (std::is_same_v<Input, float>)
            input[i] = pictures[1].pixels[i];
        else
            input[i] = integers::encode(pictures[1].pixels[i], packed.input);
    const auto is_wrong = [&](Output value, std::size_t at) {
        if constexpr (std::is_same_v<Output, float>)
            return value != expected.pixels[at];
        else
            return integers::decode(value, packed.output) != expected.pixels[at];
    };
    std::vector<Output> output(Whole::output_shape.size());
    const auto whole = std::make_unique<Whole>();
    int wrong = 0;
    for (int repeat = 0; repeat < 2; ++repeat) {
        whole->run(packed.arrays(), input.data(), output.data());
        for (std::size_t i = 0; i < output.size(); ++i) wrong += is_wrong(output[i], i);
    }
    CHECK(wrong == 0);

    // In two memories, of which the fast one is too small for all. What they held before must not matter.
    using Regions = RegionInference<Network, shape, Whole::workspace_bytes / 2, StaticInt8<FloatSteps...>>;
    static_assert(Regions::fast_bytes > 0 && Regions::fast_bytes <= Whole::workspace_bytes / 2 + 3);
    static_assert(Regions::large_bytes > 0);
    static float fast[Regions::fast_size], large[Regions::large_size + 5];
    for (float& value : fast) value = 1e9f;
    for (float& value : large) value = -3;
    Regions::run(packed.arrays(), input.data(), output.data(), fast, large);
    for (std::size_t i = 0; i < output.size(); ++i) wrong += is_wrong(output[i], i);
    CHECK(wrong == 0);
    if constexpr (!is_global<Network>()) {
        using Rows = StreamingInference<Network, shape.width, StaticInt8<FloatSteps...>>;
        constexpr Shape result = Whole::output_shape;
        static_assert(Rows::output_width == result.width && Rows::out_channels == result.channels);
        const auto rows = std::make_unique<Rows>();
        for (int repeat = 0; repeat < 2; ++repeat) {
            REQUIRE(rows->begin(packed.arrays(), shape.height));
            int next = 0;
            for (int y = 0; y < shape.height; ++y)
                rows->push(
                    input.data() + y * shape.width,
                    [&](int row, const Output* values) {
                        CHECK(row == next++);
                        for (int c = 0; c < result.channels; ++c)
                            for (int x = 0; x < result.width; ++x)
                                wrong += is_wrong(
                                    *values++, static_cast<std::size_t>((c * result.height + row) * result.width + x));
                    },
                    shape.height * shape.width);
            CHECK(next == result.height);
            CHECK(wrong == 0);
        }
        CHECK_FALSE(rows->begin(packed.arrays(), 0));
    }
}

}  // namespace

TEST_CASE("depix's own networks") {
    check<Depixelizer, Shape{3, 16, 24}>();
    check<PageCleaner, Shape{1, 16, 16}>();
}

TEST_CASE("one memory, in which all lies") {
    constexpr Shape shape{3, 16, 24};
    using Whole = StaticInference<Depixelizer, shape, StaticInt8<>>;
    using Large = RegionInference<Depixelizer, shape, 0, StaticInt8<>>;
    using Fast = RegionInference<Depixelizer, shape, 1 << 20, StaticInt8<>>;
    static_assert(Large::fast_size == 0 && Large::large_bytes == Fast::fast_bytes && Fast::large_size == 0);
    static_assert(Large::large_bytes >= Whole::workspace_bytes && Large::large_bytes < Whole::workspace_bytes + 8);
}

TEST_CASE("some steps stay float: the first, the last, and two of which one reads the other's floats") {
    check<DocumentsAutoencoder, Shape{1, 12, 20}, 0>({"encoder.0"});
    check<Depixelizer, Shape{3, 16, 24}, 1, 2, 8>({"encoder.3", "encoder.4", "decoder.6"});
}

TEST_CASE("layers without integer kernels, global ones too") {
    check<Sequential<Conv<3, 8>, ReLU, Gate<GlobalAveragePool, Conv<8, 8, 1>, Sigmoid>, AveragePool<2>, Conv<8, 3>,
                     GlobalAveragePool, Dense<3, 7>, ReLU, Dense<7, 5>>,
          Shape{3, 8, 8}>();
}

TEST_CASE("skips, sums, splits, tables, and poolings that overlap") {
    check<Sequential<Conv<3, 8>, ReLU,
                     SkipConcat<MaxPool<2>, Conv<8, 6>, Residual<Conv<6, 6>, ReLU, Conv<6, 6>>, ReLU, Upsample<2>>,
                     Conv<14, 12>, PixelShuffle<2>, SiLU>,
          Shape{3, 10, 6}>();
    check<Sequential<Conv<3, 6>, SkipConcat<Conv<6, 7>, GELU>, Split<Pass<5>, Conv<8, 8>>,
                     MaxPool<3, Stride<2>, Padding<1>>, Dropout<std::ratio<1, 10>>,
                     Sum<Conv<13, 4, 1>, Conv<13, 4, 5>, Slice<13, 2, 4>>>,
          Shape{3, 8, 12}>();
}

TEST_CASE("groups, dilations, paddings and strides of every kind") {
    check<Sequential<Conv<4, 8, 3, Groups<2>>, LeakyReLU<>, Conv<8, 6, 5, KernelSize<1, 5>, Stride<2>>,
                     ConvTranspose<6, 4, 3, Stride<3>>, PReLU<4>, Conv<4, 2, 4, Stride<3>>>,
          Shape{4, 8, 10}>();
    check<Sequential<SkipConcat<Conv<3, 4, 1>>, Conv<7, 4, 3, Padding<0>>, ReLU,
                     ConvTranspose<4, 6, 3, Dilation<2>, Groups<2>>,
                     ConvTranspose<6, 3, 5, Stride<2>, Dilation<3>, Padding<2>>>,
          Shape{3, 8, 9}>();
}

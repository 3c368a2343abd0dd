// Quantized networks as safetensors files: a round trip, and files that do not fit. And equalising channels.
#include <doctest/doctest.h>

#include <limits>

#include "../io/error_message.hpp"
#include "depix/depix.hpp"
#include "depix/quantize/equalize.hpp"
#include "depix/quantize/file.hpp"
#include "depix/quantize/inference.hpp"

using namespace depix;

namespace {

using Network = Sequential<Conv<1, 6>, BatchNorm<6>, LeakyReLU<>, MaxPool<2>, Conv<6, 8>, PReLU<8>, Conv<8, 8>,
                           ConvTranspose<8, 4, 2, Stride<2>>, ReLU, Conv<4, 1>, Sigmoid>;

const std::vector<Image>& pictures() {
    static const std::vector<Image> all = [] {
        Random random(7);
        std::vector<Image> made(2, Image({1, 16, 24}));
        for (Image& picture : made)
            for (float& value : picture.pixels) value = static_cast<float>(random.uniform(0, 1));
        return made;
    }();
    return all;
}

Quantized<Network> quantized(QuantizeOptions options = {}) {
    return quantize<Reference>(Model<Network>(3, Initialisation::HeNormal), std::span<const Image>(pictures()),
                               options);
}

SafetensorsFile written(const Quantized<Network>& network) {
    SafetensorsWriter writer;
    append_quantized(writer, network);
    return SafetensorsFile::parse(writer.bytes(), "small.safetensors");
}

/// The same file with one tensor replaced by `change`, which adds it under the same name, or not at all.
template <class Change>
std::string refusal(const std::string& name, Change&& change) {
    const SafetensorsFile file = written(quantized());
    SafetensorsWriter writer;
    writer.metadata = file.metadata;
    for (const std::string& each : file.names) {
        const auto& shape = file.shape(each);
        if (each == name)
            change(writer);
        else if (file.entry(each).dtype == DataType::F32)
            writer.add(each, shape, std::span<const float>(file.values<float>(each)));
        else if (file.entry(each).dtype == DataType::I8)
            writer.add(each, shape, std::span<const std::int8_t>(file.values<std::int8_t>(each)));
        else
            writer.add(each, shape, std::span<const std::int32_t>(file.values<std::int32_t>(each)));
    }
    if (!file.contains(name)) change(writer);
    return message([&] { parse_quantized<Network>(SafetensorsFile::parse(writer.bytes(), "small.safetensors")); });
}

std::string refusal_of(const std::string& name, std::vector<std::size_t> shape, float value) {
    return refusal(name, [&](SafetensorsWriter& writer) {
        const std::vector<float> values(*element_count(shape), value);
        writer.add(name, shape, std::span<const float>(values));
    });
}

}  // namespace

TEST_CASE("a quantized network is read as it was written") {
    for (const std::vector<std::string>& floats : {std::vector<std::string>{}, std::vector<std::string>{"0", "8"}}) {
        const Quantized<Network> before = quantized({.keep_float = floats});
        CHECK(before.float_steps() == static_cast<int>(floats.size()));
        const SafetensorsFile file = written(before);
        CHECK(file.entry("4.weight").dtype == DataType::I8);
        CHECK(file.shape("4.weight") == std::vector<std::size_t>{8, 6, 3, 3});
        CHECK(file.entry("4.bias").dtype == DataType::I32);
        CHECK(file.contains("1.running_mean") == !floats.empty());
        const Quantized<Network> after = parse_quantized<Network>(file);
        const Inference<Network, Int8<Reference>> one{before}, two{after};
        CHECK(one(pictures()[1]).pixels == two(pictures()[1]).pixels);
        SafetensorsWriter first, second;
        append_quantized(first, before);
        append_quantized(second, after);
        CHECK(first.bytes() == second.bytes());
    }
}

TEST_CASE("files of other networks are refused, with all that is wrong") {
    SafetensorsWriter writer;
    append(writer, Model<Network>());
    const auto of_model = SafetensorsFile::parse(writer.bytes(), "model.safetensors");
    CHECK(message([&] { parse_quantized<Network>(of_model); }) ==
          "model.safetensors: holds no quantized network: its metadata lack \"depix.quantized\": \"1\"");
    using Other = Sequential<Conv<1, 6>, MaxPool<2>>;
    const std::string why = message([&] { parse_quantized<Other>(written(quantized())); });
    CHECK(contains(why, "small.safetensors: does not fit the quantized network:"));
    CHECK(contains(why, "\n  missing 1.scale"));
    CHECK(contains(why, "\n  unexpected 4.weight"));
    // A float model cannot load it.
    Model<Network> model;
    CHECK(contains(message([&] { load(model, written(quantized())); }), "mis-typed 4.weight: the file has I8"));
}

TEST_CASE("tensors that no quantized network has are refused") {
    CHECK(contains(refusal("4.bias", [](SafetensorsWriter&) {}), "missing 4.bias"));
    CHECK(contains(refusal_of("extra", {2}, 1), "unexpected extra"));
    CHECK(contains(refusal_of("4.weight", {8, 6, 3, 3}, 1), "mis-typed 4.weight: it is I8, the file has F32"));
    CHECK(contains(refusal_of("4.weight_scale", {7}, 1),
                   "mis-shaped 4.weight_scale: the network has (8), the file has (7)"));
    for (const float scale : {0.f, -1.f, std::numeric_limits<float>::quiet_NaN(), 1e30f}) {
        CHECK(contains(refusal_of("4.weight_scale", {8}, scale), "not usable 4.weight_scale"));
        CHECK(contains(refusal_of("4.scale", {}, scale), "not usable 4.scale: a scale is positive and finite"));
        CHECK(contains(refusal_of("input.scale", {}, scale), "not usable input.scale"));
    }
    CHECK(contains(refusal_of("0.slope", {3}, 1), "mis-shaped 0.slope: it has 1 value or one for each channel"));
    CHECK(contains(refusal_of("4.slope", {8}, std::numeric_limits<float>::infinity()), "not finite 4.slope"));
    CHECK(contains(refusal_of("4.weight_scale", {8}, 100), "4: its scales give a factor of 1/4 or more"));
    CHECK(contains(refusal_of("3.scale", {}, 3), "3 only moves integers"));
    const auto with = [](const std::string& name, std::vector<std::size_t> shape, std::int32_t value) {
        return refusal(name, [&](SafetensorsWriter& writer) {
            const std::vector<std::int32_t> values(*element_count(shape), value);
            writer.add(name, shape, std::span<const std::int32_t>(values));
        });
    };
    CHECK(contains(with("4.zero_point", {}, 128), "not usable 4.zero_point: it lies in -128..127"));
    CHECK(contains(with("4.bias", {8}, -2000000000), "not usable 4.bias: beyond 2^30"));
}

TEST_CASE("equalising channels changes nothing but rounding, and helps where channels differ a lot") {
    Model<Network> model(3, Initialisation::HeNormal);
    for (const NamedTensor<float>& tensor : model.tensors()) {
        // Channel 2 after the batch norm is 200 times as large, and is read with weights that are 200 times smaller.
        if (tensor.name == "1.weight" || tensor.name == "1.bias") tensor.values[2] *= 200;
        if (tensor.name == "4.weight")
            for (std::size_t i = 0; i < tensor.values.size(); ++i)
                if (i / 9 % 6 == 2) tensor.values[i] /= 200;
        // The same between a transposed convolution and the last one.
        if (tensor.name == "7.bias") tensor.values[1] *= 200;
        if (tensor.name == "7.weight")
            for (std::size_t i = 0; i < tensor.values.size(); ++i)
                if (i / 4 % 4 == 1) tensor.values[i] *= 200;
        if (tensor.name == "9.weight")
            for (std::size_t i = 0; i < tensor.values.size(); ++i)
                if (i / 9 == 1) tensor.values[i] /= 200;
    }
    const auto error = [&](const Model<Network>& tried, const Image& wanted) {
        const Quantized<Network> small =
            quantize<Reference>(tried, std::span<const Image>(pictures()), {.min_decibels = 0});
        const Image restored = Inference<Network, Int8<Reference>>{small}(pictures()[1]);
        double sum = 0;
        for (std::size_t i = 0; i < wanted.pixels.size(); ++i)
            sum += std::pow(static_cast<double>(restored.pixels[i] - wanted.pixels[i]), 2);
        return sum;
    };
    const Image before = Inference<Network, Reference>{model}(pictures()[1]);
    Model<Network> equal = model;
    equalize(equal);
    const Image after = Inference<Network, Reference>{equal}(pictures()[1]);
    for (std::size_t i = 0; i < before.pixels.size(); ++i)
        CHECK(after.pixels[i] == doctest::Approx(before.pixels[i]).epsilon(1e-4));
    CHECK(error(equal, before) < error(model, before) / 10);
}

// embed FOLDER: writes what `depix embed` writes for some networks with random weights, and for the C files a picture
// and what the textbook makes of it. embed.sh compiles and compares them.
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "../../examples/depix/embed/describe.hpp"
#include "../../examples/depix/embed/fold.hpp"
#include "../../examples/depix/embed/write_arrays.hpp"
#include "../../examples/depix/embed/write_c.hpp"
#include "../../examples/depix/embed/write_int8.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/weights_file.hpp"
#include "depix/layers/average_pool.hpp"
#include "depix/layers/dropout.hpp"
#include "depix/layers/leaky_relu.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/prelu.hpp"
#include "depix/layers/softmax.hpp"
#include "depix/layers/tanh.hpp"
#include "depix/layers/upsample.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/text_restorer.hpp"
#include "depix/quantize/inference.hpp"
#include "depix/random.hpp"
#include "depix/static_inference.hpp"

using namespace depix;

namespace {

int failures = 0;
std::string folder;

void check(bool good, const std::string& what) {
    if (!good) std::printf("FAILED: %s\n", what.c_str()), ++failures;
}

void write_floats(const std::string& name, const std::vector<float>& values) {
    write_file(folder + "/" + name,
               std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
}

/// Random weights, and statistics that have an effect, as the tool reads them from a file.
template <Module Network>
TensorFile random_weights(Model<Network>& model) {
    Random random(8);
    for (const auto& tensor : model.tensors())
        if (tensor.shape.size() == 1)
            for (float& value : tensor.values)
                value = static_cast<float>(random.uniform(tensor.name.ends_with("bias") ? -0.5 : 0.5, 1.5));
    save(model, folder + "/weights.safetensors");
    return read_weights(folder + "/weights.safetensors");
}

template <Module Network, Shape Input>
void write_network(const std::string& name) {
    Model<Network> model(7);
    const tool::EmbeddedNetwork network = tool::embed_network<Network>(random_weights(model));
    tool::EmbeddedNetwork folded = network;
    const int norms = tool::fold_batch_norms(folded);
    const auto write = [&](const std::string& file, const std::string& text) { write_file(folder + "/" + file, text); };
    write(name + ".c", tool::network_as_c(network, name, Input.height, Input.width, "a test."));
    write(name + "_folded.c", tool::network_as_c(folded, name, Input.height, Input.width, "a test."));
    std::printf("%s %zu %zu %d\n", name.c_str(), Input.size(), Network::output(Input).size(), norms);

    Random random(9);
    std::vector<float> input(Input.size()), output(Network::output(Input).size());
    for (float& value : input) value = static_cast<float>(random.uniform(-1, 1));
    const auto textbook = std::make_unique<StaticInference<Network, Input>>();
    textbook->run(model.parameters().data(), model.statistics().data(), input.data(), output.data());
    write_floats(name + ".input", input);
    write_floats(name + ".expected", output);
}

/// A network of integers with a step that stays float, as a header and as assembly; and what the textbook makes of a
/// picture.
void write_int8() {
    Model<DocumentsAutoencoder> model(7);
    random_weights(model);
    Random random(9);
    std::vector<Image> pictures(1, Image({1, 8, 12}));
    for (float& value : pictures[0].pixels) value = static_cast<float>(random.uniform(0, 1));
    const auto small =
        quantize<Reference>(model, std::span<const Image>(pictures), {.min_decibels = 0, .keep_float = {"decoder.0"}});
    const PackedInt8 packed = pack(small);
    write_file(folder + "/int8.hpp", tool::int8_as_header(packed, "page", "a test."));
    write_file(folder + "/int8.S", tool::int8_as_assembly(packed, "bytes", "a test.", "int8.bin"));
    write_file(folder + "/int8.bin", tool::int8_as_bytes(packed));
    write_floats("int8.input", pictures[0].pixels);
    write_floats("int8.expected", Inference<DocumentsAutoencoder, Int8<Reference>>{small}(pictures[0]).pixels);
}

/// The same in C, with a picture and what the textbook makes of it, in integers where the network takes and gives them.
template <Module Network, Shape Input>
void write_int8_in_c(const std::string& name, const std::vector<std::string>& keep_float) {
    Model<Network> model(7);
    const TensorFile weights = random_weights(model);
    Random random(9);
    std::vector<Image> pictures(1, Image(Input));
    for (float& value : pictures[0].pixels) value = static_cast<float>(random.uniform(0, 1));
    const auto small =
        quantize<Reference>(model, std::span<const Image>(pictures), {.min_decibels = 0, .keep_float = keep_float});
    const PackedInt8 packed = pack(small);
    const tool::EmbeddedInt8 network{packed, small.report(), tool::embed_network<Network>(weights), small.program};
    write_file(folder + "/" + name + ".c", tool::network_as_c(network, name, Input.height, Input.width, "a test."));
    const auto write = [&](const std::string& ending, const Image& image, bool in_float,
                           const integers::Encoding& encoding) {
        if (in_float) return write_floats(name + ending, image.pixels);
        std::string bytes;
        for (const float value : image.pixels) bytes.push_back(static_cast<char>(integers::encode(value, encoding)));
        write_file(folder + "/" + name + ending, bytes);
    };
    write(".input", pictures[0], packed.float_input, packed.input);
    const Image expected = Inference<Network, Int8<Reference>>{small}(pictures[0]);
    write(".expected", expected, packed.float_output, packed.output);
    std::printf("%s %zu %zu %s %s\n", name.c_str(), Input.size(), expected.shape.size(),
                packed.float_input ? "float" : "int8_t", packed.float_output ? "float" : "int8_t");
}

/// The arrays, which embed.sh compiles, and the values that they must have.
void write_arrays() {
    Model<Depixelizer> model(7);
    tool::EmbeddedNetwork network = tool::embed_network<Depixelizer>(random_weights(model));
    const auto write = [&](const std::string& file, const std::string& text) { write_file(folder + "/" + file, text); };
    write("arrays.hpp", tool::arrays_as_header(network, "arrays", tool::EmbeddedType::Float32, "a test."));
    write("halves.hpp", tool::arrays_as_header(network, "halves", tool::EmbeddedType::Float16, "a test."));
    for (const auto type : {tool::EmbeddedType::Float32, tool::EmbeddedType::Float16}) {
        const std::string name = type == tool::EmbeddedType::Float32 ? "bytes" : "half_bytes";
        write(name + ".S", tool::arrays_as_assembly(network, name, type, "a test.", name + ".bin"));
        write(name + ".bin", tool::arrays_as_bytes(network, type));
    }
    std::vector<float> values(model.parameters().begin(), model.parameters().end());
    values.insert(values.end(), model.statistics().begin(), model.statistics().end());
    write_floats("arrays.expected", values);

    network.layers[0].tensors[0].values[3] = 1e5f;
    try {
        tool::arrays_as_header(network, "x", tool::EmbeddedType::Float16, "a test.");
        check(false, "100000 as a number of 16 bits");
    } catch (const Error& error) {
        check(std::string(error.what()) == "encoder.0.weight holds 100000.000000, which is no finite number of 16 bits",
              error.what());
    }
}

template <Module Network>
void refuse(int height, int width, const std::string& message) {
    Model<Network> model(7);
    try {
        tool::network_as_c(tool::embed_network<Network>(random_weights(model)), "x", height, width, "a test.");
        check(false, "not refused: " + message);
    } catch (const Error& error) {
        check(error.what() == message, std::string(error.what()) + ", not " + message);
    }
}

}  // namespace

int main(int, char** arguments) {
    folder = arguments[1];
    write_network<DocumentsAutoencoder, Shape{1, 12, 20}>("documents");
    write_network<Depixelizer, Shape{3, 16, 24}>("depixelizer");
    write_network<TextRestorer, Shape{3, 8, 12}>("text");
    using Odd = Sequential<Conv<2, 8, 3, Groups<2>, NoBias>, BatchNorm<8>, PReLU<8>, Dropout<std::ratio<1, 10>>,
                           SkipConcat<AveragePool<2>, Conv<8, 16, 3, Dilation<2>>, PReLU<>, PixelShuffle<2>>,
                           SkipConcat<MaxPool<2>, Conv<12, 4>, LeakyReLU<>, Upsample<2>>, BatchNorm<16>,
                           ConvTranspose<16, 4, 3, Stride<2>, Padding<1>, OutputPadding<1>, Groups<2>>, Tanh>;
    write_network<Odd, Shape{2, 6, 10}>("odd");
    write_arrays();
    write_int8();
    std::printf("int8\n");
    write_int8_in_c<DocumentsAutoencoder, Shape{1, 8, 12}>("int8_documents", {});
    write_int8_in_c<DocumentsAutoencoder, Shape{1, 8, 12}>("int8_mixed", {"decoder.0"});
    // One with every operation of integers, and with steps that stay float: AveragePool, the first and the last.
    using Integers =
        Sequential<Conv<2, 8, 3, Groups<2>, NoBias>, BatchNorm<8>, PReLU<8>, Dropout<std::ratio<1, 10>>,
                   Residual<Conv<8, 8, 3, Dilation<2>>>, ReLU, SkipConcat<MaxPool<2>, Conv<8, 16>, PixelShuffle<2>>,
                   Tanh, SkipConcat<MaxPool<2>, Conv<12, 4>, LeakyReLU<>, Upsample<2>>, AveragePool<2>,
                   ConvTranspose<16, 4, 3, Stride<2>, Padding<1>, OutputPadding<1>, Groups<2>>, Sigmoid>;
    write_int8_in_c<Integers, Shape{2, 8, 12}>("int8_odd", {});
    write_int8_in_c<Integers, Shape{2, 8, 12}>("int8_ends", {"0", "10"});
    refuse<Sequential<Conv<1, 2>, Softmax>>(8, 8, "layer 1 (Softmax) is not written in C");
    refuse<Sequential<Conv<1, 2, 5, Padding<0>>>>(4, 8, "the picture is too small: layer 0 gives nothing for 1x4x8");
    return failures == 0 ? 0 : 1;
}

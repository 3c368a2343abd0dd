// Writes small files of every kind for the fuzzers to begin with: seeds FOLDER makes FOLDER/image, FOLDER/npy and so
// on.
#include <sstream>

#include "../../examples/depix/import/ncnn_files.hpp"
#include "../../examples/depix/import/read_graph.hpp"
#include "../import/onnx_networks.hpp"
#include "../io/metadata_for_tests.hpp"
#include "../io/ncnn_for_tests.hpp"
#include "../io/pytorch_for_tests.hpp"
#include "depix/depix.hpp"
#include "depix/io/identify.hpp"
#include "depix/io/image_file.hpp"
#include "depix/io/npy.hpp"
#include "depix/io/onnx_writer.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/train/checkpoint.hpp"
#include "fuzz.hpp"
#include "tiny_quantized.hpp"
#include "tiny_run.hpp"

using namespace depix;

namespace {

Image noise(Shape shape) {
    Image image(shape);
    Random random(1);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    return quantized(image);
}

/// Small files in both formats of torch.save, and the real ones of the tests.
void write_pytorch_seeds(const std::filesystem::path& folder) {
    using namespace pytorch_for_tests;
    const std::string values = floats({0, 1, 2, 3, 4, 5});
    const std::string weight = tensor(storage("0", 6), 0, {2, 3}, {3, 1});
    const std::string object =
        dict({{"params", dict({{"module.w", weight}, {"module.t", tensor(storage("0", 6), 0, {3, 2}, {1, 3})}})},
              {"bytes", tensor(storage("0", 24, "ByteStorage"), 20, {4}, {1})},
              {"parameter", call(name("torch._utils", "_rebuild_parameter"), {weight, "N", "}"})},
              {"args", name("argparse", "Namespace") + ")\x81" + dict({{"lr", integer(1)}}) + "b"}});
    write_file((folder / "zip.pth").string(), pytorch_zip(object, {values}));
    write_file((folder / "legacy.pth").string(), pytorch_legacy(object, {values}));
    write_file(
        (folder / "wide.pth").string(),
        zip_of({{"m/data.pkl", pickled(object), 0, 0, true}, {"m/data/0", values, 0, 0, true}}, true, "comment"));
    for (const char* real : {"pytorch_zip.pth", "pytorch_legacy.pth"})
        std::filesystem::copy_file(std::filesystem::path("tests/golden") / real, folder / real,
                                   std::filesystem::copy_options::overwrite_existing);
}

/// Lists of names and shapes: for each network what it is recognised by, and a SPAN as it is trained.
void write_lists(const std::filesystem::path& folder) {
    int number = 0;
    for (const detail::Recogniser& recogniser : detail::recognisers) {
        std::string list = "list\n";
        std::istringstream words(recogniser.looks_for);
        for (std::string word; words >> word;)
            if (const std::size_t end = word.find(".weight"); end != std::string::npos)
                list += word.substr(0, end + 7) + " 8 8 3 3\n";
        write_file((folder / ("list_" + std::to_string(number++))).string(), std::string_view(list));
    }
    std::string span = "list\nno_norm 1\nconv_1.sk.weight 4 3 1 1\nconv_1.sk.bias 4\n";
    span += "conv_1.conv.0.weight 6 3 1 1\nconv_1.conv.0.bias 6\nconv_1.conv.1.weight 8 6 3 3\nconv_1.conv.1.bias 8\n";
    span += "conv_1.conv.2.weight 4 8 1 1\nconv_1.conv.2.bias 4\nconv_1.eval_conv.weight 4 3 3 3\n";
    span +=
        "block_1.c1_r.eval_conv.weight 4 4 3 3\nblock_6.c1_r.eval_conv.weight 4 4 3 3\nupsampler.0.weight 12 4 3 3\n";
    write_file((folder / "list_span").string(), std::string_view(span));
}

// Two bytes with the text's length, the text, and as many numbers.
void write_with_weights(const std::string& path, const std::string& text, std::size_t weights) {
    std::vector<std::byte> bytes{static_cast<std::byte>(text.size() & 0xFF), static_cast<std::byte>(text.size() >> 8)};
    detail::append_text(bytes, text);
    bytes.resize(bytes.size() + 4 * weights);
    write_file(path, bytes);
}

void write_ncnn(const std::string& path, const std::string& layers, std::size_t weights) {
    std::size_t count = 0;
    for (const char character : layers) count += character == '\n' ? 1 : 0;
    write_with_weights(path, "7767517\n" + std::to_string(count) + " 9\n" + layers, weights);
}

// A network in which every kind of attribute and of tensor occurs.
std::vector<std::byte> onnx_network() {
    using Integers = std::vector<std::int64_t>;
    OnnxWriter writer;
    writer.input("x", {"batch", "3", "height", "width"});
    writer.weight("w", {4, 3, 3, 3}, std::vector<float>(108, 0.5f));
    writer.weight("slope", {4, 1, 1}, std::vector<float>(4, 0.25f));
    writer.weight("scales", {4}, std::vector<float>{1, 1, 2, 2});
    writer.integers("pads", {0, 0, 1, 1, 0, 0, 1, 1});
    writer.node("Conv", {"x", "w"}, {"a"}, {{"pads", Integers{1, 1, 1, 1}}, {"group", std::int64_t{1}}});
    writer.node("PRelu", {"a", "slope"}, {"b"});
    writer.node("Sigmoid", {"b"}, {"c"});
    writer.node("Mul", {"b", "c"}, {"d"});
    writer.node("Split", {"d"}, {"e", "f"}, {{"axis", std::int64_t{1}}});
    writer.node("LeakyRelu", {"f"}, {"g"}, {{"alpha", 0.2f}});
    writer.node("Concat", {"e", "g"}, {"h"}, {{"axis", std::int64_t{1}}});
    writer.node("Add", {"h", "b"}, {"i"});
    writer.node("DepthToSpace", {"i"}, {"j"}, {{"mode", std::string("CRD")}, {"blocksize", std::int64_t{2}}});
    writer.node("Shape", {"j"}, {"k"});
    writer.node("Resize", {"j", "", "scales"}, {"l"},
                {{"mode", std::string("nearest")},
                 {"nearest_mode", std::string("floor")},
                 {"coordinate_transformation_mode", std::string("asymmetric")}});
    writer.node("Pad", {"l", "pads"}, {"m"}, {{"mode", std::string("reflect")}});
    writer.node("MaxPool", {"m"}, {"n"}, {{"kernel_shape", Integers{2, 2}}, {"strides", Integers{2, 2}}});
    writer.output("n", {"batch", "1", "height", "width"});
    return writer.bytes();
}

template <class Network>
void write_network_seeds(const std::filesystem::path& root, const std::string& name) {
    const Model<Network> model(1);
    const std::vector<std::byte> onnx = onnx_bytes(model);
    write_file((root / "onnx" / (name + ".onnx")).string(), onnx);
    try {
        const tool::NcnnFiles files = tool::ncnn_files(tool::graph_of(OnnxFile::parse(onnx), {3, 64, 64}));
        std::vector<std::byte> bytes{static_cast<std::byte>(files.param.size() & 0xFF),
                                     static_cast<std::byte>(files.param.size() >> 8)};
        detail::append_text(bytes, files.param);
        detail::append_bytes(bytes, files.bin);
        write_file((root / "ncnn" / name).string(), bytes);
    } catch (const FileError&) {  // ncnn has no layer norm of channels
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return 2;
    const std::filesystem::path root = arguments[1];
    for (const char* name : {"image", "safetensors", "npy", "checkpoint", "json", "metadata", "pytorch", "ncnn", "onnx",
                             "tensorflow_js", "quantized"})
        std::filesystem::create_directories(root / name);
    const auto file = [&](const char* folder, const std::string& name) { return (root / folder / name).string(); };

    for (const int channels : {1, 3}) {
        const std::string name = std::to_string(channels);
        ImageFile image{.color = noise({channels, 9, 11})};
        image.exif = metadata_for_tests::camera_exif(channels == 1);
        image.xmp = metadata_for_tests::xmp_packet();
        image.iptc = metadata_for_tests::iptc_data();
        image.encoding = {45455, {31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000}, 0};
        write_image_file(file("image", name + ".png"), image);
        write_image_file(file("image", name + ".jpg"), image);
        write_image_file(file("image", name + ".bmp"), image);
        image.alpha = noise({1, 9, 11});
        image.bits = 16;
        write_image_file(file("image", name + "_alpha_16.png"), image);
    }
    const Model<Sequential<Conv<1, 2>, BatchNorm<2>>> model(1);
    for (const DataType type : {DataType::F32, DataType::F16, DataType::BF16})
        save(model, file("safetensors", std::to_string(static_cast<int>(type)) + ".safetensors"), {.dtype = type});
    write_lists(root / "safetensors");
    const Image grey = noise({1, 8, 8});
    for (const std::vector<std::string>& floats : {std::vector<std::string>{}, std::vector<std::string>{"3.0"}})
        save_quantized(quantize<Reference>(Model<depix_fuzz::TinyQuantized>(1), std::span(&grey, 1),
                                           {.min_decibels = 0, .keep_float = floats}),
                       file("quantized", std::to_string(floats.size()) + ".safetensors"));
    write_npy(file("npy", "float.npy"), xt::xarray<float>{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}});
    write_npy(file("npy", "bytes.npy"), xt::xarray<std::uint8_t>{{1, 2, 3}});
    const std::string text = R"(12345678{"a": {"shape": [1, 2, 3], "b": "\u00e9\n"}, "c": 7})";
    write_file(file("json", "small.json"), std::string_view(text));
    const auto with_kind = [](char kind, std::vector<std::byte> bytes) {
        bytes.insert(bytes.begin(), static_cast<std::byte>(kind));
        return bytes;
    };
    for (const bool little : {false, true})
        write_file(file("metadata", little ? "little" : "big"), with_kind(0, metadata_for_tests::camera_exif(little)));
    write_file(file("metadata", "xmp"), with_kind(1, metadata_for_tests::xmp_packet()));
    write_file(file("metadata", "iptc"), with_kind(2, detail::iptc_resource(metadata_for_tests::iptc_data())));
    write_pytorch_seeds(root / "pytorch");
    write_ncnn(
        file("ncnn", "residual"),
        "Input i 0 1 x\nConvolution c 1 1 x a 0=4 1=3 4=1 5=1 6=108 9=2 -23310=1,0.2\nSplit s 1 2 a b c\n"
        "PReLU p 1 1 b d 0=4\nBinaryOp o 2 1 d c e 0=0\nPixelShuffle q 1 1 e f 0=2\nInterp r 1 1 f g 0=2 1=2.0 2=2.0\n",
        1 + 108 + 4 + 4);
    write_ncnn(file("ncnn", "dense"),
               "Input i 0 1 x\nConvolution c 1 1 x a 0=2 1=1 6=6\nSplit s 1 3 a b c d\nReLU p 1 1 b e 0=0.1\n"
               "Concat k 2 1 c e f\nDeconvolution q 1 1 f g 0=2 1=2 3=2 6=32\nPooling r 1 1 g h 0=0 1=2 2=2 5=1\n"
               "Eltwise t 2 1 h d u 0=1 -23301=2,0.2,1.0\nClip v 1 1 u w 0=0 1=1\n",
               1 + 6 + 1 + 32);
    write_file(file("onnx", "network.onnx"), onnx_network());
    // Every operator that export_onnx writes, and every layer that ncnn_files writes.
#define NETWORK_SEED(name, ...) write_network_seeds<__VA_ARGS__>(root, #name);
    EACH_ONNX_NETWORK(NETWORK_SEED)
    write_with_weights(
        file("tensorflow_js", "shuffle"),
        R"({"format": "layers-model", "modelTopology": {"model_config": {"class_name": "Functional", "config": {"layers": [)"
        R"({"class_name": "Conv2D", "name": "c", "config": {"rate": -1.5e-3, "seed": null}, "inbound_nodes": []},)"
        R"({"class_name": "TFOpLambda", "name": "s", "config": {"function": "nn.depth_to_space"},)"
        R"("inbound_nodes": [["c", 0, 0, {"block_size": 2}]]}]}}}, "weightsManifest": [{"paths": ["w.bin"], "weights": [)"
        R"({"name": "c/kernel", "shape": [1, 1, 3, 4], "dtype": "float32"},)"
        R"({"name": "c/bias", "shape": [4], "dtype": "float32"}]}]})",
        16);
    // Layers of Keras's one after another, and weights of every storage.
    write_with_weights(
        file("tensorflow_js", "chain"),
        R"({"modelTopology": {"class_name": "Sequential", "config": [)"
        R"({"class_name": "ZeroPadding2D", "config": {"name": "z", "padding": [[1, 1], [1, 1]]}},)"
        R"({"class_name": "Conv2D", "config": {"name": "c", "padding": "valid", "strides": [2, 2], "activation": "relu6"}},)"
        R"({"class_name": "BatchNormalization", "config": {"name": "n", "epsilon": 0.001}},)"
        R"({"class_name": "DepthwiseConv2D", "config": {"name": "d", "padding": "same", "dilation_rate": [2, 2]}},)"
        R"({"class_name": "PReLU", "config": {"name": "p"}}, {"class_name": "LeakyReLU", "config": {"alpha": 0.2}},)"
        R"({"class_name": "Rescaling", "config": {"name": "r", "scale": 2, "offset": -1}},)"
        R"({"class_name": "UpSampling2D", "config": {"name": "u", "size": [2, 2]}},)"
        R"({"class_name": "Cropping2D", "config": {"name": "o", "cropping": [[1, 1], [1, 1]]}}]},)"
        R"("weightsManifest": [{"paths": ["w"], "weights": [)"
        R"({"name": "c/kernel", "shape": [3, 3, 3, 4], "dtype": "float32", "quantization": {"dtype": "uint8", "min": -1, "scale": 0.01}},)"
        R"({"name": "n/moving_mean", "shape": [4], "dtype": "float32", "quantization": {"dtype": "float16"}},)"
        R"({"name": "n/moving_variance", "shape": [4], "dtype": "float32", "quantization": {"dtype": "uint16", "min": 1, "scale": 0.5}},)"
        R"({"name": "d/depthwise_kernel", "shape": [3, 3, 4, 1], "dtype": "float32"},)"
        R"({"name": "p/alpha", "shape": [1, 1, 4], "dtype": "float32"}]}]})",
        27 + 2 + 2 + 36 + 4);
    write_with_weights(
        file("tensorflow_js", "joins"),
        R"({"modelTopology": {"class_name": "Functional", "config": {"layers": [)"
        R"({"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, null, null, 3]}, "inbound_nodes": []},)"
        R"({"class_name": "Conv2D", "config": {"name": "a", "padding": "same", "use_bias": true}, "inbound_nodes": [[["x", 0, 0, {}]]]},)"
        R"({"class_name": "MultiplyBeta", "config": {"name": "b", "beta": 0.2}, "inbound_nodes": [[["a", 0, 0, {}]]]},)"
        R"({"class_name": "Add", "config": {"name": "s"}, "inbound_nodes": [[["b", 0, 0, {}], ["x", 0, 0, {}]]]},)"
        R"({"class_name": "Concatenate", "config": {"name": "j", "axis": 3}, "inbound_nodes": [[["s", 0, 0, {}], ["a", 0, 0, {}]]]}],)"
        R"("output_layers": [["j", 0, 0]]}}, "weightsManifest": [{"paths": ["w"], "weights": [)"
        R"({"name": "a/kernel", "shape": [1, 1, 3, 3], "dtype": "float32"}, {"name": "a/bias", "shape": [3], "dtype": "float32"}]}]})",
        12);
    const depix_fuzz::TinyRun run;
    save_checkpoint(file("checkpoint", "run.safetensors"), run.trainer, Progress<Sequential<Conv<1, 1, 1>>>{});
}

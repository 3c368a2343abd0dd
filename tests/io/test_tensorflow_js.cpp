// TensorFlow.js layers models: what is read, and what is refused.
#include <doctest/doctest.h>

#include <span>
#include <string>
#include <vector>

#include "depix/io/tensorflow_js.hpp"
#include "error_message.hpp"
#include "temporary_folder.hpp"

using namespace depix;

namespace {

// model.json and one file of floats 0, 1, 2 ...
struct Files {
    TemporaryFolder folder;

    TensorFile read(const std::string& json, std::size_t floats) const {
        std::vector<float> values;
        for (std::size_t i = 0; i < floats; ++i) values.push_back(static_cast<float>(i));
        write_file(folder / "shard.bin", std::as_bytes(std::span(values)));
        write_file(folder / "model.json", json);
        return read_tensorflow_js(folder / "model.json");
    }
    std::string refusal(const std::string& json, std::size_t floats = 0) const {
        return message([&] { read(json, floats); });
    }
};

std::string model(const std::string& layers, const std::string& weights, const std::string& path = "shard.bin") {
    return R"({"format": "layers-model", "modelTopology": {"keras_version": "2.10.0", "model_config":
        {"class_name": "Functional", "config": {"name": "net", "layers": [)" +
           layers + R"(]}}}, "weightsManifest": [{"paths": [")" + path + R"("], "weights": [)" + weights + "]}]}";
}
std::string weight(const std::string& name, const std::string& shape) {
    return R"({"name": ")" + name + R"(", "shape": [)" + shape + R"(], "dtype": "float32"})";
}
const std::string conv =
    R"({"class_name": "Conv2D", "name": "c", "config": {"rate": -1.5e-3, "seed": null, "bias": true},
    "inbound_nodes": [[["input", 0, 0, {}]]]})";

}  // namespace

TEST_CASE("kernels have PyTorch's order, and parameters have PyTorch's names") {
    const Files files;
    const std::string layers = conv + R"(, {"class_name": "Conv2DTranspose", "config": {"name": "t"}},
        {"class_name": "DepthwiseConv2D", "config": {"name": "d"}}, {"class_name": "PReLU", "config": {"name": "p"}},
        {"class_name": "Dense", "config": {"name": "e"}}, {"class_name": "BatchNormalization", "config": {"name": "b"}})";
    const TensorFile file = files.read(
        model(layers, weight("c/kernel", "1, 2, 2, 3") + "," + weight("c/bias", "3") + "," +
                          weight("t/kernel:0", "1, 1, 2, 3") + "," + weight("net/d/depthwise_kernel", "1, 1, 2, 2") +
                          "," + weight("p/alpha", "1, 1, 2") + "," + weight("e/kernel", "2, 3") + "," +
                          weight("b/gamma", "1") + "," + weight("b/moving_variance", "1")),
        12 + 3 + 6 + 4 + 2 + 6 + 2);
    CHECK(file.format == "TensorFlow.js");
    CHECK(file.names == std::vector<std::string>{"c.weight", "c.bias", "t.weight", "net/d.weight", "p.weight",
                                                 "e.weight", "b.weight", "b.running_var"});
    CHECK(file.shape("c.weight") == std::vector<std::size_t>{3, 2, 1, 2});
    // (H, W, In, Out) is w * 6 + i * 3 + o; PyTorch's order is o, i, w.
    CHECK(file.values<float>("c.weight") == std::vector<float>{0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11});
    CHECK(file.shape("t.weight") == std::vector<std::size_t>{3, 2, 1, 1});  // (In, Out)
    CHECK(file.values<float>("t.weight") == std::vector<float>{15, 18, 16, 19, 17, 20});
    CHECK(file.shape("net/d.weight") == std::vector<std::size_t>{4, 1, 1, 1});
    CHECK(file.shape("p.weight") == std::vector<std::size_t>{2});
    CHECK(file.values<float>("e.weight") == std::vector<float>{27, 30, 28, 31, 29, 32});
}

TEST_CASE("what depth_to_space reads is in PixelShuffle's order") {
    const Files files;
    for (const char* shuffle :
         {R"({"class_name": "PixelShuffle", "name": "s", "config": {"name": "s", "scale": 2},
              "inbound_nodes": [[["c_relu", 0, 0, {}]]]})",
          R"({"class_name": "TFOpLambda", "name": "s", "config": {"name": "s", "function": "nn.depth_to_space"},
              "inbound_nodes": [["c_relu", 0, 0, {"block_size": 2}]]})"}) {
        const TensorFile file = files.read(
            model(
                conv +
                    R"(, {"class_name": "Activation", "name": "c_relu", "config": {}, "inbound_nodes": [[["c", 0, 0, {}]]]},)" +
                    shuffle,
                weight("c/kernel", "1, 1, 1, 8") + "," + weight("c/bias", "8")),
            16);
        // Channel k * 2 + c becomes channel c * 4 + k.
        CHECK(file.values<float>("c.weight") == std::vector<float>{0, 2, 4, 6, 1, 3, 5, 7});
        CHECK(file.values<float>("c.bias") == std::vector<float>{8, 10, 12, 14, 9, 11, 13, 15});
    }
    CHECK(contains(files.refusal(model(R"({"class_name": "PixelShuffle", "config": {"name": "s"}})", "")),
                   "layer \"s\" (PixelShuffle) does not say its factor"));
}

TEST_CASE("half precision and numbers with a scale are read, and other storage is refused by name") {
    const Files files;
    const auto stored = [](const char* type, int count) {
        return model(conv, R"({"name": "c/bias", "shape": [)" + std::to_string(count) +
                               R"(], "dtype": "float32", "quantization": {"dtype": ")" + std::string(type) +
                               "\", \"scale\": 0.5, \"min\": -3}}");
    };
    CHECK(files.read(stored("float16", 2), 1).shape("c.bias") == std::vector<std::size_t>{2});
    // The floats 0 and 1 are the bytes 00 00 00 00 00 00 80 3F.
    CHECK(files.read(stored("uint8", 8), 2).values<float>("c.bias") ==
          std::vector<float>{-3, -3, -3, -3, -3, -3, 61, 28.5f});
    CHECK(files.read(stored("uint16", 4), 2).values<float>("c.bias") == std::vector<float>{-3, -3, -3, 8125});
    CHECK(contains(files.refusal(stored("uint8", 9), 2), "lies beyond the end of the weights"));
    CHECK(contains(files.refusal(stored("int4", 2), 1), "tensor \"c/bias\" is stored as int4, which is not read"));
}

TEST_CASE("TensorFlow.js models that are refused") {
    const Files files;
    CHECK(contains(files.refusal(R"({"format": "graph-model"})"), "is a graph model of TensorFlow.js"));
    CHECK(contains(files.refusal("{}"), "no layers model of TensorFlow.js"));
    CHECK(contains(files.refusal("{"), "JSON"));
    CHECK(contains(files.refusal(std::string(100, '[') + std::string(100, ']')), "a nesting of more than 64"));
    CHECK(contains(files.refusal(R"({"a": nul})"), "expected a number"));
    CHECK(contains(files.refusal(R"({"a": 1e999})"), "expected a number"));
    CHECK(contains(files.refusal(model(conv + "," + conv, "")), "has two layers called \"c\""));
    for (const char* path : {"../shard.bin", "/etc/passwd", "..", "a/b.bin", "c:x", ""})
        CHECK(contains(files.refusal(model(conv, weight("c/bias", "1"), path), 1),
                       "which is no name of a file beside it"));
    CHECK(contains(files.refusal(model(conv, weight("c/bias", "1"), "other.bin"), 1), "other.bin"));
    CHECK(contains(files.refusal(model(conv, weight("c/bias", "2")), 1), "of shape (2) lies beyond the end"));
    CHECK(contains(files.refusal(model(conv, weight("c/bias", "1")), 2), "4 bytes of weights are left over"));
    CHECK(contains(files.refusal(model(conv, weight("c/bias", "-1")), 2), "has a size that is not possible"));
    CHECK(contains(files.refusal(model(conv, weight("c/bias", "999999999, 999999999, 999999999")), 2),
                   "lies beyond the end"));
    CHECK(contains(files.refusal(model(conv, weight("c/bias", "1") + "," + weight("c/bias", "1")), 2), "comes twice"));
}

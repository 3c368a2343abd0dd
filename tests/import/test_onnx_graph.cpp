// Networks that export_onnx wrote become the same types again, with the same weights.
#include <algorithm>
#include <utility>
#include <vector>

#include "../../examples/depix/import/ncnn_files.hpp"
#include "../../examples/depix/import/read_graph.hpp"
#include "ncnn_rules.hpp"
#include "onnx_networks.hpp"
#include "type_check.hpp"

using namespace depix;

namespace {

// What ncnn_files writes is the same network with the same weights.
void check_ncnn(const tool::Graph& graph, const tool::NetworkType& network) {
    if (network.definitions.find("LayerNorm2d") != std::string::npos) {
        CHECK(contains(message([&] { tool::ncnn_files(graph); }), "becomes LayerNorm2d<8>: ncnn has no layer for it"));
        return;
    }
    const tool::NcnnFiles files = tool::ncnn_files(graph);
    CHECK(depix_test::broken_ncnn_rule(files.param) == "");
    const tool::NetworkType read =
        tool::network_type(tool::read_graph(NcnnFile::parse(files.param, files.bin, "net.param")), "Net");
    CHECK(depix_test::without_dense(read.definitions) == depix_test::without_dense(network.definitions));
    REQUIRE(read.tensors.size() == network.tensors.size());
    for (std::size_t i = 0; i < read.tensors.size(); ++i) CHECK(read.tensors[i].values == network.tensors[i].values);
}

template <class Network>
void check_round_trip(const std::string& type) {
    Model<Network> model;
    Random random(3);  // also where weights begin at 1
    for (float& value : model.parameters()) value = static_cast<float>(random.uniform(-1, 1));
    const std::vector<std::byte> bytes = onnx_bytes(model);
    const tool::Graph graph = tool::read_graph(OnnxFile::parse(bytes, "net.onnx"));
    const tool::NetworkType imported = tool::network_type(graph, "Net");
    depix_test::check_type<Network>(imported, type);
    check_ncnn(graph, imported);
    const auto tensors = std::as_const(model).tensors();
    REQUIRE(imported.tensors.size() == tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i)
        CHECK(std::equal(tensors[i].values.begin(), tensors[i].values.end(), imported.tensors[i].values.begin(),
                         imported.tensors[i].values.end()));
}
std::string refusal(const OnnxWriter& writer) {
    return message([&] { tool::read_graph(OnnxFile::parse(writer.bytes(), "net.onnx")); });
}

}  // namespace

TEST_CASE("networks that are written as ONNX and read again") {
#define ROUND_TRIP(name, ...) check_round_trip<__VA_ARGS__>(#__VA_ARGS__);
    EACH_ONNX_NETWORK(ROUND_TRIP)
}

TEST_CASE("ONNX that depix has no layer for is refused by the node's name") {
    const auto node = [](const char* type, const std::vector<std::string>& inputs,
                         const std::vector<OnnxAttributeValue>& attributes = {}) {
        OnnxWriter writer;
        writer.input("x", {"1", "3", "height", "width"});
        writer.weight("w", {3, 3, 1, 1}, std::vector<float>(9));
        writer.weight("map", {1, 3, 1, 2}, std::vector<float>(6));
        writer.weight("scales", {4}, std::vector<float>{1, 1, 1.5f, 1.5f});
        writer.node(type, inputs, {"y"}, attributes);
        writer.output("y", {"1", "3", "height", "width"});
        return refusal(writer);
    };
    CHECK(contains(node("LSTM", {"x"}), "net.onnx: node y (LSTM) has no layer in depix"));
    CHECK(contains(node("Div", {"x", "x"}), "node y (Div) divides one map by another"));
    CHECK(contains(node("Add", {"x", "map"}), "a constant of shape (1, 3, 1, 2), which is not one value a channel"));
    CHECK(contains(node("Conv", {"x", "x"}), "has no constant weight"));
    CHECK(contains(node("Conv", {"x", "w"}, {{"pads", std::vector<std::int64_t>{1, 1}}}),
                   "other dimensions than height"));
    CHECK(
        contains(node("Conv", {"x", "w"}, {{"strides", std::vector<std::int64_t>{0, 0}}}), "stride or dilation of 0"));
    CHECK(contains(node("Conv", {"x", "w"}, {{"group", std::int64_t{1} << 40}}), "has a number that is too large"));
    CHECK(contains(node("Resize", {"x", "", "scales"}), "scales by 1.5"));
    CHECK(contains(node("Softmax", {"x"}), "is taken along another axis than the channels"));
    CHECK(contains(node("Transpose", {"x"}), "has no order of its dimensions"));
    CHECK(contains(node("DepthToSpace", {"x"}, {{"blocksize", std::int64_t{2}}}),
                   "shuffles 3 channels by a factor of 2"));
    for (const char* type : {"Shape", "Reshape", "Gemm", "InstanceNormalization", "Concat", "Conv", "Relu", "Split"})
        CHECK(contains(node(type, {}), "computes with constants alone"));  // without inputs
    CHECK(contains(node("Identity", {"x"}), "the network's output is its input"));

    OnnxWriter old;
    old.opset = 8;
    old.input("x", {"1", "3", "height", "width"});
    old.node("Relu", {"x"}, {"y"});
    old.output("y", {"1", "3", "height", "width"});
    CHECK(contains(refusal(old), "has opset 8; graphs of 9 to 17 are read"));
    OnnxWriter two;
    two.input("x", {"1", "3", "height", "width"});
    two.input("z", {"1", "3", "height", "width"});
    two.output("x", {"1"});
    CHECK(contains(refusal(two), "has 2 inputs"));
}

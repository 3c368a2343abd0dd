// What `depix import --to ncnn` writes keeps ncnn's rules, and is the same network when it is read again: every network
// of depix/models that ncnn has layers for.
#include <algorithm>
#include <string>
#include <utility>

#include "../../examples/depix/import/ncnn_files.hpp"
#include "../../examples/depix/import/read_graph.hpp"
#include "depix/io/export_onnx.hpp"
#include "models.hpp"
#include "ncnn_rules.hpp"
#include "type_check.hpp"

using namespace depix;

namespace {

tool::Graph graph_of_bytes(const std::vector<std::byte>& onnx) {
    return tool::read_graph(OnnxFile::parse(onnx, "net.onnx"));
}

void check_files(const std::vector<std::byte>& onnx, const std::vector<NamedTensor<const float>>& tensors) {
    const tool::Graph graph = graph_of_bytes(onnx);
    const tool::NcnnFiles files = tool::ncnn_files(graph);
    CHECK(depix_test::broken_ncnn_rule(files.param) == "");
    const tool::NetworkType wanted = tool::network_type(graph, "Net");
    const tool::NetworkType read =
        tool::network_type(tool::read_graph(NcnnFile::parse(files.param, files.bin, "net.param")), "Net");
    // The same type with the same weights computes the same.
    CHECK(depix_test::without_dense(read.definitions) == depix_test::without_dense(wanted.definitions));
    CHECK(read.input == wanted.input);
    CHECK(read.output == wanted.output);
    REQUIRE(read.tensors.size() == wanted.tensors.size());
    REQUIRE(read.tensors.size() == tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        CHECK(read.tensors[i].name == wanted.tensors[i].name);
        CHECK(std::ranges::equal(read.tensors[i].values, wanted.tensors[i].values));
        CHECK(std::ranges::equal(read.tensors[i].values, tensors[i].values));
    }
}

template <class Network>
void check_network(const char* name) {
    CAPTURE(name);
    Model<Network> model;
    Random random(3);  // also where weights begin at 1
    for (float& value : model.parameters()) value = static_cast<float>(random.uniform(-1, 1));
    check_files(onnx_bytes(model), std::as_const(model).tensors());
}

}  // namespace

TEST_CASE("every network of depix/models that ncnn has layers for") {
#define CHECK_MODEL(name, ...) check_network<__VA_ARGS__>(#name);
    EACH_MODEL(CHECK_MODEL)
}

TEST_CASE("NAFNet is refused, because ncnn has no norm over channels") {
    const Model<NAFNet<4, Blocks<1>, 1, Blocks<1>>> model;
    const tool::Graph graph = graph_of_bytes(onnx_bytes(model));
    CHECK(message([&] { tool::ncnn_files(graph); }).find("ncnn has no layer for it") != std::string::npos);
}

TEST_CASE("ncnn's vectors are not taken for maps") {
    const auto refusal = [](const std::vector<std::byte>& onnx) {
        const tool::Graph graph = graph_of_bytes(onnx);
        return message([&] { tool::ncnn_files(graph); });
    };
    using Wide = Gate<GlobalAveragePool, Conv<3, 3>, Sigmoid>;
    CHECK(contains(refusal(onnx_bytes(Model<Sequential<Conv<3, 3>, Wide>>())), "ncnn's global pooling makes a vector"));
    using Large = Sequential<Conv<3, 3>, GlobalAveragePool, Upsample<2>>;
    CHECK(contains(refusal(onnx_bytes(Model<Large>())), "ncnn's global pooling makes a vector"));
}

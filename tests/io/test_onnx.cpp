// ONNX files: what is read, and what is refused.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "depix/io/onnx_file.hpp"
#include "depix/io/onnx_writer.hpp"
#include "error_message.hpp"

using namespace depix;

namespace {

using Bytes = std::vector<std::byte>;
using Integers = std::vector<std::int64_t>;

std::string refusal(const Bytes& bytes) {
    return message([&] { OnnxFile::parse(bytes, "x.onnx"); });
}
OnnxWriter small_network() {
    OnnxWriter writer;
    writer.input("picture", {"batch", "3", "height", "width"});
    writer.weight("0.weight", {2, 3, 1, 1}, std::vector<float>{1, 2, 3, 4, 5, 6});
    writer.integers("axes", {-1, 2});
    writer.node("Conv", {"picture", "0.weight"}, {"0"}, {{"kernel_shape", Integers{1, 1}}, {"group", std::int64_t{1}}});
    writer.node("LeakyRelu", {"0"}, {"1"}, {{"alpha", 0.2f}});
    writer.node("DepthToSpace", {"1"}, {"2"}, {{"mode", std::string("CRD")}});
    writer.output("2", {"batch", "2", "height", "width"});
    return writer;
}

// A model whose graph has one field.
Bytes with_field(std::uint32_t number, const detail::ProtobufWriter& content, bool with_opset = true) {
    detail::ProtobufWriter graph, operators, model;
    graph.message(number, content);
    operators.integer(2, 17);
    model.message(7, graph);
    if (with_opset) model.message(8, operators);
    return model.result();
}
struct TensorParts {
    std::vector<std::int64_t> shape{2};
    std::int64_t type = 1;
};
detail::ProtobufWriter tensor(const TensorParts& parts) {
    detail::ProtobufWriter message;
    for (const std::int64_t extent : parts.shape) message.integer(1, extent);
    message.integer(2, parts.type);
    message.text(8, "w");
    return message;
}
Bytes raw(std::initializer_list<int> values) {
    Bytes bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

}  // namespace

TEST_CASE("nodes, attributes, weights, inputs and outputs of an ONNX file") {
    const OnnxFile file = OnnxFile::parse(small_network().bytes());
    CHECK(file.opset == 17);
    CHECK(file.producer == "depix");
    REQUIRE(file.nodes.size() == 3);
    CHECK(file.nodes[0].type == "Conv");
    CHECK(file.nodes[0].inputs == std::vector<std::string>{"picture", "0.weight"});
    CHECK(file.nodes[0].attributes.at("kernel_shape").integers == Integers{1, 1});
    CHECK(file.nodes[0].attributes.at("group").integer == 1);
    CHECK(file.nodes[1].attributes.at("alpha").real == 0.2f);
    CHECK(file.nodes[2].attributes.at("mode").text == "CRD");
    REQUIRE(file.inputs.size() == 1);
    CHECK(file.inputs[0].shape == Integers{-1, 3, -1, -1});
    CHECK(file.outputs[0].name == "2");

    const TensorFile tensors = file.tensors();
    CHECK(tensors.names == std::vector<std::string>{"0.weight", "axes"});
    CHECK(tensors.shape("0.weight") == std::vector<std::size_t>{2, 3, 1, 1});
    CHECK(tensors.values<float>("0.weight") == std::vector<float>{1, 2, 3, 4, 5, 6});
    CHECK(tensors.values<std::int64_t>("axes") == Integers{-1, 2});
}

TEST_CASE("every way in which ONNX stores a tensor's values") {
    const auto read = [](const detail::ProtobufWriter& tensor) {
        return OnnxFile::parse(with_field(5, tensor)).initializers[0];
    };
    detail::ProtobufWriter floats = tensor({});
    const std::vector<float> values{1, -2};
    floats.bytes(4, std::as_bytes(std::span(values)));
    CHECK(read(floats).floats == values);
    detail::ProtobufWriter one_by_one = tensor({});
    for (const float value : values) one_by_one.real(4, value);
    CHECK(read(one_by_one).floats == values);
    detail::ProtobufWriter halves = tensor({.type = 10});
    halves.integer(5, 0x3C00);
    halves.integer(5, 0xC000);
    CHECK(read(halves).floats == values);
    detail::ProtobufWriter raw_halves = tensor({.type = 16});
    raw_halves.bytes(9, raw({0x80, 0x3F, 0x00, 0xC0}));
    CHECK(read(raw_halves).floats == values);
    detail::ProtobufWriter doubles = tensor({.type = 11});
    const std::vector<double> wide{1, -2};
    doubles.bytes(10, std::as_bytes(std::span(wide)));
    CHECK(read(doubles).floats == values);
    detail::ProtobufWriter packed = tensor({.type = 7});
    packed.bytes(7, raw({1, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}));
    CHECK(read(packed).integers == Integers{1, -2});
    detail::ProtobufWriter narrow = tensor({.type = 5});
    narrow.bytes(9, raw({1, 0, 0xFE, 0xFF}));
    CHECK(read(narrow).integers == Integers{1, -2});
    detail::ProtobufWriter empty = tensor({.shape = {0}});  // a Resize's missing region is written so
    CHECK(read(empty).floats.empty());
}

TEST_CASE("tensors that are refused, by name") {
    const auto refuse = [](const detail::ProtobufWriter& tensor) { return refusal(with_field(5, tensor)); };
    detail::ProtobufWriter external = tensor({}), entry;
    entry.text(1, "location");
    entry.text(2, "../../etc/passwd");
    external.message(13, entry);
    external.integer(14, 1);
    CHECK(
        contains(refuse(external), "x.onnx: tensor \"w\" lies in another file (../../etc/passwd), which is not read"));
    CHECK(contains(refuse(tensor({.type = 3})), "tensor \"w\" is of type int8, which is not read"));
    CHECK(contains(refuse(tensor({.type = 2})), "is of type uint8"));
    CHECK(contains(refuse(tensor({.type = 99})), "is of type float8"));
    CHECK(contains(refuse(tensor({})), "tensor \"w\" has 0 values for shape (2)"));
    CHECK(contains(refuse(tensor({.shape = {-1}})), "has a negative size, or more than 8"));
    CHECK(contains(refuse(tensor({.shape = {1, 1, 1, 1, 1, 1, 1, 1, 1}})), "more than 8"));
    const std::int64_t huge = std::int64_t{1} << 62;
    CHECK(contains(refuse(tensor({.shape = {huge, huge}})), "has 0 values for shape (4611686018427387904, "));
    detail::ProtobufWriter cut = tensor({});
    cut.bytes(9, raw({1, 2, 3, 4, 5}));
    CHECK(contains(refuse(cut), "ends inside a value"));
    detail::ProtobufWriter twice = tensor({});
    twice.real(4, 1);
    twice.bytes(9, raw({1, 2, 3, 4}));
    CHECK(contains(refuse(twice), "has its values twice"));
    detail::ProtobufWriter other = tensor({});
    other.integer(5, 1);
    CHECK(contains(refuse(other), "has integers for values of type float"));
    detail::ProtobufWriter packed = tensor({});
    packed.bytes(4, raw({1, 2, 3}));
    CHECK(contains(refuse(packed), "packed numbers of which the last is cut off"));
}

TEST_CASE("graphs that are refused") {
    CHECK(contains(refusal({}), "no ONNX file"));
    CHECK(contains(refusal(with_field(5, tensor({}), false)), "no version of the operators"));
    CHECK(contains(refusal(raw({0x80})), "byte 1 of a message: a number is cut off"));
    CHECK(contains(refusal(raw({0x3A, 0x7F, 0})), "a field of 127 bytes, of which 1 are there"));
    CHECK(contains(refusal(raw({0x3B})), "a field of a type that is not read"));
    CHECK(contains(refusal(raw({0x02})), "a field of number 0"));
    CHECK(
        contains(refusal(raw({8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 127})), "a number of more than 64 bits"));
    CHECK(contains(refusal(raw({0x38, 1})), "field 7 has another type than it should"));
    CHECK(contains(refusal(with_field(15, {})), "sparse tensors"));

    const auto refuse = [](const std::vector<std::pair<std::string, std::string>>& nodes) {
        OnnxWriter writer;
        writer.input("a", {"1"});
        for (const auto& [in, out] : nodes) writer.node("Relu", {in}, {out});
        return refusal(writer.bytes());
    };
    CHECK(contains(refuse({{"c", "b"}, {"b", "c"}}), "node b reads c, which nothing before it writes"));  // a cycle
    CHECK(contains(refuse({{"a", "b"}, {"a", "b"}}), "two nodes write b"));
    CHECK(contains(refuse({{"a", "a"}}), "two nodes write a"));

    // A graph inside of a node would be the way to endless nesting.
    detail::ProtobufWriter node, attribute, graph;
    attribute.text(1, "then_branch");
    attribute.message(6, graph);
    node.message(5, attribute);
    CHECK(contains(refusal(with_field(1, node)), "a node with a graph inside"));

    OnnxWriter twice = small_network();
    twice.weight("axes", {0}, {});
    CHECK(contains(refusal(twice.bytes()), "two initializers are called \"axes\""));
}

TEST_CASE("an ONNX file that is cut off anywhere is refused, or is a file whose last fields are missing") {
    const Bytes whole = small_network().bytes();
    for (std::size_t size = 0; size < whole.size(); ++size)
        message([&] { OnnxFile::parse(std::span(whole).first(size)); });  // throws nothing but Error
}

// ncnn's .param and .bin files: what is read, and what is refused.
#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "depix/io/ncnn_file.hpp"
#include "error_message.hpp"
#include "ncnn_for_tests.hpp"
#include "temporary_folder.hpp"

using namespace depix;
using ncnn_for_tests::Bin;

namespace {

std::string param(const std::string& lines) {
    std::size_t count = 0;
    for (const char character : lines) count += character == '\n' ? 1 : 0;
    return "7767517\n" + std::to_string(count) + " 9\n" + lines;
}
NcnnFile parse(const std::string& lines, const Bin& bin) { return NcnnFile::parse(param(lines), bin.bytes, "x.param"); }
std::string refusal(const std::string& text, const Bin& bin = {}) {
    return message([&] { NcnnFile::parse(text, bin.bytes, "x.param"); });
}

}  // namespace

TEST_CASE("weights of ncnn's layers have PyTorch's names, shapes and order") {
    const std::string lines =
        "Input data 0 1 a 0=8 1=8 2=2\n"
        "Convolution first 1 1 a b 0=1 1=1 5=1 6=2 9=2 -23310=1,0.1\n"
        "PReLU second 1 1 b c 0=1\n"
        "Deconvolution third 1 1 c d 0=2 1=2 3=2 6=8 11=2\n"
        "BatchNorm fourth 1 1 d e 0=2 1=1e-3\n"
        "InnerProduct fifth 1 1 e f 0=3 1=1 2=6\n";
    Bin bin;
    bin.tag(0).floats({1, 2}).floats({3});
    bin.floats({0.25f});
    bin.tag(0x01306B47).halves({1, 2, 3, 4, 5, 6, 7, 8});  // (Out, In, KH, KW) = (2, 1, 2, 2)
    bin.floats({1, 2}).floats({3, 4}).floats({5, 6}).floats({7, 8});
    bin.tag(0x01306B47).halves({1, 2, 3, 4, 5, 6}).floats({7, 8, 9});
    const NcnnFile file = parse(lines, bin);
    REQUIRE(file.layers.size() == 6);
    CHECK(file.layers[1].parameters.at(10) == std::vector<double>{0.1});
    CHECK(file.layers[1].integer(9, 0) == 2);
    CHECK(file.layers[1].integer(77, -5) == -5);
    CHECK(file.layers[3].inputs == std::vector<std::string>{"c"});

    const TensorFile tensors = file.tensors();
    CHECK(tensors.format == "ncnn");
    CHECK(tensors.names == std::vector<std::string>{"first.weight", "first.bias", "second.weight", "third.weight",
                                                    "fourth.weight", "fourth.running_mean", "fourth.running_var",
                                                    "fourth.bias", "fifth.weight", "fifth.bias"});
    CHECK(tensors.shape("first.weight") == std::vector<std::size_t>{1, 2, 1, 1});
    CHECK(tensors.shape("third.weight") == std::vector<std::size_t>{1, 2, 2, 2});
    CHECK(tensors.values<float>("third.weight") == std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(tensors.values<float>("fourth.running_var") == std::vector<float>{5, 6});
    CHECK(tensors.shape("fifth.weight") == std::vector<std::size_t>{3, 2});
    CHECK(tensors.values<float>("fifth.bias") == std::vector<float>{7, 8, 9});
}

TEST_CASE("ncnn's transposed convolutions have In and Out in the other order, in each group") {
    Bin bin;
    bin.tag(0).floats({1, 2, 3, 4, 5, 6});  // Out 3, In 2, one tap
    CHECK(parse("Input i 0 1 a\nDeconvolution d 1 1 a b 0=3 1=1 6=6\n", bin).tensors().values<float>("d.weight") ==
          std::vector<float>{1, 3, 5, 2, 4, 6});
    Bin grouped;
    grouped.tag(0).floats({1, 2, 3, 4, 5, 6, 7, 8});  // two groups of Out 2, In 2
    const TensorFile tensors =
        parse("Input i 0 1 a\nDeconvolutionDepthWise d 1 1 a b 0=4 1=1 6=8 7=2\n", grouped).tensors();
    CHECK(tensors.shape("d.weight") == std::vector<std::size_t>{4, 2, 1, 1});
    CHECK(tensors.values<float>("d.weight") == std::vector<float>{1, 3, 2, 4, 5, 7, 6, 8});
}

TEST_CASE("either of ncnn's two files finds the other") {
    const TemporaryFolder folder;
    std::ofstream(folder / "n.param") << param("Input i 0 1 a\nPReLU p 1 1 a b 0=1\n");
    Bin bin;
    bin.floats({0.5f});
    std::ofstream(folder / "n.bin", std::ios::binary).write(reinterpret_cast<const char*>(bin.bytes.data()), 4);
    for (const char* name : {"n.param", "n.bin"})
        CHECK(NcnnFile::read(folder / name).tensors().values<float>("p.weight") == std::vector<float>{0.5f});
    std::ofstream(folder / "alone.param") << param("Input i 0 1 a\n");
    CHECK(contains(message([&] { NcnnFile::read(folder / "alone.param"); }), "alone.bin"));
    CHECK(contains(message([&] { NcnnFile::read(folder / "n.pth"); }), "are called .param and .bin"));
}

TEST_CASE("arrays as ncnn writes them now, without a length") {
    const NcnnFile file = NcnnFile::parse("7767517\n1 1\nInput i 0 1 a 0=1,2 -23301=2,3,4 2=2.5, 3=-7\n", {});
    const auto& parameters = file.layers[0].parameters;
    CHECK(parameters.at(0) == std::vector<double>{1, 2});
    CHECK(parameters.at(1) == std::vector<double>{3, 4});
    CHECK(parameters.at(2) == std::vector<double>{2.5});
    CHECK(parameters.at(3) == std::vector<double>{-7});
}

TEST_CASE("what ncnn's text may not be") {
    CHECK(refusal("hello") == "x.param: line 1: no .param file of ncnn's: the first line is not 7767517");
    CHECK(contains(refusal("\x5D\x86\x76\x00more"), "a binary .param file"));
    CHECK(contains(refusal("7767517\n"), "the second line is not two numbers"));
    CHECK(contains(refusal("7767517\n2000000000 1\n"), "claims 2000000000 layers"));
    CHECK(contains(refusal("7767517\n-1 1\n"), "claims -1 layers"));
    CHECK(contains(refusal("7767517\n2 1\nInput i 0 1 a\n"), "claims 2 layers and has 1"));
    CHECK(contains(refusal("7767517\n1 1\nInput i 0\n"), "a layer has a type"));
    CHECK(contains(refusal("7767517\n1 1\nInput i 0 2000000000 a\n"), "has fewer maps than it claims"));
    CHECK(contains(refusal("7767517\n1 1\nInput i 0 1 a 0\n"), "no parameter: 0"));
    CHECK(contains(refusal("7767517\n1 1\nInput i 0 1 a 0=1,,\n"), "no number: "));
    CHECK(contains(refusal("7767517\n1 1\nInput i 0 1 a 0=,\n"), "no number: "));
    CHECK(contains(refusal("7767517\n1 1\nInput i 0 1 a -23300=1,\n"), "no number: "));
    CHECK(contains(refusal("7767517\n1 1\nInput i 0 1 a -23300=3,1,2\n"), "another length than it claims"));
    CHECK(contains(refusal("7767517\n1 1\nInput i 0 1 a 0=1 0=2\n"), "has parameter 0 twice"));
    CHECK(contains(refusal("7767517\n1 1\nInput i 0 1 a 0=1e999\n"), "no number: 1e999"));
    CHECK(contains(refusal("7767517\n2 1\nInput i 0 1 a\nInput i 0 1 b\n"), "two layers are called i"));
    CHECK(contains(refusal("7767517\n2 1\nInput i 0 1 a\nReLU r 1 1 a a\n"), "two layers write the map a"));
    // A cycle needs a map that is read before it is written.
    CHECK(
        contains(refusal("7767517\n2 1\nReLU r 1 1 b a\nReLU s 1 1 a b\n"), "reads b, which no layer above it writes"));
}

TEST_CASE("what ncnn's weights may not be") {
    const std::string conv = param("Input i 0 1 a\nConvolution c 1 1 a b 0=1 1=1 5=1 6=2\n");
    const auto tagged = [](std::uint32_t tag) {
        Bin bin;
        bin.tag(tag).floats({1, 2, 3});
        return bin;
    };
    CHECK(refusal(conv, tagged(0)) == "nothing was thrown");
    CHECK(contains(refusal(conv, tagged(0x000D4B38)), "layer c (Convolution) is stored as int8, which is not read"));
    CHECK(contains(refusal(conv, tagged(0x00000101)), "numbers of a table of 256 values"));
    CHECK(contains(refusal(conv, {}), "needs 1 values; the .bin file has 0 left"));
    CHECK(contains(refusal(conv, Bin().tag(0).floats({1, 2})), "needs 1 values"));
    CHECK(contains(refusal(conv, tagged(0).floats({4})), "4 bytes of weights are left over"));
    const auto line = [&](const std::string& text) {
        return refusal(param("Input i 0 1 a\n" + text + "\n"), tagged(0));
    };
    CHECK(contains(line("Convolution c 1 1 a b 0=1 1=1 6=2000000000"), "needs 2000000000 values"));
    CHECK(contains(line("Convolution c 1 1 a b 0=2000000000 1=2000000000 11=2000000000 6=2"), "which does not fit"));
    CHECK(contains(line("Convolution c 1 1 a b 0=-1 1=1 6=2"), "has a size of -1"));
    CHECK(contains(line("Convolution c 1 1 a b 0=1 1=1 6=2 8=1"), "is stored as int8"));
    CHECK(contains(line("ConvolutionDepthWise c 1 1 a b 0=2 1=1 6=2 7=3"), "in 3 groups"));
    CHECK(contains(line("MemoryData c 0 1 b 0=2000000000 1=2000000000 2=2000000000"), "is larger than the .bin file"));
    CHECK(contains(line("PReLU c 1 1 a b"), "has a size of 0"));
    CHECK(contains(line("LSTM c 1 1 a b 0=1"), "layer c (LSTM) is of a type that depix does not know"));
}

TEST_CASE("the real files of ncnn have as many parameters as their networks") {
    const std::string zoo = std::string(DEPIX_SHARED_DIR) + "/weights/zoo/";
    if (!std::ifstream(zoo + "upconv_7_scale2.0x.param")) {
        MESSAGE("skipped: no " << zoo);
        return;
    }
    const auto parameters = [&](const char* name) {
        std::size_t count = 0;
        const TensorFile tensors = NcnnFile::read(zoo + name).tensors();
        for (const auto& [tensor, entry] : tensors.entries) count += *element_count(entry.shape);
        return count;
    };
    CHECK(parameters("upconv_7_scale2.0x.bin") == 552483);
    CHECK(parameters("realesr-animevideov3-x4.param") == 621424);
    CHECK(parameters("realesrgan-x4plus-anime.bin") == 4467779);
}

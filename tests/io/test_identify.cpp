// identify: the networks of models/ and the names of their authors' files are recognised by names and shapes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/inference.hpp"
#include "depix/io/identify.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/kernels/reference/reference.hpp"
#include "depix/model.hpp"
#include "depix/models/binarizer.hpp"
#include "depix/models/compact.hpp"
#include "depix/models/de_gan.hpp"
#include "depix/models/de_gan_pytorch.hpp"
#include "depix/models/denoiser.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/dncnn.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/drunet.hpp"
#include "depix/models/edsr.hpp"
#include "depix/models/enlarger.hpp"
#include "depix/models/ffdnet.hpp"
#include "depix/models/inpainter.hpp"
#include "depix/models/ircnn.hpp"
#include "depix/models/nafnet.hpp"
#include "depix/models/page_cleaner.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "depix/models/rrdb.hpp"
#include "depix/models/rrdbnet.hpp"
#include "depix/models/span.hpp"
#include "depix/models/srresnet.hpp"
#include "depix/models/text_restorer.hpp"
#include "depix/models/upconv_7.hpp"
#include "depix/random.hpp"

using namespace depix;

namespace {

/// A list of names and shapes; the values do not matter.
TensorFile file_of(const std::vector<std::pair<std::string, std::vector<std::size_t>>>& tensors) {
    TensorFile file("weights.pth", "PyTorch");
    for (const auto& [name, shape] : tensors) file.add(name, DataType::Other, shape, {});
    return file;
}

/// The names and shapes of a network's weights.
template <class Network>
TensorFile file_of_network(const NameMap& map = {}) {
    TensorFile file("weights.pth", "PyTorch");
    Model<Network> model;
    for (const auto& tensor : model.tensors())
        file.add(map ? map(tensor.name) : tensor.name, DataType::Other, tensor.shape, {});
    return file;
}

template <class Network>
void check(const std::string& type, int scale, int channels = 3, const NameMap& map = {}) {
    CAPTURE(type);
    const NetworkDescription found = identify(file_of_network<Network>(map));
    CHECK(found.type == type);
    CHECK(found.scale == scale);
    CHECK(found.in_channels == channels);
    CHECK(found.out_channels == Network::out_channels(Network::in_channels));
    CHECK(found.type.find(found.architecture) != std::string::npos);
    CHECK(found.noise_map == (Network::in_channels == channels + 1));
}

}  // namespace

TEST_CASE("identify: networks that enlarge") {
    check<RRDBNet<8, 4, 2>>("RRDBNet<8, 4, 2>", 4);
    check<RRDBNet<8, 4, 2, 1>>("RRDBNet<8, 4, 2, 1>", 4, 1);
    check<UnshuffledRRDBNet<2, 8, 4, 1>>("UnshuffledRRDBNet<2, 8, 4, 1>", 2);
    check<UnshuffledRRDBNet<4, 8, 4, 1>>("UnshuffledRRDBNet<4, 8, 4, 1>", 1);
    check<RRDB<4, 2>>("RRDB<4, 2>", 4);
    check<Compact<8, 3, 4>>("Compact<8, 3, 4>", 4);
    check<Compact<8, 1, 1, 1>>("Compact<8, 1, 1, 1>", 1, 1);
    check<SPAN<2, 8>>("SPAN<2, 8>", 2);
    check<EDSR<4, 8, 2>>("EDSR<4, 8, 2>", 4);
    check<EDSR<3, 8, 1>>("EDSR<3, 8, 1>", 3);
    check<RCAN<2, 8, 2, 3, 4>>("RCAN<2, 8, 2, 3, 4>", 2);
    check<SRResNet<8, 2>>("SRResNet<8, 2>", 4);
    check<PaddedUpConv7>("PaddedUpConv7", 2);
}

TEST_CASE("identify: networks that restore") {
    check<DnCNN<1, 5, 8>>("DnCNN<1, 5, 8>", 1, 1);
    check<IRCNN<3, 8>>("IRCNN<3, 8>", 1);
    check<FFDNet<3, 4, 8>>("FFDNet<3, 4, 8>", 1);
    check<DRUNet<1, 4, 2>>("DRUNet<1, 4, 2>", 1, 1);
    check<NAFNet<4, Blocks<1, 2>, 1, Blocks<3, 1>>>("NAFNet<4, Blocks<1, 2>, 1, Blocks<3, 1>>", 1);
    check<PixelShuffleUNet<4, 3, 2>>("PixelShuffleUNet<4, 3, 2>", 1);
    check<DeGanGenerator<2>>("DeGanGenerator<2>", 1, 1);
    check<DeGanGenerator<2, std::ratio<1, 2>, 16>>("DeGanGenerator<2, std::ratio<1, 2>, 16>", 1, 1);
    check<DeGanPyTorchGenerator<2>>("DeGanPyTorchGenerator<2>", 1, 1);
    check<DepixelizerOfWidth<2, 1>>("DepixelizerOfWidth<2, 1>", 1, 1);
    check<NotebookDepixelizer>("NotebookDepixelizer", 1);
    check<DocumentsAutoencoder>("DocumentsAutoencoder", 1, 1);
    check<Denoiser>("Denoiser", 1);
    check<Inpainter>("Inpainter", 1, 4);
    check<Enlarger<4>>("Enlarger<4>", 4);
    check<Enlarger<3, 4, 2>>("Enlarger<3, 4, 2>", 3);
    check<PageCleaner>("PageCleaner", 1, 1);
    check<Binarizer>("Binarizer", 1, 9);
    check<TextRestorer>("TextRestorer", 1);
}

TEST_CASE("identify: ESRGAN's older names are mapped to RRDBNet's") {
    const auto older = rename({{"body.0.rdb1", "RRDB_trunk.0.RDB1"},
                               {"body.0.rdb2", "RRDB_trunk.0.RDB2"},
                               {"body.0.rdb3", "RRDB_trunk.0.RDB3"},
                               {"conv_body", "trunk_conv"},
                               {"conv_up1", "upconv1"},
                               {"conv_up2", "upconv2"},
                               {"conv_hr", "HRconv"}});
    const auto oldest = [](const std::string& name) {
        const std::size_t dot = name.rfind('.');
        if (name.starts_with("body.")) return "model.1.sub.0.RDB" + name.substr(10, dot - 10) + ".0" + name.substr(dot);
        return rename({{"conv_first", "model.0"},
                       {"conv_body", "model.1.sub.1"},
                       {"conv_up1", "model.3"},
                       {"conv_up2", "model.6"},
                       {"conv_hr", "model.8"},
                       {"conv_last", "model.10"}})(name);
    };
    for (const NameMap& map : {NameMap(older), NameMap(oldest)}) {
        const TensorFile file = file_of_network<RRDBNet<8, 4, 1>>(map);
        const NetworkDescription found = identify(file);
        CHECK(found.type == "RRDBNet<8, 4, 1>");
        for (const std::string& name : file.names)
            CHECK(file_of_network<RRDBNet<8, 4, 1>>().contains(found.name_map(name)));
    }
    // A network that doubles once, and one that enlarges eight times, have no type of depix's.
    const auto of_scale = [](int doublings) {
        std::vector<std::pair<std::string, std::vector<std::size_t>>> tensors{
            {"model.0.weight", {64, 3, 3, 3}}, {"model.1.sub.0.RDB1.conv1.0.weight", {32, 64, 3, 3}}};
        for (int i = 1; i <= doublings; ++i)
            tensors.push_back({"model." + std::to_string(3 * i) + ".weight", {64, 64, 3, 3}});
        tensors.push_back({"model." + std::to_string(3 * doublings + 2) + ".weight", {64, 64, 3, 3}});
        tensors.push_back({"model." + std::to_string(3 * doublings + 4) + ".weight", {3, 64, 3, 3}});
        return identify(file_of(tensors));
    };
    for (const int doublings : {0, 1, 2, 3}) {
        CHECK(of_scale(doublings).scale == 1 << doublings);
        CHECK(of_scale(doublings).type.empty() == (doublings != 2));
    }
}

TEST_CASE("identify: SPAN's files of training are folded into what runs") {
    // One layer from 2 to 1 channels, by 3 and 2; the rest has the right names.
    TensorFile file = file_of_network<SPAN<4, 8>>();
    Random random(1);
    std::map<std::string, std::vector<double>> values;
    const auto add = [&](const std::string& name, const std::vector<std::size_t>& shape) {
        std::vector<double>& list = values[name];
        list.resize(*element_count(shape));
        for (double& value : list) value = random.uniform() - 0.5;
        file.add("layer." + name, DataType::F64, shape, std::as_bytes(std::span(list)));
    };
    const std::vector<std::pair<std::string, std::vector<std::size_t>>> convolutions{{"conv.0", {3, 2, 1, 1}},
                                                                                     {"conv.1", {2, 3, 3, 3}},
                                                                                     {"conv.2", {1, 2, 1, 1}},
                                                                                     {"sk", {1, 2, 1, 1}},
                                                                                     {"eval_conv", {1, 2, 3, 3}}};
    for (const auto& [name, shape] : convolutions) {
        add(name + ".weight", shape);
        add(name + ".bias", {shape[0]});
    }
    file.add("no_norm", DataType::Other, {}, {});

    const NetworkDescription found = identify(file);
    CHECK(found.type == "SPAN<4, 8>");
    const TensorFile folded = prepare_weights(file, found);
    CHECK(folded.names.size() == file_of_network<SPAN<4, 8>>().names.size() + 2);
    const std::vector<double> weight = folded.values<double>("layer.eval_conv.weight");
    // A patch of 3x3 pixels goes through the convolutions one after the other, and through the folded one.
    std::vector<double> patch(2 * 9);
    for (double& value : patch) value = random.uniform();
    double expected = values["conv.2.bias"][0] + values["sk.bias"][0],
           got = folded.values<double>("layer.eval_conv.bias")[0];
    for (std::size_t m = 0; m < 2; ++m) {
        double inner = values["conv.1.bias"][m];
        for (std::size_t n = 0; n < 3; ++n)
            for (std::size_t k = 0; k < 9; ++k)
                inner += values["conv.1.weight"][(m * 3 + n) * 9 + k] *
                         (values["conv.0.bias"][n] + values["conv.0.weight"][n * 2] * patch[k] +
                          values["conv.0.weight"][n * 2 + 1] * patch[9 + k]);
        expected += values["conv.2.weight"][m] * inner;
    }
    for (std::size_t i = 0; i < 2; ++i) {
        expected += values["sk.weight"][i] * patch[i * 9 + 4];
        for (std::size_t k = 0; k < 9; ++k) got += weight[i * 9 + k] * patch[i * 9 + k];
    }
    CHECK(got == doctest::Approx(expected).epsilon(1e-12));  // both sum some 100 products in double
    file.add("other.sk.weight", DataType::F64, {0, 0, 1, 1}, {});
    file.add("other.eval_conv.weight", DataType::F64, {0, 0, 1, 1}, {});
    CHECK_THROWS_AS(fold_span(file), FileError);
    // No channels between the convolutions.
    TensorFile empty("span.pth", "PyTorch");
    const std::pair<const char*, std::vector<std::size_t>> layers[] = {{"eval_conv", {1, 1, 3, 3}},
                                                                       {"sk", {1, 1, 1, 1}},
                                                                       {"conv.0", {0, 1, 1, 1}},
                                                                       {"conv.1", {2, 0, 3, 3}},
                                                                       {"conv.2", {1, 2, 1, 1}}};
    for (const auto& [layer, shape] : layers) {
        const std::string name = std::string("layer.") + layer;
        empty.add(name + ".weight", DataType::F32, shape, std::vector<std::byte>(4 * *element_count(shape)));
        empty.add(name + ".bias", DataType::F32, {shape[0]}, std::vector<std::byte>(4 * shape[0]));
    }
    CHECK_THROWS_AS(fold_span(empty), FileError);
}

TEST_CASE("identify: SPAN's files say whether the input is centred") {
    const SafetensorsFile golden =
        SafetensorsFile::read(std::string(DEPIX_SOURCE_DIR) + "/tests/golden/span_inputs.safetensors");
    Tensor<double> picture(1, {3, 5, 7});
    picture.data = golden.values<double>("input");
    for (const bool centred : {true, false}) {
        TensorFile file("span.pth", "PyTorch");
        for (const std::string& full_name : golden.names) {
            if (!full_name.starts_with("w.")) continue;
            const std::string name = full_name.substr(2);
            file.add(name, DataType::F32, golden.shape(full_name), golden.bytes(full_name));
            if (!name.ends_with(".sk.weight")) continue;
            // Each layer as it ran when it was last made: out of date.
            file.add(name.substr(0, name.size() - 9) + "eval_conv.weight", DataType::F32, {3, 3, 3, 3},
                     std::vector<std::byte>(4 * 81));
        }
        if (!centred) file.add("no_norm", DataType::F32, {1}, std::vector<std::byte>(4));

        const NetworkDescription found = identify(file);
        CHECK(found.type == "SPAN<4, 3>");
        CHECK(found.note.find(centred ? "(picture - mean) * 255" : "as it is") != std::string::npos);
        const TensorFile weights = prepare_weights(file, found);
        CHECK(weights.metadata.contains("no_norm") == !centred);
        Model<SPAN<4, 3>, double> model;
        load(model, weights);
        Tensor<double> input = picture;
        const double mean[] = {0.4488f, 0.4371f, 0.4040f};
        for (std::size_t i = 0; centred && i < input.data.size(); ++i)
            input.data[i] = (input.data[i] - mean[i / 35]) * 255;
        const Tensor<double> output = Inference<SPAN<4, 3>, Reference, double>{model}(input);
        const std::vector<double> exact = golden.values<double>(centred ? "centred_f64" : "no_norm_f64");
        REQUIRE(output.data.size() == exact.size());
        double difference = 0, largest = 0;
        for (std::size_t i = 0; i < exact.size(); ++i) {
            difference = std::max(difference, std::fabs(output.data[i] - exact[i]));
            largest = std::max(largest, std::fabs(exact[i]));
        }
        CHECK(difference < 1e-13 * largest);  // both round some fifty times, by 1e-16
    }
}

TEST_CASE("identify: an unknown network gets what was looked for, and the tensors' table") {
    const TensorFile file = file_of({{"layers.0.attn.qkv.weight", {540, 180}}, {"conv_first.weight", {180, 3, 3, 3}}});
    CHECK_FALSE(find_network(file).has_value());
    std::string message;
    try {
        identify(file);
    } catch (const FileError& error) {
        message = error.what();
    }
    CHECK(message.starts_with("weights.pth: holds the weights of no network that depix knows."));
    CHECK(message.find("  DRUNet: m_head.weight") != std::string::npos);
    CHECK(message.find("The file has 2 tensors:\n  layers.0.attn.qkv.weight  -     (540, 180)\n") != std::string::npos);
    // Extents that are 0, huge, or do not go together are no network, and no crash.
    const std::size_t huge = std::size_t{1} << 62;
    for (const std::size_t wrong : {std::size_t{0}, std::size_t{5}, huge}) {
        CHECK_FALSE(find_network(file_of({{"body.0.weight", {wrong, wrong, 3, 3}},
                                          {"body.1.weight", {wrong}},
                                          {"body.2.weight", {7, wrong, 3, 3}}}))
                        .has_value());
        CHECK_FALSE(find_network(file_of({{"model.0.weight", {wrong, 9, 3, 3}},
                                          {"model.2.weight", {wrong, wrong, 3, 3}},
                                          {"model.4.weight", {4, wrong, 3, 3}}}))
                        .has_value());
        CHECK_FALSE(find_network(file_of({{"conv_1.eval_conv.weight", {8, wrong, 3, 3}},
                                          {"block_1.c1_r.eval_conv.weight", {8, 8, 3, 3}},
                                          {"upsampler.0.weight", {wrong, 8, 3, 3}}}))
                        .has_value());
        // An input that is shuffled by 4, in a network that does not enlarge: a scale of 1/4.
        CHECK_FALSE(find_network(file_of({{"model.0.weight", {8, wrong == 5 ? 48 : wrong, 3, 3}},
                                          {"model.1.sub.0.RDB1.conv1.0.weight", {8, 8, 3, 3}},
                                          {"model.4.weight", {3, 8, 3, 3}}}))
                        .has_value());
    }
    // An unknown type's shape may be of any size, and its values are refused before there is memory for them.
    const TensorFile other = file_of({{"large", {huge, 1}}, {"overflow", {huge, huge}}});
    CHECK_THROWS_AS(other.values<float>("large"), FileError);
    CHECK_THROWS_AS(other.values<float>("overflow"), FileError);
}

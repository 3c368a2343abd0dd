// Graphs of ncnn's, drawn here, become the types that are written beside them: every operator and every kind of join.
#include <map>
#include <vector>

#include "../../examples/depix/import/graph_builder.hpp"
#include "../../examples/depix/import/read_graph.hpp"
#include "../../examples/depix/import/write_project.hpp"
#include "../io/ncnn_for_tests.hpp"
#include "type_check.hpp"

using namespace depix;

namespace {

// The layers after "Input", with weights of zeros as many as they need.
NcnnFile ncnn(const std::string& layers, std::size_t floats) {
    std::size_t count = 1;
    for (const char character : layers) count += character == '\n' ? 1 : 0;
    return NcnnFile::parse("7767517\n" + std::to_string(count) + " 99\nInput input 0 1 x 2=3\n" + layers,
                           std::vector<std::byte>(4 * floats), "net.param");
}
tool::NetworkType network(const std::string& layers, std::size_t floats) {
    return tool::network_type(tool::read_graph(ncnn(layers, floats)), "Net");
}
std::string refusal(const std::string& layers, std::size_t floats) {
    return message([&] { network(layers, floats); });
}

// TensorFlow.js: layers, and weights of zeros, {"LAYER/kernel", "3, 3, 3, 4"}.
tool::NetworkType keras(const std::string& layers, const std::map<std::string, std::string>& weights,
                        const std::string& output = R"([["y", 0, 0]])", const std::string& kind = "Functional") {
    std::string manifest;
    for (const auto& [name, shape] : weights)
        manifest += std::string(manifest.empty() ? "" : ",") + R"({"name": ")" + name +
                    R"(", "dtype": "float32", "shape": [)" + shape + "]}";
    const std::string json = R"({"modelTopology": {"class_name": ")" + kind + R"(", "config": {"layers": [)" + layers +
                             R"(], "output_layers": )" + output +
                             R"(}}, "weightsManifest": [{"paths": ["w"], "weights": [)" + manifest + "]}]}";
    std::size_t floats = 0;
    for (const auto& item : weights) {
        std::size_t count = 1;
        for (std::size_t i = 0; i < item.second.size(); i = item.second.find(',', i) + 1) {
            count *= std::stoul(item.second.substr(i));
            if (item.second.find(',', i) == std::string::npos) break;
        }
        floats += count;
    }
    JsonReader reader(json, "model.json");
    TensorflowJsFile file{"model.json", detail::read_json(reader), {}};
    const auto shard = [&](const std::string&) { return std::vector<std::byte>(4 * floats); };
    file.weights = detail::TensorflowJsReader(file.model, "model.json", shard, false).read();
    return tool::network_type(tool::read_graph(file), "Net");
}
// A layer that reads others: name, class, what it is told besides, and whom it reads.
std::string keras_layer(const std::string& name, const std::string& type, const std::string& told,
                        const std::vector<std::string>& inputs) {
    std::string nodes;
    for (const std::string& input : inputs) nodes += (nodes.empty() ? "[\"" : ", [\"") + input + "\", 0, 0, {}]";
    return R"({"class_name": ")" + type + R"(", "name": ")" + name + R"(", "config": {"name": ")" + name + "\"" +
           (told.empty() ? "" : ", " + told) + R"(}, "inbound_nodes": [)" + (nodes.empty() ? "" : "[" + nodes + "]") +
           "]}";
}

}  // namespace

TEST_CASE("layers models of TensorFlow.js") {
    const std::string picture =
        keras_layer("x", "InputLayer", R"("batch_input_shape": [null, null, null, 3])", {}) + ",";
    const std::string same = R"("padding": "same", "strides": [1, 1], "dilation_rate": [1, 1], "activation": "relu")";
    CHECK_TYPE(
        keras(picture + keras_layer("a", "Conv2D", same, {"x"}) + "," +
                  keras_layer("b", "Conv2D", R"("padding": "same", "activation": "linear")", {"a"}) + "," +
                  keras_layer("c", "MultiplyBeta", R"("beta": 0.2)", {"b"}) + "," +
                  keras_layer("d", "Add", "", {"c", "a"}) + "," +
                  keras_layer("e", "Activation", R"("activation": "tanh")", {"d"}) + "," +
                  keras_layer("f", "Concatenate", R"("axis": 3)", {"d", "e"}) + "," +
                  keras_layer("g", "UpSampling2D", R"("size": [2, 2], "interpolation": "nearest")", {"f"}) + "," +
                  keras_layer("h", "Conv2D", R"("padding": "valid")", {"g"}) + "," +
                  keras_layer("y", "PixelShuffle2x", R"("scale": 2)", {"h"}),
              {{"a/kernel", "3, 3, 3, 4"}, {"a/bias", "4"}, {"b/kernel", "3, 3, 4, 4"}, {"h/kernel", "1, 1, 8, 12"}}),
        Sequential<Conv<3, 4>, ReLU, Residual<Conv<4, 4, 3, NoBias>, Scale<std::ratio<1, 5>>>, SkipConcat<Tanh>,
                   Upsample<2>, Conv<8, 12, 1, NoBias>, PixelShuffle<2>>);
    CHECK_TYPE(keras(keras_layer("a", "Conv2D", R"("padding": "same", "strides": [2, 2])", {}) + "," +
                         keras_layer("n", "BatchNormalization", R"("epsilon": 0.001)", {}) + "," +
                         keras_layer("p", "PReLU", R"("shared_axes": [1, 2])", {}) + "," +
                         keras_layer("d", "DepthwiseConv2D", R"("padding": "same", "activation": "relu6")", {}) + "," +
                         keras_layer("z", "ZeroPadding2D", R"("padding": [[1, 1], [1, 1]])", {}) + "," +
                         keras_layer("v", "Conv2D", R"("padding": "valid")", {}) + "," +
                         keras_layer("y", "Cropping2D", R"("cropping": [[1, 2], [1, 2]])", {}),
                     {{"a/kernel", "3, 3, 3, 4"},
                      {"n/gamma", "4"},
                      {"n/beta", "4"},
                      {"n/moving_mean", "4"},
                      {"n/moving_variance", "4"},
                      {"p/alpha", "1, 1, 4"},
                      {"d/depthwise_kernel", "3, 3, 4, 1"},
                      {"v/kernel", "3, 3, 4, 3"}},
                     "[]", "Sequential"),
               Sequential<Conv<3, 4, 3, Stride<2>, Padding<0, 1>, NoBias>, BatchNorm<4, Epsilon<std::ratio<1, 1000>>>,
                          PReLU<4>, Conv<4, 4, 3, NoBias, Groups<4>>, ReLU6, Conv<4, 3, 3, NoBias>, Crop<1, 2>>);
    const auto one = [&](const std::string& type, const std::string& told,
                         const std::vector<std::string>& inputs = {"x"}) {
        return message([&] { keras(picture + keras_layer("y", type, told, inputs), {{"y/kernel", "1, 1, 3, 3"}}); });
    };
    CHECK(contains(one("LSTM", ""), "model.json: layer y (LSTM) has no layer in depix"));
    CHECK(contains(one("Add", "", {"q"}), "reads \"q\", which is no layer before it"));
    CHECK(contains(one("UpSampling2D", R"("size": [2, 2], "interpolation": "bilinear")"), "is bilinear, for which"));
    CHECK(contains(one("Conv2D", R"("padding": "same", "data_format": "channels_first")"), "has its channels first"));
    CHECK(contains(one("Conv2D", R"("padding": "causal")"), "pads in a way that depix does not know"));
    CHECK(contains(one("Conv2D", R"("padding": "same", "activation": "softsign")"), "does not know: softsign"));
    CHECK(contains(one("Concatenate", R"("axis": 1)"), "joins along another axis"));
    CHECK(contains(message([&] {
                       keras(picture.substr(0, picture.size() - 1), {{"a/kernel", "1"}}, "[]");
                   }),
                   "has 0 outputs"));
}

TEST_CASE("ncnn's layers one after another") {
    CHECK_TYPE(network("Convolution a 1 1 x b 0=4 1=5 2=2 3=2 4=4 5=1 6=300 9=1\n"
                       "ConvolutionDepthWise c 1 1 b d 0=4 1=3 6=36 7=4 9=3 -23310=2,0,6\n"
                       "Convolution e 1 1 d f 0=4 1=3 11=1 4=1 14=0 6=48 9=4\n"
                       "Deconvolution g 1 1 f h 0=2 1=4 3=2 4=1 6=128 9=5\n"
                       "BatchNorm i 1 1 h j 0=2 1=1e-3\nPReLU k 1 1 j l 0=1\nPReLU m 1 1 l n 0=2\n",
                       1 + 300 + 4 + 1 + 36 + 1 + 48 + 1 + 128 + 8 + 1 + 2),
               Sequential<Conv<3, 4, 5, Stride<2>, Dilation<2>>, ReLU, Conv<4, 4, 3, Padding<0>, NoBias, Groups<4>>,
                          ReLU6, Conv<4, 4, 3, NoBias, KernelSize<1, 3>>, Sigmoid,
                          ConvTranspose<4, 2, 4, Stride<2>, Padding<1>, NoBias>, Mish,
                          BatchNorm<2, Epsilon<std::ratio<1, 1000>>>, PReLU<>, PReLU<2>>);
    CHECK_TYPE(
        network("Padding a 1 1 x b 0=2 1=2 2=2 3=2 4=2\nPadding c 1 1 b d 0=1 1=1 2=1 3=1 4=1\n"
                "Pooling e 1 1 d f 1=2 2=2 5=1\nPooling g 1 1 f h 0=1 1=2 2=2 5=1\nTanH i 1 1 h j\nSwish k 1 1 j l\n"
                "GELU m 1 1 l n\nELU o 1 1 n p 0=1.0\nHardSigmoid q 1 1 p r 0=0.16666667 1=0.5\n"
                "HardSwish s 1 1 r t 0=0.16666667 1=0.5\nClip u 1 1 t v 0=-1 1=0.5\nSoftmax w 1 1 v y 0=0\n",
                0),
        Sequential<ReflectPadding<2>, ReplicationPadding<1>, MaxPool<2>, AveragePool<2>, Tanh, SiLU, GELU, ELU<>,
                   Hardsigmoid, Hardswish, Clamp<std::ratio<-1>, std::ratio<1, 2>>, Softmax>);
    CHECK_TYPE(
        network("Interp a 1 1 x b 0=2 1=2.0 2=2.0\nInterp c 1 1 b d 0=3 1=2.0 2=2.0\nInterp e 1 1 d f 0=2 1=2 2=2 6=1\n"
                "Interp g 1 1 f h 0=1 1=3 2=3\nInstanceNorm i 1 1 h j 0=3 1=1e-5\nReorg k 1 1 j l 0=2\n"
                "PixelShuffle m 1 1 l n 0=2\nBinaryOp o 1 1 n p 0=2 1=1 2=2.5\nPooling q 1 1 p r 0=1 4=1\n",
                6),
        Sequential<Upsample<2, Bilinear>, Upsample<2, Bicubic>, Upsample<2, Bilinear, AlignCorners>, Upsample<3>,
                   InstanceNorm<3, Affine<true>>, PixelUnshuffle<2>, PixelShuffle<2>, Scale<std::ratio<5, 2>>,
                   GlobalAveragePool>);
}

TEST_CASE("joins are types") {
    CHECK_TYPE(network("Convolution a 1 1 x b 0=3 1=1 6=9\nBinaryOp c 2 1 b x d 0=0\n", 10),
               Residual<Conv<3, 3, 1, NoBias>>);
    CHECK_TYPE(network("Convolution a 1 1 x b 0=3 1=1 6=9\nEltwise c 2 1 b x d 0=1 -23301=2,0.2,1.0\n", 10),
               Residual<Conv<3, 3, 1, NoBias>, Scale<std::ratio<1, 5>>>);
    CHECK_TYPE(network("Convolution a 1 1 x b 0=2 1=1 6=6\nConcat c 2 1 x b d\n", 7),
               SkipConcat<Conv<3, 2, 1, NoBias>>);
    CHECK_TYPE(network("Convolution a 1 1 x b 0=2 1=1 6=6\nConcat c 2 1 b x d\n", 7),
               Concat<Conv<3, 2, 1, NoBias>, Identity>);
    CHECK_TYPE(
        network("Pooling p 1 1 x a 0=1 4=1\nConvolution b 1 1 a c 0=3 1=1 6=9 9=4\nBinaryOp d 2 1 x c e 0=2\n", 10),
        Gate<GlobalAveragePool, Conv<3, 3, 1, NoBias>, Sigmoid>);
    CHECK_TYPE(
        network("Convolution a 1 1 x b 0=4 1=1 6=12\nConvolution c 1 1 x d 0=1 1=1 6=3\nBinaryOp e 2 1 d b f 0=2\n",
                17),
        Product<Conv<3, 4, 1, NoBias>, Conv<3, 1, 1, NoBias>>);
    CHECK_TYPE(network("Convolution a 1 1 x b 0=4 1=1 6=12\nConvolution c 1 1 x d 0=4 1=1 6=12\n"
                       "Convolution e 1 1 x f 0=4 1=1 6=12\nBinaryOp g 2 1 b d h 0=0\nBinaryOp i 2 1 h f j 0=0\n",
                       39),
               Sum<Conv<3, 4, 1, NoBias>, Conv<3, 4, 1, NoBias>, Conv<3, 4, 1, NoBias>>);
    // Branches that scale, as in Real-ESRGAN's Compact.
    CHECK_TYPE(network("Convolution a 1 1 x b 0=12 1=1 6=36\nPixelShuffle c 1 1 b d 0=2\nInterp e 1 1 x f 0=1 1=2 2=2\n"
                       "BinaryOp g 2 1 d f h\n",
                       37),
               Sum<Sequential<Conv<3, 12, 1, NoBias>, PixelShuffle<2>>, Upsample<2>>);
    CHECK_TYPE(network("Slice a 1 2 x b c -23300=2,1,2\nConvolution d 1 1 c e 0=2 1=1 6=4\nConcat f 2 1 b e g\n", 5),
               Split<Pass<1>, Conv<2, 2, 1, NoBias>>);
    CHECK_TYPE(
        network("Convolution z 1 1 x y 0=4 1=1 6=12\nSlice a 1 2 y b c -23300=2,-233,-233\nBinaryOp d 2 1 b c e 0=2\n",
                13),
        Sequential<Conv<3, 4, 1, NoBias>, SimpleGate>);
    CHECK_TYPE(network("Sigmoid a 1 1 x b\nBinaryOp c 2 1 x b d 0=2\n", 0), Sequential<SiLU>);
}

TEST_CASE("a dense block is nested skips, and repetitions are Series") {
    CHECK_TYPE(network("Convolution a 1 1 x b 0=2 1=1 6=6\nConcat c 2 1 x b d\nConvolution e 1 1 d f 0=2 1=1 6=10\n"
                       "Concat g 3 1 x b f h\nConvolution i 1 1 h j 0=3 1=1 6=21\nBinaryOp k 2 1 j x l 0=0\n",
                       40),
               Residual<SkipConcat<Conv<3, 2, 1, NoBias>>, SkipConcat<Conv<5, 2, 1, NoBias>>, Conv<7, 3, 1, NoBias>>);
    CHECK_TYPE(network("Convolution a 1 1 x b 0=3 1=1 6=9 9=1\nConvolution c 1 1 b d 0=3 1=1 6=9 9=1\n"
                       "Convolution e 1 1 d f 0=3 1=1 6=9 9=1\nConvolution g 1 1 f h 0=3 1=1 6=9\n",
                       40),
               Sequential<Series<3, Conv<3, 3, 1, NoBias>, ReLU>, Conv<3, 3, 1, NoBias>>);
}

TEST_CASE("what no nesting describes has taps") {
    // b is used inside of one branch and after the join of both.
    CHECK_TYPE(
        network("Convolution a 1 1 x b 0=3 1=1 6=9\nConvolution c 1 1 b d 0=3 1=1 6=9\nBinaryOp e 2 1 d x f 0=0\n"
                "ReLU g 1 1 f h\nConcat i 2 1 h b j\n",
                20),
        Sequential<Residual<Conv<3, 3, 1, NoBias>, Tap<"tap1">, Conv<3, 3, 1, NoBias>>, ReLU,
                   Concat<Identity, Use<"tap1", 3>>>);
    // A U-Net's skips nest; the deepest is written first.
    CHECK_TYPE(
        network(
            "Convolution a 1 1 x b 0=4 1=1 6=12\nPooling c 1 1 b d 1=2 2=2 5=1\nConvolution e 1 1 d f 0=4 1=1 6=16\n"
            "Deconvolution g 1 1 f h 0=4 1=2 3=2 6=64\nConcat i 2 1 h b j\n",
            95),
        Sequential<Conv<3, 4, 1, NoBias>,
                   Concat<Sequential<MaxPool<2>, Conv<4, 4, 1, NoBias>, ConvTranspose<4, 4, 2, Stride<2>, NoBias>>,
                          Identity>>);
    // What is left of a map, as large as another or by axes.
    CHECK_TYPE(network("Split a 1 2 x b c\nConvolution d 1 1 b e 0=3 1=3 6=81\nSplit f 1 2 e g h\n"
                       "Crop i 2 1 c g j 0=1 1=1\nBinaryOp k 2 1 j h l 0=0\n"
                       "Crop m 1 1 l y -23309=2,2,2 -23310=2,-1,-1 -23311=2,-2,-1\n",
                       82),
               Sequential<Sum<Crop<1>, Conv<3, 3, 3, Padding<0>, NoBias>>, Crop<2, 1>>);
    // A tap from before a pooling, used where the map is large again.
    CHECK(contains(
        refusal("Convolution a 1 1 x b 0=3 1=1 6=9\nPooling c 1 1 b d 1=2 2=2 5=1\nBinaryOp e 2 1 d b f 0=0\n", 10),
        "layer e (BinaryOp) adds maps of 3x64x96 and of 3x128x192"));
}

TEST_CASE("what depix has no layer for is refused by the layer's name") {
    const auto line = [](const std::string& text, std::size_t floats = 0) { return refusal(text + "\n", floats); };
    CHECK(contains(line("Pooling p 1 1 x a 0=0 4=1"),
                   "net.param: layer p (Pooling) takes the largest value of a whole map"));
    CHECK(contains(line("Interp p 1 1 x a 0=1 1=1.5 2=1.5"), "layer p (Interp) scales by 1.5"));
    CHECK(contains(line("Crop p 1 1 x a 0=2 1=1"), "layer p (Crop) cuts off rows and columns differently"));
    CHECK(contains(line("Crop p 1 1 x a -23309=1,9 -23310=1,2 -23311=1,0"),
                   "layer p (Crop) takes -1 channels from 3 on, of 3"));
    CHECK(contains(line("Crop p 1 1 x a -23309=1,1 -23310=1,2 -23311=1,4"), "has an axis that is not there"));
    CHECK(contains(line("Crop p 1 1 x a -23309=1,1 -23311=1,1"), "other numbers of axes, first and last values"));
    CHECK(contains(line("Permute p 1 1 x a 0=1"), "layer p (Permute) has no layer in depix"));
    CHECK(contains(line("BinaryOp p 2 1 x x a 0=3"), "is no sum, difference or product"));
    CHECK(contains(line("Convolution p 1 1 x a 0=3 1=1 6=9 3=2 13=1", 10),
                   "a stride of its own for rows and for columns"));
    CHECK(contains(line("Convolution p 1 1 x a 0=3 1=1 6=9 3=0", 10), "has a kernel, stride or dilation of 0"));
    CHECK(contains(line("Convolution p 1 1 x a 0=3 1=1 6=12", 13), "takes 4 channels and gets 3"));
    CHECK(contains(line("PixelShuffle p 1 1 x a 0=2"), "shuffles 3 channels by a factor of 2"));
    CHECK(contains(line("Slice p 1 2 x a b -23300=2,1,2"), "has 2 outputs (a, b)"));
    CHECK(contains(line("Split p 1 1 x a"), "the network's output is its input"));
    CHECK(contains(line("InnerProduct p 1 1 x a 0=2 2=8", 9), "takes 4 values and gets 3x128x192"));
    // A picture of a size whose double no int holds.
    for (const char* size : {"2=2000000000", "0=2000000000 1=9 2=3", "0=-9 1=9 2=2147483647"}) {
        const std::string text = std::string("7767517\n3 9\nInput i 0 1 x ") + size +
                                 "\nConcat c 2 1 x x y\nInnerProduct p 1 1 y z 0=1 2=1\n";
        const NcnnFile file = NcnnFile::parse(text, std::vector<std::byte>(8));
        CHECK(contains(message([&] { tool::read_graph(file); }), "which no map may be"));
    }
}

TEST_CASE("constants for each channel, and channels in TensorFlow's order") {
    ncnn_for_tests::Bin bin;
    bin.floats({1, 2, 3});
    const auto parse = [](const std::string& layers, const ncnn_for_tests::Bin& weights) {
        return tool::network_type(
            tool::read_graph(NcnnFile::parse("7767517\n3 9\nInput i 0 1 x 2=3\n" + layers, weights.bytes)), "Net");
    };
    CHECK_TYPE(parse("MemoryData m 0 1 c 2=3 0=1 1=1\nBinaryOp b 2 1 x c d 0=2\n", bin), Sequential<ChannelScale<3>>);
    const tool::NetworkType sum = parse("MemoryData m 0 1 c 0=3\nBinaryOp b 2 1 x c d 0=0\n", bin);
    CHECK_TYPE(sum, Sequential<Conv<3, 3, 1, Groups<3>>>);
    CHECK(sum.tensors[0].values == std::vector<float>{1, 1, 1});
    CHECK(sum.tensors[1].values == std::vector<float>{1, 2, 3});

    // Channel 3 k + c of TensorFlow's order is channel 4 c + k of PyTorch's: the convolution before changes its order.
    ncnn_for_tests::Bin identity;
    identity.tag(0);
    for (int i = 0; i < 12; ++i)
        for (int c = 0; c < 3; ++c) identity.floats({static_cast<float>(100 * i + c)});
    const tool::NetworkType shuffle =
        parse("Convolution c 1 1 x a 0=12 1=1 6=36\nPixelShuffle p 1 1 a b 0=2 1=1\n", identity);
    CHECK_TYPE(shuffle, Sequential<Conv<3, 12, 1, NoBias>, PixelShuffle<2>>);
    CHECK(shuffle.tensors[0].values[3 * 1] == 300);  // channel 1 of PyTorch's: c = 0, k = 1
    CHECK(shuffle.tensors[0].values[3 * 4] == 100);  // c = 1, k = 0
    CHECK(shuffle.tensors[0].values[3 * 11] == 1100);
}

TEST_CASE("numbers as fractions, and names") {
    CHECK(tool::ratio_of(0.2f) == "std::ratio<1, 5>");
    CHECK(tool::ratio_of(static_cast<double>(0.2f)) == "std::ratio<1, 5>");
    CHECK(tool::ratio_of(1e-5) == "std::ratio<1, 100000>");
    CHECK(tool::ratio_of(-2.5) == "std::ratio<-5, 2>");
    CHECK(tool::ratio_of(0) == "std::ratio<0>");
    CHECK(tool::ratio_of(3) == "std::ratio<3>");
    CHECK(!tool::ratio_of(1e30));
    CHECK(!tool::ratio_of(std::nan("")));
    CHECK(tool::type_name("realesr-animevideov3-x4") == "RealesrAnimevideov3X4");
    CHECK(tool::type_name("2x_AniScale") == "Net2xAniScale");
    CHECK(tool::type_name("upconv_7_scale2.0x") == "Upconv7Scale2_0x");
    CHECK(tool::type_name("..") == "Network");
    CHECK(tool::project_names("a/../..param").file == "net__");
    CHECK(tool::project_names("dir/4x.param").file == "net_4x");
}

TEST_CASE("parts that occur twice have a name, and so the header is short") {
    std::string layers, map = "x";
    for (int i = 0; i < 2; ++i) {
        const std::string n = std::to_string(i), end = "r" + n;
        layers += "Convolution a" + n + " 1 1 " + map + " b" + n + " 0=3 1=1 6=9\nSwish s" + n + " 1 1 b" + n + " c" +
                  n + "\nConvolution d" + n + " 1 1 c" + n + " e" + n + " 0=3 1=1 6=9\nBinaryOp f" + n + " 2 1 e" + n +
                  " " + map + " " + end + " 0=0\n";
        map = end;
        if (i == 0) layers += "Sigmoid q 1 1 r0 z\n", map = "z";
    }
    const std::string text = network(layers, 40).definitions;
    CHECK(text ==
          "using NetBlock1 = Residual<Conv<3, 3, 1, NoBias>, SiLU, Conv<3, 3, 1, NoBias>>;\n"
          "using Net = Sequential<NetBlock1, Sigmoid, NetBlock1>;\n");
}

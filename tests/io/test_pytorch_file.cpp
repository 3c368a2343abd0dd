// PyTorch's files: weights as PyTorch holds them, and hostile files refused by name. Nothing in a file is executed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "depix/io/pytorch_file.hpp"
#include "depix/io/safetensors_file.hpp"
#include "depix/io/weights_file.hpp"
#include "pytorch_for_tests.hpp"
#include "temporary_folder.hpp"

using namespace depix;
using namespace pytorch_for_tests;

namespace {

TensorFile parsed(const std::string& file, const PyTorchOptions& options = {}) {
    return parse_pytorch_file(bytes_of(file), "memory", options);
}

std::string message_of(const auto& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

/// Whether the file is refused with a message that contains `part`.
void check_refused(const std::string& file, const std::string& part, const PyTorchOptions& options = {}) {
    const std::string message = message_of([&] { parsed(file, options); });
    CAPTURE(part);
    CAPTURE(message);
    CHECK(message.starts_with("memory: "));
    CHECK(message.find(part) != std::string::npos);
}

const std::string golden = std::string(DEPIX_SOURCE_DIR) + "/tests/golden/";
const std::string six = floats({0, 1, 2, 3, 4, 5});
const std::string weight = tensor(storage("0", 6), 0, {2, 3}, {3, 1});

}  // namespace

TEST_CASE("PyTorch: checkpoints that torch.save wrote, in both formats") {
    const SafetensorsFile expected = SafetensorsFile::read(golden + "pytorch_tensors.safetensors");
    for (const char* container : {"zip", "legacy"}) {
        CAPTURE(container);
        const TensorFile file = read_pytorch_file(golden + "pytorch_" + container + ".pth");
        CHECK(file.format == "PyTorch");
        CHECK(file.metadata.at("container") == container);
        CHECK(file.metadata.at("weights") == "state_dict");
        CHECK(file.metadata.at("prefix") == "module.");
        CHECK(file.names == expected.names);  // in the order of the state_dict
        for (const std::string& name : file.names) {
            CAPTURE(name);
            CHECK(file.shape(name) == expected.shape(name));
            const DataType dtype = file.entry(name).dtype;
            if (dtype == DataType::I64) {
                CHECK(file.values<std::int64_t>(name) == expected.values<std::int64_t>(name));
            } else if (dtype == DataType::U8) {
                const std::vector<std::uint8_t> bytes = file.values<std::uint8_t>(name);
                CHECK(std::vector<std::int64_t>(bytes.begin(), bytes.end()) == expected.values<std::int64_t>(name));
            } else {
                CHECK(file.values<double>(name) == expected.values<double>(name));
            }
        }
        CHECK(file.entry("float16").dtype == DataType::F16);
        CHECK(file.entry("bfloat16").dtype == DataType::BF16);
        CHECK(file.entry("bool").dtype == DataType::U8);
        CHECK(file.entry("int8").dtype == DataType::I64);
    }
}

TEST_CASE("PyTorch: views of a storage become dense and share bytes where they can") {
    const std::string object = dict({{"whole", weight},
                                     {"again", weight},
                                     {"transposed", tensor(storage("0", 6), 0, {3, 2}, {1, 3})},
                                     {"column", tensor(storage("0", 6), 1, {2}, {3})},
                                     {"repeated", tensor(storage("0", 6), 5, {2, 2}, {0, 0})},
                                     {"one", tensor(storage("0", 6), 4, {1, 1}, {9, 7})},
                                     {"none", tensor(storage("0", 6), 6, {0, 3}, {3, 1})}});
    for (const std::string& bytes : {pytorch_zip(object, {six}), pytorch_legacy(object, {six})}) {
        const TensorFile file = parsed(bytes);
        CHECK(file.values<float>("whole") == std::vector<float>{0, 1, 2, 3, 4, 5});
        CHECK(file.entry("again").begin == file.entry("whole").begin);
        CHECK(file.values<float>("transposed") == std::vector<float>{0, 3, 1, 4, 2, 5});
        CHECK(file.values<float>("column") == std::vector<float>{1, 4});
        CHECK(file.values<float>("repeated") == std::vector<float>{5, 5, 5, 5});
        CHECK(file.values<float>("one") == std::vector<float>{4});
        CHECK(file.values<float>("none").empty());
    }
}

TEST_CASE("PyTorch: archives with 64-bit records, data descriptors, folders and comments") {
    std::vector<ZipEntry> entries{{"any name/data.pkl", pickled(dict({{"w", weight}}))}, {"any name/data/0", six}};
    for (const bool wide : {false, true}) {
        for (ZipEntry& entry : entries) entry.wide = wide;
        for (const bool wide_end : {false, true})
            for (const char* comment : {"", "a comment, and PK\x05\x06 in it"})
                CHECK(parsed(zip_of(entries, wide_end, comment)).contains("w"));
    }
}

TEST_CASE("PyTorch: which dict holds the weights is stated, and can be chosen") {
    const std::string a = dict({{"0.weight", weight}});
    const std::string b = dict({{"module.net_g.1.weight", weight}, {"module.net_g.1.bias", weight}});
    const std::string file = pytorch_zip(dict({{"params", a}, {"params_ema", b}, {"iter", integer(7)}}), {six});
    const TensorFile chosen = parsed(file);
    CHECK(chosen.names == std::vector<std::string>{"1.weight", "1.bias"});
    CHECK(chosen.metadata.at("weights") == "params_ema");
    CHECK(chosen.metadata.at("other weights") == "params");
    CHECK(chosen.metadata.at("prefix") == "module.net_g.");
    CHECK(parsed(file, {.weights = "params"}).names == std::vector<std::string>{"0.weight"});
    check_refused(file, "has no dict \"model\"; it has params, params_ema", {.weights = "model"});

    const std::string deep = pytorch_zip(dict({{"ema", dict({{"model", a}})}, {"lr", "N"}}), {six});
    CHECK(parsed(deep).metadata.at("weights") == "ema/model");
    CHECK(parsed(deep, {.weights = "ema/model"}).contains("0.weight"));
    const std::string parts = dict({{"encoder", a}, {"decoder", b}, {"version", integer(2)}});
    check_refused(pytorch_zip(parts, {six}), "several dicts of tensors: encoder, decoder; PyTorchOptions");
    const TensorFile nested = parsed(pytorch_zip(dict({{"model", parts}}), {six}));
    CHECK(nested.contains("encoder.0.weight"));
    CHECK(nested.metadata.at("passed over") == "version");
    check_refused(pytorch_zip(dict({{"lr", integer(1)}}), {}), "holds no tensor");
    check_refused(pytorch_zip(weight, {six}), "holds one tensor where a dict");
    check_refused(pytorch_zip("](e", {}), "holds a list where a dict");
}

TEST_CASE("PyTorch: parameters, tensors with attributes, untyped storages, and values that are passed over") {
    const std::string untyped =
        tuple({text("storage"), name("torch.storage", "UntypedStorage"), text("0"), text("cpu"), integer(24)}) + "Q";
    const std::string with_dtype =
        call(name("torch._utils", "_rebuild_tensor_v3"),
             {untyped, integer(2), integers({3}), integers({1}), "\x89", "}", name("torch", "float32")});
    const std::string parameter = call(name("torch._utils", "_rebuild_parameter"), {weight, "\x88", "}"});
    const std::string rebuilt = call(
        name("torch._tensor", "_rebuild_from_type_v2"),
        {name("torch._utils", "_rebuild_tensor_v2"), name("torch", "Tensor"),
         tuple({storage("0", 6), integer(0), call(name("torch", "Size"), {integers({6})}), integers({1}), "\x89", "}"}),
         "}"});
    const TensorFile file = parsed(pytorch_zip(
        dict({{"parameter", parameter},
              {"typed", with_dtype},
              {"rebuilt", rebuilt},
              {"args", name("argparse", "Namespace") + ")\x81" + dict({{"lr", "G" + std::string(8, '\0')}}) + "b"},
              {"class", name("os", "system")},  // a name alone is text
              {"ordered", call(name("collections", "OrderedDict"), {"](" + tuple({text("k"), "N"}) + "e"})}}),
        {six}));
    CHECK(file.values<float>("parameter") == std::vector<float>{0, 1, 2, 3, 4, 5});
    CHECK(file.values<float>("typed") == std::vector<float>{2, 3, 4});
    CHECK(file.shape("rebuilt") == std::vector<std::size_t>{6});
    CHECK(file.metadata.at("passed over") == "args, class, ordered");
}

TEST_CASE("PyTorch: calls that are not on the list are refused by name") {
    for (const char* where : {"beside", "below", "above"}) {
        const std::string evil = call(name("os", "system"), {text("echo no")});
        const std::string object = where[0] == 'a'   ? evil
                                   : where[1] == 'e' ? dict({{"w", weight}, {"x", evil}})
                                                     : dict({{"x", "](" + evil + "e"}});
        check_refused(pytorch_zip(object, {six}), "calls os.system, which is not on the list");
        check_refused(pytorch_legacy(object, {six}), "Nothing was executed");
    }
    const std::string stacked =
        "\x8c\x08"
        "builtins"
        "\x8c\x04"
        "eval"
        "\x93";
    check_refused(pytorch_zip(call(stacked, {text("1")}), {}), "calls builtins.eval");
    check_refused(pytorch_zip(stacked + ")\x81", {}), "calls builtins.eval");
    check_refused(pytorch_zip(stacked + ")}\x92", {}), "calls builtins.eval");
    check_refused(pytorch_zip(call(call(name("torch", "Size"), {}), {}), {}), "calls what is not a name");
    check_refused(pytorch_zip("(S'echo no'\nios\nsystem\n", {}), "operation 83 is not read");
    check_refused(pytorch_zip(name("os", "system") + "(S'echo no'\ntR", {}), "the last name before it is os.system");
    check_refused(pytorch_zip("\x82\x01", {}), "operation 130 is not read");
    check_refused(zip_of({{"m/data.pkl", ""}, {"m/constants.pkl", ""}}), "TorchScript");
}

TEST_CASE("PyTorch: damaged pickles") {
    const auto refuse = [](const std::string& operations, const std::string& part) {
        check_refused(zip_of({{"m/data.pkl", operations}}), part);
    };
    refuse("", "no pickle of protocol 2 to 5");
    refuse("\x80\x06.", "no pickle of protocol 2 to 5");
    refuse("cos\nsystem\n(S'echo no'\ntR.", "no pickle of protocol 2 to 5");
    for (const char* end :
         {"", "N", "X\xFF\xFF\xFF\xFFw", "\x8d\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFw", "cos", "\x8a\xFFw", "J12", "\x95"})
        refuse(std::string("\x80\x02") + end, "is cut off");
    refuse("\x80\x04\x95" + little(~0ull, 8) + "N.", "a frame that is cut off");
    for (const char* wrong :
         {".", "0.", "2.", "(.", "(0.", "\x85.", "N\x86.", "a.", "s.", "R.", "Nb0.", "q\x01.", "Q."})
        refuse(std::string("\x80\x02") + wrong, "pickle, byte ");
    refuse("\x80\x02h\x07.", "was not stored");
    refuse("\x80\x02t.", "mark");
    refuse("\x80\x02}(Nu.", "a key without a value");
    refuse("\x80\x02NNa.", "no container");
    refuse("\x80\x02NN\x93.", "a name that is not text");
    refuse("\x80\x02NN\x81.", "calls what is not a name");
    refuse("\x80\x02" + name("torch", "Size") + "N\x81.", "without arguments");
    // Cycles, and values that would be of exponential size, had they to be written out.
    check_refused(pytorch_zip("}q\x01(" + text("a") + "h\x01" + "u", {}), "holds no tensor");
    std::string bomb = "}q" + std::string(1, '\0') + text("w") + weight + "s";
    for (char level = 1; level < 40; ++level) {
        const std::string before = std::string("h") + static_cast<char>(level - 1);
        bomb = (level == 1 ? bomb + "0" : bomb) + "}q" + std::string(1, level) + "(" + text("a") + before + text("b") +
               before + "u" + (level < 39 ? "0" : "");
    }
    check_refused(pytorch_zip(bomb, {six}), "");
    std::string copies = "](" + std::string(60'000, 'N') + "eq\x01" + name("collections", "OrderedDict") + "q\x02";
    for (int i = 0; i < 400; ++i) copies += "h\x02(}(" + std::string(2000, 'N') + "utR";
    CHECK_THROWS_AS(parsed(pytorch_zip(copies, {})), FileError);
    check_refused(pytorch_zip("(" + std::string(std::size_t{1} << 22, 'N') + "t", {}), "more than 4194304 values");
    const std::string deep(200'000, ']');
    check_refused(pytorch_zip(deep + std::string(199'999, 'a'), {}), "holds a list");
}

TEST_CASE("PyTorch: tensors that do not fit their storage") {
    const auto refuse = [](const std::string& value, const std::string& part) {
        check_refused(pytorch_zip(dict({{"w", value}}), {six}), part);
    };
    const std::string s = storage("0", 6);
    refuse(tensor(s, 0, {7}, {1}), "tensor \"w\": of shape (7) with strides (1) at 0 reaches beyond its storage");
    refuse(tensor(s, 1, {2, 3}, {3, 1}), "reaches beyond");
    refuse(tensor(s, 6, {}, {}), "reaches beyond");
    refuse(tensor(s, 0, {2}, {std::int64_t{1} << 62}), "reaches beyond");
    refuse(tensor(s, 0, {3}, {std::int64_t{1} << 62}), "reaches beyond");  // whose sum is beyond 64 bits
    refuse(tensor(s, std::int64_t{1} << 62, {1}, {1}), "reaches beyond");
    refuse(tensor(s, 0, {std::int64_t{1} << 40}, {0}), "as a copy");
    refuse(tensor(s, 0, {std::int64_t{1} << 40, std::int64_t{1} << 40}, {0, 0}), "claims the shape");
    refuse(tensor(s, -1, {1}, {1}), "negative");
    refuse(tensor(s, 0, {-1}, {1}), "negative");
    refuse(tensor(s, 0, {1}, {-1}), "negative");
    refuse(tensor(s, 0, {1, 1}, {1}), "2 dimensions and 1 strides");
    refuse(tensor(storage("0", 7), 0, {7}, {1}), "reaches beyond");
    refuse(tensor(storage("0", 6, "NoStorage"), 0, {1}, {1}), "torch.NoStorage, which is not read");
    refuse(tensor(storage("1", 6), 0, {1}, {1}), "no entry is called \"archive/data/1\"");
    refuse(tensor(storage("../../0", 6), 0, {1}, {1}), "no entry is called");
    refuse(tensor("N", 0, {1}, {1}), "no storage of this file");
    refuse(tensor("NQ", 0, {1}, {1}), "no storage of this file");
    refuse(call(name("torch._utils", "_rebuild_tensor_v2"), {s}), "is not made as usual");
    check_refused(pytorch_zip(dict({{"\xFF", weight}}), {six}), "not UTF-8");
    check_refused(pytorch_zip(dict({{std::string(2000, 'w'), weight}}), {six}), "longer than 1024");
    check_refused(pytorch_zip(dict({{"w", weight}, {"w", weight}}), {six}), "comes twice");
    // Two types share a storage's bytes, and each sees as many elements as these hold.
    const TensorFile both = parsed(
        pytorch_zip(dict({{"w", weight}, {"bytes", tensor(storage("0", 24, "ByteStorage"), 20, {4}, {1})}}), {six}));
    CHECK(both.values<std::uint8_t>("bytes") == std::vector<std::uint8_t>{0, 0, 0xA0, 0x40});
}

TEST_CASE("PyTorch: hostile archives") {
    const std::string object = pickled(dict({{"w", weight}}));
    const ZipEntry data{"m/data.pkl", object};
    ZipEntry deflated{"m/data/0", six, 8}, encrypted{"m/data/0", six, 0, 1}, longer{"m/data/0", six},
        overlapping{"m/data/0", six};
    longer.size_more = 1 << 20;
    overlapping.at_less = 20;
    check_refused(zip_of({data, deflated}), "entry \"m/data/0\" is compressed (method 8)");
    check_refused(zip_of({data, encrypted}), "is encrypted");
    check_refused(zip_of({data, longer}), "reaches beyond the end");
    check_refused(zip_of({data, overlapping}), "is not where the directory says");
    longer.size_more = 40;
    check_refused(zip_of({data, longer}), "overlap");
    check_refused(zip_of({data, data}), "stands twice");
    for (const char* wrong : {"m/../../data/0", "/etc/passwd", "C:\\x", "..", ""})
        check_refused(zip_of({data, {wrong, six}}), "leads out of the archive");
    check_refused(zip_of({data, {"m/\xFF", six}}), "not UTF-8");
    check_refused(zip_of({{"word/document.xml", six}}), "without PyTorch's data.pkl");
    check_refused(zip_of({data}, false, "x").substr(0, 120), "no directory at its end");
    check_refused("PK\x03\x04", "cut off");
    check_refused(pytorch_zip(dict({{"w", weight}}), {six}, "big"), "byte order \"big\"");
    check_refused(pytorch_legacy(dict({{"w", weight}}), {six}, false), "big-endian");
    check_refused(pytorch_legacy(dict({{"w", weight}}), {}), "storage \"0\", which the file does not hold");
    check_refused(pytorch_legacy(dict({{"w", weight}}), {six, six}), "storage \"1\" belongs to no tensor");
    check_refused(std::string(257, '\0') + "ustar" + std::string(250, '\0'), "tar archive");
    check_refused("", "no file of torch.save's");
}

TEST_CASE("load takes any weights file by what it holds, whatever its name") {
    struct OneTensor {
        std::vector<float> values = std::vector<float>(6);
        std::vector<NamedTensor<float>> tensors() { return {{"w", {2, 3}, values}}; }
    };
    const TemporaryFolder folder;
    SafetensorsWriter writer;
    writer.add("w", {2, 3}, std::vector<float>{0, 1, 2, 3, 4, 5});
    const std::vector<std::byte> files[] = {writer.bytes(), bytes_of(pytorch_zip(dict({{"w", weight}}), {six})),
                                            bytes_of(pytorch_legacy(dict({{"module.w", weight}}), {six}))};
    const char* const formats[] = {"safetensors", "PyTorch", "PyTorch"};
    for (int i = 0; i < 3; ++i) {
        write_file(folder / "weights.bin", files[i]);
        CHECK(read_weights(folder / "weights.bin").format == formats[i]);
        OneTensor model;
        load(model, folder / "weights.bin");
        CHECK(model.values == std::vector<float>{0, 1, 2, 3, 4, 5});
    }
    const auto refused = [](const std::string& text) { return message_of([&] { parse_weights(bytes_of(text)); }); };
    CHECK(refused("").starts_with("memory: no weights file that is read (safetensors; PyTorch's"));
    CHECK(refused("<html>").find("a web page") != std::string::npos);
    CHECK(refused("version https://git-lfs.github.com").find("git lfs pull") != std::string::npos);
    CHECK(refused("PK\x03\x04").find("zip archive: is cut off") != std::string::npos);
}

TEST_CASE("PyTorch: cut at every byte, and every byte changed: reads or throws, and never crashes") {
    const std::string object = dict({{"a", weight}, {"t", tensor(storage("0", 6), 0, {3, 2}, {1, 3})}});
    for (const std::string& file : {pytorch_zip(object, {six}), pytorch_legacy(object, {six})}) {
        for (std::size_t size = 0; size < file.size(); ++size) CHECK_THROWS_AS(parsed(file.substr(0, size)), FileError);
        int read = 0;
        for (std::size_t i = 0; i < file.size(); ++i)
            for (const int change : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
                std::string changed = file;
                changed[i] = static_cast<char>(changed[i] ^ change);
                try {
                    const TensorFile tensors = parsed(changed);
                    ++read;
                    for (const std::string& name : tensors.names)
                        if (tensors.entry(name).dtype == DataType::F32)
                            CHECK(tensors.values<float>(name).size() == *element_count(tensors.shape(name)));
                } catch (const FileError&) {  // refused
                }
            }
        CHECK(read > 200);
    }
}

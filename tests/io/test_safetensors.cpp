// safetensors: correct files are read, wrong ones are refused by name, and a load changes everything or nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "depix/io/safetensors.hpp"
#include "temporary_folder.hpp"

using namespace depix;

namespace {

std::vector<std::byte> bytes_of(const std::string& text) {
    std::vector<std::byte> bytes(text.size());
    std::transform(text.begin(), text.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
    return bytes;
}

/// A file with any header, correct or wrong, and `size` bytes of values.
std::vector<std::byte> file_of(const std::string& header, std::size_t size) {
    std::string text;
    for (int i = 0; i < 8; ++i) text += static_cast<char>(header.size() >> (8 * i) & 0xFF);
    return bytes_of(text + header + std::string(size, '\0'));
}

std::string message_of(const auto& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The interface of depix::Model: two parameters, a running statistic, a counter.
template <class T>
struct TinyModel {
    std::vector<T> weight = {1, 2, 3, 4, 5, 6};
    std::vector<T> bias = {7, 8};
    std::vector<T> running_mean = {9, 10};
    std::int64_t batches = 11;

    std::vector<NamedTensor<T>> tensors() {
        return {{"0.weight", {2, 3}, weight}, {"0.bias", {2}, bias}, {"1.running_mean", {2}, running_mean, false}};
    }
    std::vector<NamedTensor<const T>> tensors() const {
        return {{"0.weight", {2, 3}, weight}, {"0.bias", {2}, bias}, {"1.running_mean", {2}, running_mean, false}};
    }
    std::vector<NamedTensor<std::int64_t>> counters() {
        return {{"1.num_batches_tracked", {}, std::span(&batches, 1), false}};
    }
    std::vector<NamedTensor<const std::int64_t>> counters() const {
        return {{"1.num_batches_tracked", {}, std::span(&batches, 1), false}};
    }
    friend bool operator==(const TinyModel&, const TinyModel&) = default;
};

template <class T>
TinyModel<T> other_model() {
    return {{T(0.5), -1, 0, 0, 0, 0}, {0, 0}, {0, 0}, 0};
}

const std::vector<float> two_floats = {1.5f, -2.5f};

SafetensorsFile parsed(const SafetensorsWriter& writer) { return SafetensorsFile::parse(writer.bytes()); }

const std::string shared_folder =
#ifdef DEPIX_SHARED_DIR
    DEPIX_SHARED_DIR;
#else
    "../shared";
#endif

}  // namespace

TEST_CASE("safetensors: the bytes are those of the format, and the same every time") {
    SafetensorsWriter writer;
    writer.add("b", {2}, two_floats);
    writer.metadata["key"] = "text";
    const std::string header =
        R"({"__metadata__":{"key":"text"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
    std::vector<std::byte> expected = file_of(header + std::string((8 - header.size() % 8) % 8, ' '), 8);
    std::memcpy(expected.data() + expected.size() - 8, two_floats.data(), 8);
    CHECK(writer.bytes() == expected);
    CHECK(writer.bytes() == writer.bytes());
    CHECK(SafetensorsWriter().bytes() == file_of("{}      ", 0));
    CHECK(parsed(SafetensorsWriter()).entries.empty());
}

TEST_CASE("safetensors: every type there and back, aligned in the file") {
    SafetensorsWriter writer;
    const std::vector<std::uint8_t> bytes = {0, 1, 255};
    const std::vector<std::int64_t> integers = {std::numeric_limits<std::int64_t>::min(), -1, 7};
    const std::vector<double> doubles = {0.1, -1e300, 5e-324};
    writer.add("u8", {3}, bytes);
    writer.add("f16", {2}, two_floats, DataType::F16);
    writer.add("bf16", {1, 2}, two_floats, DataType::BF16);
    writer.add("f32", {2, 1}, two_floats);
    writer.add("i64", {3}, integers);
    writer.add("f64", {3}, doubles);
    writer.add("narrowed", {3}, doubles, DataType::F32);
    writer.add("widened", {2}, two_floats, DataType::F64);
    writer.add("empty", {0, 5}, std::vector<float>{});
    writer.add("scalar", {}, std::vector<float>{3});
    const SafetensorsFile file = parsed(writer);
    CHECK(file.entries.size() == 10);
    CHECK(file.values<std::uint8_t>("u8") == bytes);
    CHECK(file.values<std::int64_t>("i64") == integers);
    CHECK(file.values<double>("f64") == doubles);
    CHECK(file.values<float>("f64") == std::vector<float>{0.1f, -std::numeric_limits<float>::infinity(), 0});
    CHECK(file.values<float>("narrowed") == file.values<float>("f64"));
    CHECK(file.values<double>("widened") == std::vector<double>{1.5, -2.5});
    for (const char* name : {"f16", "bf16", "f32"}) {
        CHECK(file.values<float>(name) == two_floats);
        CHECK(file.values<double>(name) == std::vector<double>{1.5, -2.5});
    }
    CHECK(file.shape("f32") == std::vector<std::size_t>{2, 1});
    CHECK(file.values<float>("empty").empty());
    CHECK(file.values<float>("scalar") == std::vector<float>{3});
    CHECK(file.contains("u8"));
    CHECK_FALSE(file.contains("u9"));
    for (const auto& item : file.entries) {
        CAPTURE(item.first);
        CHECK(item.second.begin % info(item.second.dtype).size == 0);
    }

    CHECK(message_of([&] { file.values<float>("u9"); }) == "memory: no tensor is called \"u9\"");
    CHECK(message_of([&] { file.values<float>("i64"); }) == "memory: tensor \"i64\": stored as I64, asked for as F32");
    CHECK(message_of([&] { file.values<std::int64_t>("f32"); }) ==
          "memory: tensor \"f32\": stored as F32, asked for as I64");
    std::vector<float> wrong(3);
    CHECK(contains(message_of([&] { file.copy_values<float>("f32", wrong); }), "tensor \"f32\": has shape (2, 1)"));
}

TEST_CASE("safetensors: NaN and infinity stay") {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const std::vector<float> values = {std::nanf(""), infinity, -infinity, -0.0f};
    for (const DataType type : {DataType::F32, DataType::F64, DataType::F16, DataType::BF16}) {
        SafetensorsWriter writer;
        writer.add("x", {4}, values, type);
        const std::vector<float> read = parsed(writer).values<float>("x");
        CHECK(std::isnan(read[0]));
        CHECK(read[1] == infinity);
        CHECK(read[2] == -infinity);
        CHECK(std::signbit(read[3]));
    }
}

TEST_CASE("safetensors: names and metadata of any text") {
    SafetensorsWriter writer;
    const std::string name = "quote\" backslash\\ newline\n nul" + std::string(1, '\0') + " ä 漢 😀";
    writer.add(name, {2}, two_floats);
    writer.metadata[name] = name;
    const SafetensorsFile file = parsed(writer);
    CHECK(file.contains(name));
    CHECK(file.metadata.at(name) == name);
}

TEST_CASE("safetensors: what the writer refuses") {
    SafetensorsWriter writer;
    writer.add("x", {2}, two_floats);
    CHECK(message_of([&] { writer.add("x", {2}, two_floats); }) == "tensor \"x\": added twice");
    CHECK(message_of([&] { writer.add("y", {3}, two_floats); }) == "tensor \"y\": 2 values for shape (3)");
    CHECK_THROWS_AS(writer.add("y", {std::size_t{1} << 63, 2}, two_floats), ShapeError);
    CHECK_THROWS_AS(writer.add("y", {2}, two_floats, DataType::I64), Error);
    CHECK_THROWS_AS(writer.add("__metadata__", {2}, two_floats), Error);
    CHECK_THROWS_AS(writer.add("\xFF", {2}, two_floats), Error);
    writer.metadata["x"] = "\xC0\x80";
    CHECK_THROWS_AS(writer.bytes(), Error);
}

TEST_CASE("safetensors: headers that are unusual and right") {
    // Entries out of order, whitespace, escapes, an empty tensor at a border, and padding with other whitespace.
    const SafetensorsFile file = SafetensorsFile::parse(
        file_of("{ \"\\u0062\\ud83d\\ude00\\/\" : {\"data_offsets\":[4, 8], \"shape\":[1],\t\"dtype\":\"F32\"},\n"
                "\"none\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[4,4]},"
                "\"a\":{\"dtype\":\"U8\",\"shape\":[2,2],\"data_offsets\":[0,4]}, \"__metadata__\":{} } \n\t ",
                8));
    CHECK(file.contains("b😀/"));
    CHECK(file.values<std::uint8_t>("a").size() == 4);
    CHECK(file.values<std::uint8_t>("none").empty());
}

TEST_CASE("safetensors: what is refused, and why") {
    const auto tensor = [](const std::string& type, const std::string& shape, const std::string& offsets) {
        return "{\"w\":{\"dtype\":\"" + type + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + offsets + "]}}";
    };
    const auto pair = [](const std::string& first, const std::string& second) {
        return "{\"v\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[" + first +
               "]},\"w\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[" + second + "]}}";
    };
    struct Row {
        std::vector<std::byte> file;
        std::string message;
    };
    const std::string max = "18446744073709551615";
    const Row rows[] = {
        // the length
        {bytes_of(""), "too short"},
        {bytes_of("1234567"), "too short"},
        {bytes_of(std::string(8, '\xFF')), "limit is 100 MB"},
        {bytes_of(std::string("\x01\xE1\xF5\x05\0\0\0\0", 8)), "header of 100000001 bytes; the limit"},
        {bytes_of(std::string("\x00\xE1\xF5\x05\0\0\0\0{}", 10)), "header of 100000000 bytes, but holds only 10"},
        {bytes_of(std::string("\x03\0\0\0\0\0\0\0{}", 10)), "but holds only"},
        // the text
        {file_of("", 0), "does not begin with '{'"},
        {file_of(" {}", 0), "does not begin with '{'"},
        {file_of("[]", 0), "does not begin with '{'"},
        {file_of("{", 0), "expected"},
        {file_of("{}}", 0), "text after the end"},
        {file_of(std::string("{}\0", 3), 0), "text after the end"},
        {file_of("{\"\xFF\":1}", 0), "not UTF-8"},
        {file_of("{\"\xC0\x80\":1}", 0), "not UTF-8"},
        {file_of("{\"\xED\xA0\x80\":1}", 0), "not UTF-8"},
        {file_of("{\"\xF4\x90\x80\x80\":1}", 0), "not UTF-8"},
        {file_of("{\"\xE2\x82", 0), "not UTF-8"},
        {file_of("{\"a", 0), "ends inside a string"},
        {file_of("{\"a\n\":1}", 0), "control character"},
        {file_of("{\"\\x\":1}", 0), "unknown escape"},
        {file_of("{\"\\u12g4\":1}", 0), "hexadecimal"},
        {file_of("{\"\\ud800\":1}", 0), "surrogate"},
        {file_of("{\"\\ud800\\u0041\":1}", 0), "surrogate"},
        {file_of("{\"\\udc00\":1}", 0), "surrogate"},
        {file_of("{'w':1}", 0), "expected '\"'"},
        {file_of("{\"w\":1}", 0), "tensor \"w\""},
        {file_of("{\"w\":" + std::string(100'000, '['), 0), "expected '{'"},
        {file_of("{\"w\":{\"shape\":" + std::string(100'000, '['), 0), "expected a number"},
        {file_of("{\"w\":" + std::string(100'000, '{'), 0), "expected '\"'"},
        {file_of("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},}", 0), "expected '\"'"},
        // the keys
        {file_of("{\"w\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
                 "\"w\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
                 0),
         "key \"w\" comes twice"},
        {file_of("{\"w\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0),
         "tensor \"w\": JSON header, byte 26: key \"dtype\" comes twice"},
        {file_of("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0), "key \"a\" comes twice"},
        {file_of("{\"__metadata__\":{\"a\":1}}", 0), "expected '\"'"},
        {file_of("{\"__metadata__\":[]}", 0), "expected '{'"},
        {file_of("{\"w\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"more\":0}}", 0),
         "unknown key \"more\""},
        {file_of("{\"w\":{\"dtype\":\"U8\",\"shape\":[0]}}", 0), "missing"},
        {file_of("{\"w\":{}}", 0), "missing"},
        {file_of(tensor("", "0", "0,0"), 0), "a type without a name"},
        {bytes_of("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a"), "Git LFS pointer"},
        {bytes_of("PK\x03\x04"
                  "archive/data.pkl"),
         "PyTorch's"},
        {bytes_of("\x80\x02}q(X weights and more"), "PyTorch's"},
        {bytes_of("<!DOCTYPE html>"), "a web page"},
        // the numbers
        {file_of(tensor("U8", "-1", "0,0"), 0), "not negative"},
        {file_of(tensor("U8", "1.0", "0,1"), 1), "expected ']'"},
        {file_of(tensor("U8", "1e0", "0,1"), 1), "expected ']'"},
        {file_of(tensor("U8", "01", "0,1"), 1), "begins with 0"},
        {file_of(tensor("U8", "18446744073709551616", "0,1"), 1), "above 2^64 - 1"},
        {file_of(tensor("U8", "1", "0"), 1), "two numbers"},
        {file_of(tensor("U8", "1", "0,1,1"), 1), "two numbers"},
        // the offsets and sizes
        {file_of(tensor("F32", "2", "0,8"), 7), "tensor \"w\": its bytes are 0 to 8, but the file holds 7"},
        {file_of(tensor("F32", "2", "0,8"), 9), "1 bytes are left over"},
        {file_of("{}", 1), "1 bytes are left over"},
        {file_of(tensor("F32", "2", "1,9"), 9), "the tensor before it ends at 0"},
        {file_of(tensor("F32", "2", "8,0"), 8), "before it ends at 0"},
        {file_of(tensor("F32", "2", "0,7"), 7), "has 7 bytes, which is not what shape (2) of F32 takes"},
        {file_of(tensor("F32", "3", "0,8"), 8), "not what shape (3) of F32"},
        {file_of(tensor("F32", max, "0,8"), 8), "not what shape"},
        {file_of(tensor("F32", "4611686018427387905", "0,4"), 4), "not what shape"},  // times 4 is 4, modulo 2^64
        {file_of(tensor("U8", max + "," + max, "0,1"), 1), "not what shape"},         // their product is 1, modulo 2^64
        {file_of(tensor("U8", "0", "0," + max), 8), "but the file holds 8"},
        {file_of(tensor("U8", "1", max + ",0"), 1), "before it ends at 0"},
        {file_of(pair("0,4", "5,9"), 9), "before it ends at 4"},
        {file_of(pair("0,4", "3,7"), 7), "before it ends at 4"},
        {file_of(pair("0,4", "0,4"), 4), "before it ends at 4"},
    };
    for (const Row& row : rows) {
        const std::string message = message_of([&] { SafetensorsFile::parse(row.file); });
        CAPTURE(row.message);
        CAPTURE(message);
        CHECK(message.starts_with("memory: "));
        CHECK(contains(message, row.message));
    }
}

TEST_CASE("safetensors: cut at every byte, every bit and byte changed: loads or throws, and never crashes") {
    SafetensorsWriter writer;
    append(writer, TinyModel<float>{}, "w.", DataType::F16);
    writer.metadata["key"] = "text";
    const std::vector<std::byte> file = writer.bytes();
    for (std::size_t size = 0; size < file.size(); ++size) {
        CHECK_THROWS_AS(SafetensorsFile::parse({file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)}),
                        FileError);
    }
    int loaded = 0;
    for (std::size_t i = 0; i < file.size(); ++i)
        for (int value = 0; value < 256; ++value) {
            std::vector<std::byte> changed = file;
            changed[i] = static_cast<std::byte>(value);
            TinyModel<float> model;
            const TinyModel<float> before = model;
            try {
                load(model, SafetensorsFile::parse(std::move(changed)), {.prefix = "w."});
                ++loaded;
            } catch (const FileError&) {
                if (!(model == before)) FAIL("a load that failed changed the model");
            }
        }
    CHECK(loaded > 256);  // the values' own bytes
}

TEST_CASE("safetensors: a file's limit, and what the system says") {
    const TemporaryFolder folder;
    const std::string path = folder / "weights.safetensors";
    CHECK(message_of([&] { SafetensorsFile::read(path); }) == path + ": cannot open: No such file or directory");
    save(TinyModel<float>{}, path);
    const auto size = static_cast<std::size_t>(std::filesystem::file_size(path));
    CHECK(SafetensorsFile::read(path, size).entries.size() == 4);
    CHECK(contains(message_of([&] { SafetensorsFile::read(path, size - 1); }), "larger than the limit"));
    CHECK_THROWS_AS(save(TinyModel<float>{}, folder / "no/weights.safetensors"), FileError);
    if (std::filesystem::exists("/dev/full")) CHECK_THROWS_AS(save(TinyModel<float>{}, "/dev/full"), FileError);
    CHECK(folder.count() == 1);
}

TEST_CASE_TEMPLATE("load, save: a model there and back", T, float, double) {
    const TemporaryFolder folder;
    const std::string path = folder / "weights.safetensors";
    save(TinyModel<T>{}, path, {.metadata = {{"epoch", "7"}}});
    TinyModel<T> model = other_model<T>();
    load(model, path);
    CHECK(model == TinyModel<T>{});
    const SafetensorsFile file = SafetensorsFile::read(path);
    CHECK(file.metadata.at("epoch") == "7");
    CHECK(file.entry("0.weight").dtype == data_type_of<T>);
    CHECK(file.values<std::int64_t>("1.num_batches_tracked") == std::vector<std::int64_t>{11});
    CHECK(file.shape("1.num_batches_tracked").empty());

    for (const DataType type : {DataType::F64, DataType::F32, DataType::F16, DataType::BF16}) {
        save(TinyModel<T>{}, path, {.dtype = type});
        CHECK(SafetensorsFile::read(path).entry("0.bias").dtype == type);
        model = other_model<T>();
        load(model, path);
        CHECK(model == TinyModel<T>{});  // small whole numbers are exact in all of them
    }
}

TEST_CASE("load: every fault is named, with both shapes, and nothing is changed") {
    SafetensorsWriter writer;
    writer.add("0.weight", {3, 2}, std::vector<float>(6));
    writer.add("0.bias", {2}, std::vector<std::int64_t>(2));
    writer.add("2.weight", {1, 2}, two_floats);
    writer.add("1.num_batches_tracked", {1}, std::vector<std::int64_t>(1));
    TinyModel<float> model;
    CHECK(message_of([&] { load(model, parsed(writer)); }) ==
          "memory: does not fit the model, which is unchanged:\n"
          "  mis-shaped 0.weight: the model has (2, 3), the file has (3, 2)\n"
          "  mis-typed 0.bias: the file has I64\n"
          "  missing 1.running_mean (2)\n"
          "  mis-shaped 1.num_batches_tracked: the model has (), the file has (1)\n"
          "  unexpected 2.weight (1, 2)");
    CHECK(model == TinyModel<float>{});
}

TEST_CASE("load: one wrong tensor at the end changes nothing before it") {
    SafetensorsWriter writer;
    append(writer, other_model<float>());
    writer.add("zzz", {2}, two_floats);
    TinyModel<float> model;
    CHECK_THROWS_AS(load(model, parsed(writer)), FileError);
    CHECK(model == TinyModel<float>{});
}

TEST_CASE("load: counters may be absent and are then 0") {
    SafetensorsWriter writer;
    writer.add("0.weight", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
    writer.add("0.bias", {2}, two_floats);
    writer.add("1.running_mean", {2}, two_floats);
    TinyModel<float> model;
    load(model, parsed(writer));
    CHECK(model.batches == 0);
    CHECK(model.bias == two_floats);
}

TEST_CASE("load: weights that are no numbers, or too large for the model, are refused") {
    for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), 1e300, 3e38, -2e18}) {
        SafetensorsWriter writer;
        writer.add("0.weight", {2, 3}, std::vector<double>{1, 2, 3, 4, bad, 6});
        writer.add("0.bias", {2}, two_floats);
        writer.add("1.running_mean", {2}, two_floats);
        TinyModel<float> model;
        CHECK(message_of([&] { load(model, parsed(writer)); }).find("not finite 0.weight") != std::string::npos);
        CHECK(model == TinyModel<float>{});
    }
}

TEST_CASE("load: tensors of types that no model holds are passed over; names with more in front are noticed") {
    // The bytes are written by hand, because the writer does not know all such types.
    const std::string header =
        R"({"0.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"0.bias":{"dtype":"F32","shape":[2],)"
        R"("data_offsets":[24,32]},"1.running_mean":{"dtype":"F32","shape":[2],"data_offsets":[32,40]},)"
        R"("epoch":{"dtype":"I32","shape":[],"data_offsets":[40,44]},"used":{"dtype":"BOOL","shape":[3],)"
        R"("data_offsets":[44,47]}})";
    const SafetensorsFile file = SafetensorsFile::parse(file_of(header, 47));
    TinyModel<float> model = other_model<float>();
    load(model, file);
    CHECK(model.bias == std::vector<float>(2));
    CHECK(file.entry("epoch").dtype == DataType::I32);
    CHECK(file.entry("used").dtype == DataType::Other);
    CHECK_THROWS_AS(file.values<float>("epoch"), FileError);

    SafetensorsWriter writer;
    append(writer, other_model<float>(), "module.");
    CHECK(message_of([&] { load(model, parsed(writer)); }).find("begin with \"module.\"") != std::string::npos);
}

TEST_CASE("load: a prefix selects, a name map translates") {
    SafetensorsWriter writer;
    append(writer, other_model<float>(), "w.");
    append(writer, TinyModel<float>{}, "p1.");
    TinyModel<float> model;
    load(model, parsed(writer), {.prefix = "w."});
    CHECK(model == other_model<float>());
    load(model, parsed(writer), {.prefix = "p1."});
    CHECK(model == TinyModel<float>{});

    const SafetensorsFile file = parsed(writer);
    const NameMap only_w = [](const std::string& name) { return name.starts_with("w.") ? name.substr(2) : ""; };
    load(model, file, {.name_map = only_w});
    CHECK(model == other_model<float>());

    const std::string message = message_of([&] {
        load(model, file, {.name_map = rename({{"w", ""}, {"w.0", "x"}, {"p1.0", "x"}})});
    });
    CHECK(contains(message, "p1.0.bias and w.0.bias are both mapped to x.bias"));
    CHECK(contains(message, "missing 0.weight (2, 3)"));
    CHECK(model == other_model<float>());
}

TEST_CASE("TensorFile: what a reader adds is what a model loads, in the order of the file") {
    TensorFile file("weights.any", "a format");
    const std::vector<float> weight = {6, 5, 4, 3, 2, 1};
    file.add("b", DataType::F32, {2, 3}, std::as_bytes(std::span(weight)));
    file.add("a", DataType::Other, {}, {});
    CHECK(file.names == std::vector<std::string>{"b", "a"});
    CHECK(file.values<float>("b") == weight);
    CHECK(file.bytes("b").size() == 24);
    CHECK(message_of([&] { file.add("b", DataType::Other, {}, {}); }) == "weights.any: tensor \"b\": comes twice");
    CHECK(message_of([&] { file.add("c", DataType::F32, {2}, file.bytes("a")); }) ==
          "weights.any: tensor \"c\": has 0 bytes, which is not what shape (2) of F32 takes");
    CHECK(contains(message_of([&] { file.add_in_place("c", DataType::U8, {9}, 20, 29); }), "20 to 29 of 24"));
    CHECK(contains(message_of([&] { file.add_in_place("c", DataType::F32, {std::size_t{1} << 62}, 0, 0); }), "takes"));
    CHECK_THROWS_AS(file.take_bytes({}), FileError);
    CHECK(file.names.size() == 2);

    TensorFile shared("weights.any", "a format");  // two tensors in the same bytes
    shared.take_bytes(std::vector<std::byte>(40));
    shared.add_in_place("0.weight", DataType::F32, {2, 3}, 16, 40);
    shared.add_in_place("0.bias", DataType::F32, {2}, 16, 24);
    shared.add("1.running_mean", DataType::F32, {2}, std::as_bytes(std::span(two_floats)));
    TinyModel<float> model;
    load(model, shared);
    CHECK(model.weight == std::vector<float>(6));
    CHECK(model.running_mean == two_floats);
}

TEST_CASE("rename: whole names and beginnings at a dot, the longest first") {
    const NameMap map = rename({{"block1", "a"}, {"block1.0", "b"}, {"last.weight", "tail"}});
    CHECK(map("block1.weight") == "a.weight");
    CHECK(map("block1.0.weight") == "b.weight");
    CHECK(map("block10.weight") == "block10.weight");
    CHECK(map("last.weight") == "tail");
    CHECK(map("other") == "other");
    CHECK(rename({{"module", ""}})("module.0.weight") == "0.weight");
    CHECK(rename({{"steps", ""}})("steps").empty());
}

TEST_CASE("safetensors: real files") {
    const std::string golden = shared_folder + "/golden/S0.safetensors";
    const std::string weights = shared_folder + "/weights/srgan_x4.safetensors";
    const std::string half = shared_folder + "/weights/vgg19_features_f16.safetensors";
    for (const std::string& path : {golden, weights, half})
        if (!std::filesystem::exists(path)) {
            MESSAGE("skipped: " << path << " is not there");
            return;
        }
    const SafetensorsFile s0 = SafetensorsFile::read(golden);
    CHECK(s0.metadata.at("mode") == "eval");
    CHECK(s0.shape("w.encoder.0.weight") == std::vector<std::size_t>{6, 3, 3, 3});
    CHECK(s0.shape("w.encoder.1.num_batches_tracked").empty());
    CHECK(s0.values<std::int64_t>("w.encoder.1.num_batches_tracked").size() == 1);
    const std::vector<double> output = s0.values<double>("output");
    const std::vector<double> exact = s0.values<double>("output_f64");
    double largest = 0;
    for (std::size_t i = 0; i < output.size(); ++i) largest = std::max(largest, std::abs(output[i] - exact[i]));
    CHECK(largest == doctest::Approx(std::stod(s0.metadata.at("max_abs_err_f32_vs_f64"))));

    const SafetensorsFile srgan = SafetensorsFile::read(weights);
    CHECK(srgan.shape("block1.0.weight") == std::vector<std::size_t>{64, 3, 9, 9});
    CHECK(srgan.contains("block2.bn1.num_batches_tracked"));

    const SafetensorsFile vgg = SafetensorsFile::read(half);
    CHECK(vgg.entry("features.0.weight").dtype == DataType::F16);
    for (const float value : vgg.values<float>("features.0.weight")) CHECK(std::isfinite(value));
}

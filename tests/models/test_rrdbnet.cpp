// RRDBNet against PyTorch's golden files: outputs, gradients, three steps of Adam; and the names of ESRGAN's files.
#include "depix/models/rrdbnet.hpp"

#include "golden_check.hpp"

using namespace depix_test;

using Small = RRDBNet<3, 2, 2>;

TEST_CASE("the type says what is published") {
    using Published = RRDBNet<>;
    static_assert(Published::parameter_count == 16697987);
    static_assert(Published::output({3, 24, 24}) == Shape{3, 96, 96});
    static_assert(Published::output({3, 7, 5}) == Shape{3, 28, 20});
    static_assert(Published::size_multiple == 1);
    static_assert(receptive_field<Published>() == 698);
    static_assert(RRDBNet<16, 8, 2, 1>::output({1, 24, 24}) == Shape{1, 96, 96});
}

TEST_CASE("outputs agree with PyTorch") {
    const std::string path = shipped + "rrdbnet.safetensors";
    check_output<Small, Cpu, float>(path);
    check_output<Small, Reference, float>(path);
    check_output<Small, Reference, double>(path);
    check_names<Small>(path);
}

TEST_CASE("training agrees with PyTorch") {
    const std::string path = shipped + "rrdbnet_step.safetensors";
    check_training<Small, Cpu, float>(path);
    check_training<Small, Reference, double>(path);
}

TEST_CASE("the names in ESRGAN's files become RRDBNet's") {
    CHECK(esrgan_name("model.0.weight") == "conv_first.weight");
    CHECK(esrgan_name("model.1.sub.0.RDB1.conv1.0.weight") == "body.0.rdb1.conv1.weight");
    CHECK(esrgan_name("model.1.sub.22.RDB3.conv5.0.bias") == "body.22.rdb3.conv5.bias");
    CHECK(esrgan_name("model.1.sub.23.weight") == "conv_body.weight");
    CHECK(esrgan_name("model.3.bias") == "conv_up1.bias");
    CHECK(esrgan_name("model.6.weight") == "conv_up2.weight");
    CHECK(esrgan_name("model.8.weight") == "conv_hr.weight");
    CHECK(esrgan_name("model.10.bias") == "conv_last.bias");
    CHECK(esrgan_name("conv_first.weight") == "conv_first.weight");
    CHECK(esrgan_name("RRDB_trunk.22.RDB3.conv5.bias") == "body.22.rdb3.conv5.bias");
    CHECK(esrgan_name("trunk_conv.weight") == "conv_body.weight");
    CHECK(esrgan_name("upconv1.weight") == "conv_up1.weight");
    CHECK(esrgan_name("upconv2.weight") == "conv_up2.weight");
    CHECK(esrgan_name("HRconv.bias") == "conv_hr.bias");
    // Names that ESRGAN's files do not have stay, so that `load` names them.
    for (const char* other : {"", "model.", "model.2.weight", "model.1.sub", "model.1.sub.0.RDB1.conv1.1.weight",
                              "model.1.sub.0.conv1.0.weight", "RRDB_trunk.0.weight", "body.0.rdb1.conv1.weight"})
        CHECK(esrgan_name(other) == other);
}

TEST_CASE("a file with ESRGAN's oldest names loads") {
    Model<Small> model(3), loaded;
    SafetensorsWriter writer;
    for (const auto& tensor : std::as_const(model).tensors()) {
        std::string old_name = tensor.name;  // the inverse of the map, written the other way round
        const auto replace = [&](const std::string& from, const std::string& to) {
            if (const std::size_t place = old_name.find(from); place != std::string::npos)
                old_name.replace(place, from.size(), to);
        };
        if (old_name.starts_with("body.")) {
            replace(".rdb", ".RDB");
            replace(".weight", ".0.weight");
            replace(".bias", ".0.bias");
        }
        for (const auto& [from, to] :
             {std::pair{"conv_first", "model.0"}, std::pair{"body.", "model.1.sub."},
              std::pair{"conv_body", "model.1.sub.2"}, std::pair{"conv_up1", "model.3"},
              std::pair{"conv_up2", "model.6"}, std::pair{"conv_hr", "model.8"}, std::pair{"conv_last", "model.10"}})
            if (old_name.starts_with(from)) {
                replace(from, to);
                break;
            }
        writer.add(old_name, tensor.shape, tensor.values);
    }
    const std::string path = (std::filesystem::temp_directory_path() / "depix_esrgan_names.safetensors").string();
    writer.write(path);
    load(loaded, path, {.name_map = esrgan_name});
    CHECK(std::ranges::equal(loaded.parameters(), model.parameters()));
    std::filesystem::remove(path);
}

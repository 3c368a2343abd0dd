// Writes small files of every kind for the fuzzers to begin with: seeds FOLDER makes FOLDER/image, FOLDER/npy and so
// on.
#include "../io/metadata_for_tests.hpp"
#include "../io/pytorch_for_tests.hpp"
#include "depix/depix.hpp"
#include "depix/io/image_file.hpp"
#include "depix/io/npy.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/train/checkpoint.hpp"
#include "fuzz.hpp"
#include "tiny_run.hpp"

using namespace depix;

namespace {

Image noise(Shape shape) {
    Image image(shape);
    Random random(1);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    return quantized(image);
}

/// Small files in both formats of torch.save, and the real ones of the tests.
void write_pytorch_seeds(const std::filesystem::path& folder) {
    using namespace pytorch_for_tests;
    const std::string values = floats({0, 1, 2, 3, 4, 5});
    const std::string weight = tensor(storage("0", 6), 0, {2, 3}, {3, 1});
    const std::string object =
        dict({{"params", dict({{"module.w", weight}, {"module.t", tensor(storage("0", 6), 0, {3, 2}, {1, 3})}})},
              {"bytes", tensor(storage("0", 24, "ByteStorage"), 20, {4}, {1})},
              {"parameter", call(name("torch._utils", "_rebuild_parameter"), {weight, "N", "}"})},
              {"args", name("argparse", "Namespace") + ")\x81" + dict({{"lr", integer(1)}}) + "b"}});
    write_file((folder / "zip.pth").string(), pytorch_zip(object, {values}));
    write_file((folder / "legacy.pth").string(), pytorch_legacy(object, {values}));
    write_file(
        (folder / "wide.pth").string(),
        zip_of({{"m/data.pkl", pickled(object), 0, 0, true}, {"m/data/0", values, 0, 0, true}}, true, "comment"));
    for (const char* real : {"pytorch_zip.pth", "pytorch_legacy.pth"})
        std::filesystem::copy_file(std::filesystem::path("tests/golden") / real, folder / real,
                                   std::filesystem::copy_options::overwrite_existing);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return 2;
    const std::filesystem::path root = arguments[1];
    for (const char* name : {"image", "safetensors", "npy", "checkpoint", "json", "metadata", "pytorch"})
        std::filesystem::create_directories(root / name);
    const auto file = [&](const char* folder, const std::string& name) { return (root / folder / name).string(); };

    for (const int channels : {1, 3}) {
        const std::string name = std::to_string(channels);
        ImageFile image{.color = noise({channels, 9, 11})};
        image.exif = metadata_for_tests::camera_exif(channels == 1);
        image.xmp = metadata_for_tests::xmp_packet();
        image.iptc = metadata_for_tests::iptc_data();
        image.encoding = {45455, {31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000}, 0};
        write_image_file(file("image", name + ".png"), image);
        write_image_file(file("image", name + ".jpg"), image);
        write_image_file(file("image", name + ".bmp"), image);
        image.alpha = noise({1, 9, 11});
        image.bits = 16;
        write_image_file(file("image", name + "_alpha_16.png"), image);
    }
    const Model<Sequential<Conv<1, 2>, BatchNorm<2>>> model(1);
    for (const DataType type : {DataType::F32, DataType::F16, DataType::BF16})
        save(model, file("safetensors", std::to_string(static_cast<int>(type)) + ".safetensors"), {.dtype = type});
    write_npy(file("npy", "float.npy"), xt::xarray<float>{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}});
    write_npy(file("npy", "bytes.npy"), xt::xarray<std::uint8_t>{{1, 2, 3}});
    const std::string text = R"(12345678{"a": {"shape": [1, 2, 3], "b": "\u00e9\n"}, "c": 7})";
    write_file(file("json", "small.json"), std::string_view(text));
    const auto with_kind = [](char kind, std::vector<std::byte> bytes) {
        bytes.insert(bytes.begin(), static_cast<std::byte>(kind));
        return bytes;
    };
    for (const bool little : {false, true})
        write_file(file("metadata", little ? "little" : "big"), with_kind(0, metadata_for_tests::camera_exif(little)));
    write_file(file("metadata", "xmp"), with_kind(1, metadata_for_tests::xmp_packet()));
    write_file(file("metadata", "iptc"), with_kind(2, detail::iptc_resource(metadata_for_tests::iptc_data())));
    write_pytorch_seeds(root / "pytorch");
    const depix_fuzz::TinyRun run;
    save_checkpoint(file("checkpoint", "run.safetensors"), run.trainer, Progress<Sequential<Conv<1, 1, 1>>>{});
}

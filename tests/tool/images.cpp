// Pictures for check.sh, so that it needs no other program.
//
//     pictures make FILE HEIGHT WIDTH KIND [SEED]   KIND: words of grey, 16, alpha, icc joined by "-", or rgb
//     pictures turned FILE HEIGHT WIDTH             a JPEG file that its EXIF data turn by a quarter
//     pictures annotated FILE HEIGHT WIDTH [damaged]  a picture with EXIF, XMP and IPTC; in PNG also gAMA
//     pictures metadata FILE                        EXIF's orientation and size, and which other metadata there are
//     pictures pages FILE COUNT                     a TIFF file of grey pages, each larger than the one before
//     pictures folder FOLDER COUNT HEIGHT WIDTH     COUNT RGB pictures, 0000.png, 0001.png ...
//     pictures hidden FILE LEVEL                    a disc on transparent ground of this grey, 0 to 255
//     pictures colours FILE                         white paper with two coloured stamps
//     pictures chroma FILE LEAST                    exits with 0 if some pixel has colour, else with 1
//     pictures weights FILE NETWORK KIND            drawn weights as PyTorch writes them. NETWORK: compact, compact_8,
//                                                   upconv_7; KIND: zip, legacy, or evil, which calls os.system;
//                                                   or ncnn: FILE is the .param file, and the .bin file is beside it
//     pictures span FILE INPUT                      a SPAN that doubles every pixel, trained on what INPUT says:
//                                                   centred (pictures), or no_norm (pictures as they are)
//     pictures doubled FILE LARGE                   exits with 0 if LARGE has each pixel of FILE as 2x2 pixels, else 1
//     pictures info FILE                            HEIGHTxWIDTH, grey or rgb, bits, alpha's smallest value, profile
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../io/metadata_for_tests.hpp"
#include "../io/pytorch_for_tests.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/image_file.hpp"
#include "depix/random.hpp"

namespace {

using depix::ImageFile;

/// Squares of random colours with a little noise.
depix::Image draw(int channels, int height, int width, std::uint64_t seed) {
    depix::Image image({channels, height, width});
    depix::Random random(seed);
    for (int c = 0; c < channels; ++c) {
        std::vector<double> levels(64);
        for (double& level : levels) level = random.uniform();
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                const auto square = static_cast<std::size_t>((y / 5 % 8) * 8 + x / 7 % 8);
                image(c, y, x) = static_cast<float>(0.9 * levels[square] + 0.1 * random.uniform());
            }
    }
    return image;
}

ImageFile make(int height, int width, std::string_view kind, std::uint64_t seed) {
    const auto has = [&](std::string_view word) { return kind.find(word) != std::string_view::npos; };
    ImageFile image;
    image.color = draw(has("grey") ? 1 : 3, height, width, seed);
    image.bits = has("16") ? 16 : 8;
    if (has("alpha")) image.alpha = draw(1, height, width, seed + 1);
    if (has("icc")) {  // only what is read: which colours the profile is for
        image.icc_profile.assign(200, std::byte{1});
        for (std::size_t i = 0; i < 4; ++i)
            image.icc_profile[16 + i] = static_cast<std::byte>((has("grey") ? "GRAY" : "RGB ")[i]);
    }
    return image;
}

/// A JPEG file whose EXIF segment has orientation 6, which means a turn to the right.
void write_turned(const std::string& path, int height, int width) {
    std::vector<std::byte> file = depix::encode_image_file(make(height, width, "rgb", 3), depix::ImageFormat::JPEG);
    const unsigned char segment[] = {0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,                           // APP1
                                     'M',  'M',  0, 42, 0,   0,   0,   8,                                   // TIFF
                                     0,    1,    1, 18, 0,   3,   0,   0,   0, 1, 0, 6, 0, 0, 0, 0, 0, 0};  // IFD
    std::vector<std::byte> bytes(file.begin(), file.begin() + 2);
    for (const unsigned char byte : segment) bytes.push_back(static_cast<std::byte>(byte));
    bytes.insert(bytes.end(), file.begin() + 2, file.end());
    depix::write_file(path, bytes);
}

/// A picture with all kinds of metadata, to be turned by a quarter. If it is damaged, one of EXIF's entries is.
void write_annotated(const std::string& path, int height, int width, bool damaged) {
    using namespace metadata_for_tests;
    std::vector<std::byte> exif = camera_exif(false);
    depix::detail::TiffBytes tiff(exif);
    if (damaged) tiff.write16(*tiff.find(tiff.read32(4), 0x010F) + 2, 99);  // a type that does not exist
    ImageFile image = make(height, width, "rgb", 4);
    image.xmp = xmp_packet();
    image.iptc = iptc_data();
    image.encoding.gamma = 100000;
    const bool is_png = path.ends_with(".png");
    const auto file = depix::encode_image_file(image, is_png ? depix::ImageFormat::PNG : depix::ImageFormat::JPEG);
    depix::write_file(
        path, is_png ? with_chunk(file, "eXIf", exif) : with_segment(file, 0xE1, depix::detail::exif_name, exif));
}

void print_metadata(const std::string& path) {
    using namespace metadata_for_tests;
    const ImageFile image = depix::read_image_file(path);
    if (!image.exif.empty())
        std::printf("exif %ld %ldx%ld ", exif_number(image.exif, 0x0112), exif_number(image.exif, 0xA003, 0x8769),
                    exif_number(image.exif, 0xA002, 0x8769));
    std::printf("%s%s%s\n", image.xmp.empty() ? "" : "xmp ", image.iptc.empty() ? "" : "iptc ",
                image.encoding.gamma == 100000 ? "gamma" : "");
}

/// A TIFF file of grey pages, without compression.
void write_pages(const std::string& path, int count) {
    using namespace metadata_for_tests;
    TiffWriter tiff(true);
    std::uint32_t next = 0;  // the last page first, because each states where the one after it is
    for (int page = count; page > 0; --page) {
        const auto height = static_cast<std::uint32_t>(16 + 4 * page), width = height + 8;
        const depix::Image image = draw(1, static_cast<int>(height), static_cast<int>(width), 7);
        std::string samples;
        for (const unsigned char sample : depix::detail::interleaved_bytes(image))
            samples.push_back(static_cast<char>(sample));
        const std::uint32_t strip = tiff.append_data(samples);
        next = tiff.directory({{256, 3, {width}},
                               {257, 3, {height}},
                               {258, 3, {8}},
                               {259, 3, {1}},
                               {262, 3, {1}},
                               {273, 4, {strip}},
                               {278, 3, {height}},
                               {279, 4, {height * width}}},
                              next);
    }
    tiff.set_first_directory(next);
    depix::write_file(path, tiff.bytes());
}

/// A disc on transparent ground, whose hidden colour is grey of this level.
void write_hidden(const std::string& path, int level) {
    ImageFile image;
    image.color = depix::Image({3, 48, 48});
    image.alpha = depix::Image({1, 48, 48});
    for (int y = 0; y < 48; ++y)
        for (int x = 0; x < 48; ++x) {
            const double inside = 18.5 - std::hypot(y - 23.5, x - 23.5);
            image.alpha(0, y, x) = std::round(255 * static_cast<float>(std::clamp(inside, 0.0, 1.0))) / 255;
            for (int c = 0; c < 3; ++c)
                image.color(c, y, x) =
                    image.alpha(0, y, x) > 0 ? (c == 0 ? 0.8f : 0.2f) : static_cast<float>(level) / 255;
        }
    depix::write_image_file(path, image);
}

/// White paper with a red and a blue stamp.
void write_colours(const std::string& path) {
    depix::Image image({3, 32, 64}, 1.0f);
    for (int y = 8; y < 24; ++y)
        for (int x = 8; x < 24; ++x) {
            image(1, y, x) = image(2, y, x) = 0.1f;            // red
            image(0, y, x + 32) = image(1, y, x + 32) = 0.1f;  // blue
        }
    depix::write_image(path, image);
}

/// Whether some pixel's channels differ by this much.
bool is_coloured(const std::string& path, float least) {
    const depix::Image image = depix::read_image(path, 3);
    const std::size_t area = image.shape.area();
    for (std::size_t i = 0; i < area; ++i)
        if (std::fabs(image.pixels[i] - image.pixels[2 * area + i]) >= least) return true;
    return false;
}

void print_info(const std::string& path) {
    const ImageFile image = depix::read_image_file(path);
    std::printf("%dx%d %s %d", image.color.shape.height, image.color.shape.width,
                image.color.shape.channels == 1 ? "grey" : "rgb", image.bits);
    if (!image.alpha.pixels.empty()) {
        const float least = *std::min_element(image.alpha.pixels.begin(), image.alpha.pixels.end());
        std::printf(" alpha from %.2f", static_cast<double>(least));
    }
    if (!image.icc_profile.empty()) std::printf(" icc %zu", image.icc_profile.size());
    std::printf("\n");
}

/// A checkpoint of a published network: Compact twice as high and wide with 16 convolutions of 64 channels or of 8
/// (chain_8: without its end), or upconv_7.
void write_weights(const std::string& path, const std::string& network, const std::string& kind) {
    using namespace pytorch_for_tests;
    struct Layer {
        std::string name;
        std::vector<std::int64_t> shape;
    };
    std::vector<Layer> layers;
    const auto add = [&](int number, std::int64_t out, std::int64_t in, std::int64_t side, std::int64_t biases) {
        const std::string layer = (network == "upconv_7" ? "net." : "body.") + std::to_string(number);
        layers.push_back({layer + ".weight", {out, in, side, side}});
        layers.push_back({layer + ".bias", {biases}});
    };
    if (network == "upconv_7") {
        const std::int64_t channels[] = {3, 16, 32, 64, 128, 128, 256};
        for (int i = 0; i < 6; ++i) add(2 * i, channels[i + 1], channels[i], 3, channels[i + 1]);
        add(12, 256, 3, 4, 3);
    } else {
        const std::int64_t features = network == "compact" ? 64 : 8;
        for (int i = 0; i < 18; ++i) {
            const std::int64_t out = i < 17 ? features : 12;
            add(2 * i, out, i == 0 ? 3 : features, 3, out);
            if (i < 17) layers.push_back({"body." + std::to_string(2 * i + 1) + ".weight", {features}});
        }
    }
    depix::Random random(1);
    std::string param, bin;  // ncnn's
    int maps = 0;
    std::vector<std::string> storages;
    std::vector<std::pair<std::string, std::string>> tensors;
    for (const Layer& layer : layers) {
        std::vector<std::int64_t> strides(layer.shape.size(), 1);
        for (std::size_t i = strides.size() - 1; i-- > 0;) strides[i] = strides[i + 1] * layer.shape[i + 1];
        const std::int64_t count = strides[0] * layer.shape[0];
        const double width = layer.shape.size() == 4 ? std::sqrt(6.0 / static_cast<double>(strides[0])) : 0.1;
        std::vector<float> values(static_cast<std::size_t>(count));
        for (float& value : values) value = static_cast<float>((random.uniform() - 0.5) * width);
        tensors.emplace_back("module." + layer.name,
                             tensor(storage(std::to_string(storages.size()), count), 0, layer.shape, strides));
        storages.push_back(floats(values));
        if (layer.name.ends_with(".bias")) {  // follows its convolution's weights
            bin += storages.back();
            continue;
        }
        const bool is_convolution = layer.shape.size() == 4;
        const std::string number = std::to_string(layer.shape[0]), between = " 1 1 m" + std::to_string(maps) + " m";
        ++maps;
        param += (is_convolution ? "Convolution l" : "PReLU l") + std::to_string(maps) + between +
                 std::to_string(maps) + " 0=" + number;
        if (is_convolution) param += " 1=3 4=1 5=1 6=" + std::to_string(count);
        param += "\n";
        bin += (is_convolution ? std::string(4, '\0') : "") + storages.back();
    }
    if (kind == "ncnn") {
        // The chain's result and the picture's nearest neighbours; a map that is read twice is split.
        const bool whole = network != "chain_8";
        int count = maps + 1;
        std::string text_of_layers = whole ? "Input data 0 1 p\nSplit twice 1 2 p m0 q\n" : "Input data 0 1 m0\n";
        text_of_layers += param;
        if (whole) {
            text_of_layers += "PixelShuffle shuffle 1 1 m" + std::to_string(maps) +
                              " a 0=2\nInterp near 1 1 q b 0=1 1=2.0 2=2.0\nBinaryOp sum 2 1 a b y 0=0\n";
            count += 4;
        }
        const std::string lines = std::to_string(count);
        depix::write_file(path, "7767517\n" + lines + " " + lines + "\n" + text_of_layers);
        depix::write_file(path.substr(0, path.size() - 5) + "bin", bin);
        return;
    }
    std::vector<std::pair<std::string, std::string>> checkpoint{{"params_ema", dict(tensors)}, {"iter", integer(7)}};
    if (kind == "evil") checkpoint.emplace_back("x", call(name("os", "system"), {text("touch executed")}));
    depix::write_file(
        path, kind == "legacy" ? pytorch_legacy(dict(checkpoint), storages) : pytorch_zip(dict(checkpoint), storages));
}

bool is_doubled(const std::string& path, const std::string& large_path) {
    const depix::Image image = depix::read_image(path), large = depix::read_image(large_path);
    const depix::Shape shape = image.shape;
    if (large.shape != depix::Shape{shape.channels, 2 * shape.height, 2 * shape.width}) return false;
    for (int c = 0; c < shape.channels; ++c)
        for (int y = 0; y < large.shape.height; ++y)
            for (int x = 0; x < large.shape.width; ++x)
                if (large(c, y, x) != image(c, y / 2, x / 2)) return false;
    return true;
}

/// Weights of SPAN<2, 4> that are 0 but for those that carry the picture to the output. What is centred takes
/// (picture - mean) * 255, and so gives it back by 1 / 255 and the mean. Of conv_1 the file has both forms, and the one
/// that runs is out of date, as it may be in the authors' files.
void write_span(const std::string& path, bool centred) {
    using namespace pytorch_for_tests;
    constexpr std::int64_t features = 4;
    std::vector<std::string> storages;
    std::vector<std::pair<std::string, std::string>> tensors;
    const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape, const auto& value) {
        std::vector<std::int64_t> strides(shape.size(), 1);
        for (std::size_t i = strides.size() - 1; i-- > 0;) strides[i] = strides[i + 1] * shape[i + 1];
        std::vector<float> values(static_cast<std::size_t>(strides[0] * shape[0]));
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto element = static_cast<std::int64_t>(i);  // output channel, input channel, tap
            const std::int64_t taps = shape.size() > 2 ? shape[2] * shape[3] : 1;
            const bool centre = element % taps == taps / 2;
            values[i] = centre ? static_cast<float>(value(element / strides[0], element % strides[0] / taps)) : 0;
        }
        tensors.emplace_back(
            name, tensor(storage(std::to_string(storages.size()), strides[0] * shape[0]), 0, shape, strides));
        storages.push_back(floats(values));
    };
    const auto conv = [&](const std::string& name, std::int64_t out, std::int64_t in, std::int64_t side,
                          const auto& weight, const auto& bias) {
        add(name + ".weight", {out, in, side, side}, weight);
        add(name + ".bias", {out}, bias);
    };
    const auto zero = [](std::int64_t, std::int64_t) { return 0.0; };
    const auto same = [](std::int64_t out, std::int64_t in) { return out == in ? 1.0 : 0.0; };
    conv("conv_1.sk", features, 3, 1, same, zero);
    conv("conv_1.conv.0", 6, 3, 1, zero, zero);
    conv("conv_1.conv.1", 2 * features, 6, 3, zero, zero);
    conv("conv_1.conv.2", features, 2 * features, 1, zero, zero);
    conv("conv_1.eval_conv", features, 3, 3, zero, zero);
    for (char block = '1'; block <= '6'; ++block)
        for (const char* layer : {".c1_r", ".c2_r", ".c3_r"})
            conv(std::string("block_") + block + layer + ".eval_conv", features, features, 3, zero, zero);
    conv("conv_2.eval_conv", features, features, 3, zero, zero);
    conv("conv_cat", features, 4 * features, 1, same, zero);
    const double mean[] = {0.4488, 0.4371, 0.4040};
    conv(
        "upsampler.0", 12, features, 3,
        [&](std::int64_t out, std::int64_t in) { return out / 4 == in ? (centred ? 1.0 / 255 : 1.0) : 0.0; },
        [&](std::int64_t out, std::int64_t) { return centred ? mean[out / 4] : 0.0; });
    if (!centred) add("no_norm", {1}, zero);
    depix::write_file(path, pytorch_zip(dict({{"params_ema", dict(tensors)}}), storages));
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string> a(arguments + 1, arguments + count);
    try {
        if (a.size() >= 5 && a[0] == "make") {
            const auto seed = static_cast<std::uint64_t>(a.size() > 5 ? std::stoi(a[5]) : 1);
            depix::write_image_file(a[1], make(std::stoi(a[2]), std::stoi(a[3]), a[4], seed));
        } else if (a.size() == 4 && a[0] == "turned") {
            write_turned(a[1], std::stoi(a[2]), std::stoi(a[3]));
        } else if (a.size() == 3 && a[0] == "pages") {
            write_pages(a[1], std::stoi(a[2]));
        } else if (a.size() >= 4 && a[0] == "annotated") {
            write_annotated(a[1], std::stoi(a[2]), std::stoi(a[3]), a.size() > 4);
        } else if (a.size() == 2 && a[0] == "metadata") {
            print_metadata(a[1]);
        } else if (a.size() == 5 && a[0] == "folder") {
            std::filesystem::create_directories(a[1]);
            for (int i = 0; i < std::stoi(a[2]); ++i) {
                char name[16];
                std::snprintf(name, sizeof name, "/%04d.png", i);
                depix::write_image(a[1] + name,
                                   draw(3, std::stoi(a[3]), std::stoi(a[4]), static_cast<std::uint64_t>(i)));
            }
        } else if (a.size() == 3 && a[0] == "hidden") {
            write_hidden(a[1], std::stoi(a[2]));
        } else if (a.size() == 2 && a[0] == "colours") {
            write_colours(a[1]);
        } else if (a.size() == 3 && a[0] == "chroma") {
            return is_coloured(a[1], std::stof(a[2])) ? 0 : 1;
        } else if (a.size() == 4 && a[0] == "weights") {
            write_weights(a[1], a[2], a[3]);
        } else if (a.size() == 3 && a[0] == "doubled") {
            return is_doubled(a[1], a[2]) ? 0 : 1;
        } else if (a.size() == 3 && a[0] == "span") {
            write_span(a[1], a[2] == "centred");
        } else if (a.size() == 2 && a[0] == "info") {
            print_info(a[1]);
        } else {
            return 2;
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "pictures: %s\n", error.what());
        return 1;
    }
    return 0;
}

// WebP by libwebp; metadata by libwebpmux.
#include <webp/decode.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "../formats.hpp"
#include "depix/error.hpp"
#include "shared_library.hpp"

// The functions that are used.
// clang-format off
#define DEPIX_WEBP_FUNCTIONS(F)                                                                                       \
    F(WebPConfigInitInternal) F(WebPDecodeRGBAInto) F(WebPDecodeRGBInto) F(WebPEncode) F(WebPFree) \
    F(WebPGetFeaturesInternal) F(WebPMemoryWrite) F(WebPMemoryWriterClear) F(WebPMemoryWriterInit) \
    F(WebPPictureFree) F(WebPPictureImportRGB) F(WebPPictureImportRGBA) F(WebPPictureInitInternal)
#define DEPIX_WEBPMUX_FUNCTIONS(F)                                                                                    \
    F(WebPMuxAssemble) F(WebPMuxCreateInternal) F(WebPMuxDelete) F(WebPMuxGetChunk) F(WebPMuxSetChunk)
// clang-format on

namespace tool::webp {
namespace {

using depix::Image;
using depix::ImageFile;

DEPIX_TOOL_LIBRARY(webp_library, DEPIX_TOOL_WITH_WEBP, DEPIX_WEBP_FUNCTIONS)
DEPIX_TOOL_LIBRARY(mux_library, DEPIX_TOOL_WITH_WEBPMUX, DEPIX_WEBPMUX_FUNCTIONS)

void require_libraries(const std::string& name) {
    webp_library().require(name);
    mux_library().require(name);
}

constexpr int largest_side = WEBP_MAX_DIMENSION;

const std::uint8_t* data_of(FileBytes bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }

struct MuxDelete {
    void operator()(WebPMux* mux) const { WebPMuxDelete(mux); }
};

depix::detail::ImageMetadata read_metadata(FileBytes file) {
    namespace detail = depix::detail;
    detail::ImageMetadata metadata;
    const WebPData data{data_of(file), file.size()};
    const std::unique_ptr<WebPMux, MuxDelete> mux(WebPMuxCreateInternal(&data, 0, WEBP_MUX_ABI_VERSION));
    if (mux == nullptr) {
        detail::warn_left_out(metadata, "damaged metadata");
        return metadata;
    }
    const auto chunk = [&](const char* name) -> FileBytes {
        WebPData found{};
        if (WebPMuxGetChunk(mux.get(), name, &found) != WEBP_MUX_OK) return {};
        return {reinterpret_cast<const std::byte*>(found.bytes), found.size};
    };
    const FileBytes profile = chunk("ICCP"), exif = chunk("EXIF"), xmp = chunk("XMP ");
    if (profile.size() <= detail::maximum_metadata_bytes) metadata.icc_profile.assign(profile.begin(), profile.end());
    if (!exif.empty()) {
        const bool named = detail::Bytes(exif).starts_with(detail::exif_name);  // as in JPEG
        take_exif(metadata, named ? exif.subspan(detail::exif_name.size()) : exif);
    }
    if (!xmp.empty()) take_xmp(metadata, xmp);
    finish_metadata(metadata);
    return metadata;
}

ImageFile read(FileBytes file, int, const depix::ImageLimits& limits, const std::string& name) {
    const auto fail = [&](const std::string& what) { throw depix::FileError(name, what); };
    const depix::detail::Bytes bytes(file);
    if (file.size() > limits.maximum_bytes)
        fail("a file of " + std::to_string(file.size()) + " bytes; the limit is " +
             std::to_string(limits.maximum_bytes));
    require_libraries(name);
    if (bytes.little32(4) > file.size() - 8) fail("a truncated WebP file");
    WebPBitstreamFeatures features;
    if (WebPGetFeaturesInternal(data_of(file), file.size(), &features, WEBP_DECODER_ABI_VERSION) != VP8_STATUS_OK)
        fail("a damaged WebP file");
    if (features.has_animation != 0) fail("an animated WebP file, which depix does not read");
    const int width = features.width, height = features.height;
    if (width < 1 || height < 1) fail("a picture without pixels");
    const std::size_t pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    if (pixels > limits.maximum_pixels)
        fail("a picture of " + std::to_string(width) + "x" + std::to_string(height) + " pixels; the limit is " +
             std::to_string(limits.maximum_pixels));

    const int channels = features.has_alpha != 0 ? 4 : 3;
    std::vector<std::uint8_t> samples(pixels * static_cast<std::size_t>(channels));
    const auto decode = channels == 4 ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
    if (decode(data_of(file), file.size(), samples.data(), samples.size(), channels * width) == nullptr)
        fail("a damaged WebP file");
    ImageFile image;
    image.color = depix::detail::planar_image(samples.data(), {channels, height, width}, 255.0f);
    image.alpha = depix::detail::split_alpha(image.color);
    depix::detail::drop_equal_channels(image.color);  // WebP has no grey
    depix::detail::add_metadata(image, read_metadata(file));
    return image;
}

// The picture as WebP's encoder takes it.
class Picture {
  public:
    explicit Picture(const ImageFile& image) {
        if (WebPPictureInitInternal(&picture_, WEBP_ENCODER_ABI_VERSION) == 0)
            throw depix::Error("libwebp is of another version than its header");
        const auto [channels, height, width] = image.color.shape;
        picture_.use_argb = 1;
        picture_.width = width;
        picture_.height = height;
        Image both = depix::convert_channels(image.color, image.alpha.pixels.empty() ? 3 : 4);
        std::copy(image.alpha.pixels.begin(), image.alpha.pixels.end(),
                  both.pixels.end() - static_cast<std::ptrdiff_t>(image.alpha.pixels.size()));
        const std::vector<unsigned char> samples = depix::detail::interleaved_bytes(both);
        const auto import = both.shape.channels == 4 ? WebPPictureImportRGBA : WebPPictureImportRGB;
        if (import(&picture_, samples.data(), both.shape.channels * width) == 0) throw depix::Error("out of memory");
    }
    Picture(const Picture&) = delete;
    Picture& operator=(const Picture&) = delete;
    ~Picture() { WebPPictureFree(&picture_); }
    WebPPicture* get() { return &picture_; }

  private:
    WebPPicture picture_;
};

class Memory {
  public:
    Memory() { WebPMemoryWriterInit(&writer_); }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { WebPMemoryWriterClear(&writer_); }
    WebPMemoryWriter* get() { return &writer_; }

  private:
    WebPMemoryWriter writer_;
};

void append(std::vector<std::byte>& file, const ImageFile& image, int quality) {
    require_libraries("WebP");
    depix::detail::check_image(image);
    const depix::Shape shape = image.color.shape;
    if (shape.height > largest_side || shape.width > largest_side)
        throw depix::ShapeError("a picture of " + depix::to_string(shape) +
                                " does not fit into a WebP file; the limit is " + std::to_string(largest_side) +
                                " rows and columns");
    WebPConfig config;
    if (WebPConfigInitInternal(&config, WEBP_PRESET_DEFAULT, 75, WEBP_ENCODER_ABI_VERSION) == 0)
        throw depix::Error("libwebp is of another version than its header");
    config.quality = static_cast<float>(std::clamp(quality, 1, 100));
    config.lossless = quality >= 100 ? 1 : 0;
    Picture picture(image);
    Memory memory;
    picture.get()->writer = WebPMemoryWrite;
    picture.get()->custom_ptr = memory.get();
    if (WebPEncode(&config, picture.get()) == 0)
        throw depix::Error("a WebP file could not be compressed: error " +
                           std::to_string(static_cast<int>(picture.get()->error_code)) + " of libwebp");

    const depix::detail::ImageMetadata metadata = depix::detail::metadata_to_write(image);
    const WebPData pixels{memory.get()->mem, memory.get()->size};
    const std::unique_ptr<WebPMux, MuxDelete> mux(WebPMuxCreateInternal(&pixels, 0, WEBP_MUX_ABI_VERSION));
    WebPData whole{};
    bool good = mux != nullptr;
    for (const auto& [name, bytes] : {std::pair("ICCP", &metadata.icc_profile), std::pair("EXIF", &metadata.exif),
                                      std::pair("XMP ", &metadata.xmp)}) {
        const WebPData chunk{data_of(*bytes), bytes->size()};
        if (good && !bytes->empty()) good = WebPMuxSetChunk(mux.get(), name, &chunk, 0) == WEBP_MUX_OK;
    }
    good = good && WebPMuxAssemble(mux.get(), &whole) == WEBP_MUX_OK;
    if (good) {
        file.clear();
        try {
            depix::detail::append_bytes(file, {reinterpret_cast<const std::byte*>(whole.bytes), whole.size});
        } catch (...) {
            WebPFree(const_cast<std::uint8_t*>(whole.bytes));
            throw;
        }
    }
    WebPFree(const_cast<std::uint8_t*>(whole.bytes));
    if (!good) throw depix::Error("a WebP file could not be made: out of memory");
}

// WebP has ICC, EXIF and XMP; the resolution only in EXIF.
std::vector<std::string> left_out(const ImageFile& image) {
    std::vector<std::string> names;
    for (const std::string& name : depix::metadata_left_out(image, depix::ImageFormat::BMP)) {
        const depix::detail::ImageMetadata metadata = depix::detail::metadata_to_write(image);
        if ((name == "EXIF" && !metadata.exif.empty()) || (name == "XMP" && !metadata.xmp.empty()) ||
            (name == "the ICC profile" && !metadata.icc_profile.empty()))
            continue;
        names.push_back(name);
    }
    std::vector<std::byte> exif = image.exif;
    if (image.density.across > 0 && depix::detail::exif_density(exif) == depix::Density{})
        names.emplace_back("pixels per inch");
    return names;
}

}  // namespace
}  // namespace tool::webp

tool::Format tool::webp_format() {
    Format format{.name = "WebP", .extensions = {"webp"}};
    format.about = "8 bits, transparency; not animated; written without loss with -q 100";
    format.library = "libwebp";
    format.is_kind_of = is_webp;
    format.read = webp::read;
    format.append = webp::append;
    format.left_out = webp::left_out;
    format.is_available = [] { return webp::webp_library().is_loaded() && webp::mux_library().is_loaded(); };
    return format;
}

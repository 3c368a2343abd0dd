// Reads JPEG XL by libjxl.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <jxl/decode.h>

#include "../formats.hpp"
#include "depix/error.hpp"
#include "shared_library.hpp"

// The functions that are used.
// clang-format off
#define DEPIX_JXL_FUNCTIONS(F)                                                                                        \
    F(JxlDecoderCloseInput) F(JxlDecoderCreate) F(JxlDecoderDestroy) F(JxlDecoderGetBasicInfo) F(JxlDecoderGetBoxType) \
    F(JxlDecoderGetColorAsEncodedProfile) F(JxlDecoderGetColorAsICCProfile) F(JxlDecoderGetExtraChannelInfo) \
    F(JxlDecoderGetICCProfileSize) F(JxlDecoderImageOutBufferSize) F(JxlDecoderProcessInput) \
    F(JxlDecoderReleaseBoxBuffer) F(JxlDecoderSetBoxBuffer) F(JxlDecoderSetDecompressBoxes) \
    F(JxlDecoderSetImageOutBuffer) F(JxlDecoderSetInput) F(JxlDecoderSetUnpremultiplyAlpha) \
    F(JxlDecoderSubscribeEvents)
// clang-format on

namespace tool::jxl {
namespace {

DEPIX_TOOL_LIBRARY(library, DEPIX_TOOL_WITH_JXL, DEPIX_JXL_FUNCTIONS)

struct Destroy {
    void operator()(JxlDecoder* decoder) const { JxlDecoderDestroy(decoder); }
};

class Reader {
  public:
    Reader(FileBytes file, const depix::ImageLimits& limits, const std::string& name) : limits_(limits), name_(name) {
        if (file.size() > limits.maximum_bytes)
            fail("a file of " + std::to_string(file.size()) + " bytes; the limit is " +
                 std::to_string(limits.maximum_bytes));
        library().require(name);
        decoder_.reset(JxlDecoderCreate(nullptr));
        const int events = JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE | JXL_DEC_BOX;
        if (decoder_ == nullptr || JxlDecoderSubscribeEvents(get(), events) != JXL_DEC_SUCCESS)
            throw depix::Error("libjxl cannot be used: out of memory");
        // Without Brotli, libjxl leaves compressed metadata as they are.
        unpacks_boxes_ = JxlDecoderSetDecompressBoxes(get(), JXL_TRUE) == JXL_DEC_SUCCESS;
        JxlDecoderSetUnpremultiplyAlpha(get(), JXL_TRUE);
        JxlDecoderSetInput(get(), reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
        JxlDecoderCloseInput(get());
    }

    depix::ImageFile read() {
        bool complete = false;
        for (;;) {
            switch (JxlDecoderProcessInput(get())) {
                case JXL_DEC_BASIC_INFO:
                    read_info();
                    break;
                case JXL_DEC_COLOR_ENCODING:
                    read_profile();
                    break;
                case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
                    make_room();
                    break;
                case JXL_DEC_FULL_IMAGE:
                    complete = true;
                    break;
                case JXL_DEC_BOX:
                    end_box();
                    begin_box();
                    break;
                case JXL_DEC_BOX_NEED_MORE_OUTPUT:
                    enlarge_box();
                    break;
                case JXL_DEC_SUCCESS:
                    end_box();
                    if (!complete) fail("a truncated JPEG XL file");
                    return image();
                case JXL_DEC_NEED_MORE_INPUT:
                    fail("a truncated JPEG XL file");
                default:
                    fail("a damaged or truncated JPEG XL file");
            }
        }
    }

  private:
    JxlDecoder* get() const { return decoder_.get(); }
    [[noreturn]] void fail(const std::string& what) const { throw depix::FileError(name_, what); }

    void read_info() {
        if (JxlDecoderGetBasicInfo(get(), &info_) != JXL_DEC_SUCCESS) fail("a damaged JPEG XL file");
        if (info_.have_animation != 0) fail("an animated JPEG XL file, which depix does not read");
        if (info_.exponent_bits_per_sample > 0 || info_.bits_per_sample > 16)
            fail("a JPEG XL file of floating-point numbers or of more than 16 bits, which depix does not read");
        if (info_.xsize == 0 || info_.ysize == 0) fail("a picture without pixels");
        const std::uint64_t pixels = std::uint64_t{info_.xsize} * info_.ysize;
        if (pixels > limits_.maximum_pixels || info_.xsize > INT32_MAX || info_.ysize > INT32_MAX)
            fail("a picture of " + std::to_string(info_.xsize) + "x" + std::to_string(info_.ysize) +
                 " pixels; the limit is " + std::to_string(limits_.maximum_pixels));
        metadata_.bits = info_.bits_per_sample > 8 ? 16 : 8;
        std::uint32_t others = 0;
        for (std::uint32_t i = 0; i < info_.num_extra_channels; ++i) {
            JxlExtraChannelInfo channel{};
            if (JxlDecoderGetExtraChannelInfo(get(), i, &channel) != JXL_DEC_SUCCESS) fail("a damaged JPEG XL file");
            if (channel.type == JXL_CHANNEL_BLACK) fail("a JPEG XL file of CMYK, which depix does not read");
            if (channel.type != JXL_CHANNEL_ALPHA && channel.type != JXL_CHANNEL_SPOT_COLOR) ++others;
        }
        if (others > 0) warn_left_out(metadata_, "a channel that is neither colour nor alpha");
        const auto channels = info_.num_color_channels + (info_.alpha_bits > 0 ? 1u : 0u);
        format_ = {channels, metadata_.bits == 16 ? JXL_TYPE_UINT16 : JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
    }

    // The profile of the decoded values. sRGB needs none.
    void read_profile() {
        JxlColorEncoding color{};
        if (JxlDecoderGetColorAsEncodedProfile(get(), &format_, JXL_COLOR_PROFILE_TARGET_DATA, &color) ==
                JXL_DEC_SUCCESS &&
            color.transfer_function == JXL_TRANSFER_FUNCTION_SRGB && color.white_point == JXL_WHITE_POINT_D65 &&
            (color.color_space == JXL_COLOR_SPACE_GRAY || color.primaries == JXL_PRIMARIES_SRGB))
            return;
        std::size_t size = 0;
        if (JxlDecoderGetICCProfileSize(get(), &format_, JXL_COLOR_PROFILE_TARGET_DATA, &size) != JXL_DEC_SUCCESS ||
            size > depix::detail::maximum_metadata_bytes) {
            warn_left_out(metadata_, "a colour profile that cannot be read");
            return;
        }
        metadata_.icc_profile.resize(size);
        if (JxlDecoderGetColorAsICCProfile(get(), &format_, JXL_COLOR_PROFILE_TARGET_DATA,
                                           reinterpret_cast<std::uint8_t*>(metadata_.icc_profile.data()),
                                           size) != JXL_DEC_SUCCESS)
            fail("a damaged JPEG XL file");
    }

    void make_room() {
        const std::size_t count = std::size_t{info_.xsize} * info_.ysize * format_.num_channels;
        std::size_t bytes = 0;
        samples_.resize(count * (metadata_.bits == 16 ? 2 : 1));
        if (JxlDecoderImageOutBufferSize(get(), &format_, &bytes) != JXL_DEC_SUCCESS || bytes != samples_.size() ||
            JxlDecoderSetImageOutBuffer(get(), &format_, samples_.data(), bytes) != JXL_DEC_SUCCESS)
            fail("a damaged JPEG XL file");
    }

    void begin_box() {
        JxlBoxType type{};
        if (JxlDecoderGetBoxType(get(), type, unpacks_boxes_ ? JXL_TRUE : JXL_FALSE) != JXL_DEC_SUCCESS) return;
        const std::string_view name(type, 4);
        box_ = name == "Exif" ? &exif_ : name == "xml " ? &xmp_ : nullptr;
        if (name == "brob") warn_left_out(metadata_, "compressed metadata");
        if (box_ == nullptr || !box_->empty()) {  // the first of each kind
            box_ = nullptr;
            return;
        }
        box_->resize(std::size_t{1} << 12);
        set_box(0);
    }
    void set_box(std::size_t filled) {
        JxlDecoderSetBoxBuffer(get(), reinterpret_cast<std::uint8_t*>(box_->data()) + filled, box_->size() - filled);
    }
    void enlarge_box() {
        if (box_ == nullptr) fail("a damaged JPEG XL file");
        const std::size_t filled = box_->size() - JxlDecoderReleaseBoxBuffer(get());
        if (filled > depix::detail::maximum_metadata_bytes) fail("a JPEG XL file with metadata that are too large");
        box_->resize(2 * box_->size());
        set_box(filled);
    }
    void end_box() {
        if (box_ != nullptr) box_->resize(box_->size() - JxlDecoderReleaseBoxBuffer(get()));
        box_ = nullptr;
    }

    depix::ImageFile image() {
        const depix::Shape shape{static_cast<int>(format_.num_channels), static_cast<int>(info_.ysize),
                                 static_cast<int>(info_.xsize)};
        depix::ImageFile image;
        image.color =
            metadata_.bits == 16
                ? depix::detail::planar_image(reinterpret_cast<const std::uint16_t*>(samples_.data()), shape, 65535.0f)
                : depix::detail::planar_image(samples_.data(), shape, 255.0f);
        image.alpha = depix::detail::split_alpha(image.color);
        if (!exif_.empty()) {
            // Four bytes say where the TIFF header is. libjxl has turned the picture upright, whatever EXIF says.
            const std::size_t start = exif_.size() >= 4 ? 4 + std::size_t{depix::detail::Bytes(exif_).big32(0)} : 4;
            take_exif(metadata_, FileBytes(exif_).subspan(std::min(start, exif_.size())));
            metadata_.orientation = 1;
        }
        if (!xmp_.empty()) take_xmp(metadata_, xmp_);
        finish_metadata(metadata_);
        depix::detail::add_metadata(image, std::move(metadata_));
        return image;
    }

    depix::ImageLimits limits_;
    std::string name_;
    std::unique_ptr<JxlDecoder, Destroy> decoder_;
    JxlBasicInfo info_{};
    JxlPixelFormat format_{3, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
    depix::detail::ImageMetadata metadata_;
    std::vector<std::uint8_t> samples_;  // the allocator aligns them for 16 bits
    std::vector<std::byte> exif_, xmp_;
    std::vector<std::byte>* box_ = nullptr;  // the one that is read, of these two
    bool unpacks_boxes_ = false;
};

depix::ImageFile read(FileBytes file, int, const depix::ImageLimits& limits, const std::string& name) {
    return Reader(file, limits, name).read();
}

}  // namespace
}  // namespace tool::jxl

tool::Format tool::jxl_format() {
    Format format{.name = "JPEG XL", .extensions = {"jxl"}};
    format.about = "up to 16 bits, transparency; not animated; not written";
    format.library = "libjxl";
    format.is_kind_of = is_jxl;
    format.read = jxl::read;
    format.is_available = [] { return jxl::library().is_loaded(); };
    return format;
}

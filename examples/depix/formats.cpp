#include "formats.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "depix/error.hpp"

namespace {

using depix::ImageFile;
using depix::ImageFormat;
using tool::FileBytes;
using tool::Format;

bool starts_with(FileBytes file, std::string_view text, std::size_t at = 0) {
    return depix::detail::Bytes(file).starts_with(text, at);
}

ImageFile read_by_depix(FileBytes file, int, const depix::ImageLimits& limits, const std::string& name) {
    return depix::decode_image_file(file, limits, name);
}

ImageFile read_jpeg(FileBytes file, int, const depix::ImageLimits& limits, const std::string& name) {
#ifdef DEPIX_TOOL_WITH_JPEG
    if (tool::has_arithmetic_coding(file)) return tool::read_arithmetic_jpeg(file, limits, name);
#endif
    return depix::decode_image_file(file, limits, name);
}

template <ImageFormat Kind>
void append_by_depix(std::vector<std::byte>& file, const ImageFile& image, int quality) {
    file = depix::encode_image_file(image, Kind, quality);
}

template <ImageFormat Kind>
std::vector<std::string> left_out_by_depix(const ImageFile& image) {
    return depix::metadata_left_out(image, Kind);
}

// A format of depix itself.
template <ImageFormat Kind>
Format own_format(const char* name, std::vector<std::string_view> extensions, const char* about,
                  bool (*is_kind_of)(FileBytes)) {
    Format format{.name = name, .extensions = std::move(extensions), .about = about};
    format.holds_alpha = Kind != ImageFormat::JPEG;
    format.is_kind_of = is_kind_of;
    format.read = Kind == ImageFormat::JPEG ? read_jpeg : read_by_depix;
    format.append = append_by_depix<Kind>;
    format.left_out = left_out_by_depix<Kind>;
    return format;
}

// A format that this build could have.
[[maybe_unused]] Format missing_format(const char* name, std::vector<std::string_view> extensions, const char* library,
                                       bool (*is_kind_of)(FileBytes)) {
    return {.name = name,
            .extensions = std::move(extensions),
            .about = "this build was made without it",
            .library = library,
            .is_kind_of = is_kind_of};
}

}  // namespace

const std::vector<Format>& tool::formats() {
    static const std::vector<Format> all{
        own_format<ImageFormat::PNG>("PNG", {"png"}, "1 to 16 bits, palettes, transparency, interlaced",
                                     [](FileBytes file) { return starts_with(file, "\x89PNG\r\n\x1A\n"); }),
        own_format<ImageFormat::JPEG>("JPEG", {"jpg", "jpeg", "jpe", "jfif"},
#ifdef DEPIX_TOOL_WITH_JPEG
                                      "8 bits, baseline and progressive, also with arithmetic coding (libjpeg); grey, "
                                      "RGB, CMYK; turned as EXIF says",
#else
                                      "8 bits, baseline and progressive; grey, RGB, CMYK; turned as EXIF says",
#endif
                                      [](FileBytes file) { return starts_with(file, "\xFF\xD8"); }),
        own_format<ImageFormat::BMP>("BMP", {"bmp", "dib"},
                                     "1 to 32 bits, run-length encoded, either way up; written with 24 bits",
                                     [](FileBytes file) { return starts_with(file, "BM"); }),
#ifdef DEPIX_TOOL_WITH_TIFF
        tiff_format(),
#else
        missing_format("TIFF", {"tif", "tiff"}, "libtiff", tool::is_tiff),
#endif
#ifdef DEPIX_TOOL_WITH_WEBP
        webp_format(),
#else
        missing_format("WebP", {"webp"}, "libwebp", tool::is_webp),
#endif
#ifdef DEPIX_TOOL_WITH_JXL
        jxl_format(),
#else
        missing_format("JPEG XL", {"jxl"}, "libjxl", tool::is_jxl),
#endif
    };
    return all;
}

bool tool::is_tiff(FileBytes file) {
    return starts_with(file, std::string_view("II\x2A\0", 4)) || starts_with(file, std::string_view("MM\0\x2A", 4)) ||
           starts_with(file, std::string_view("II\x2B\0", 4)) || starts_with(file, std::string_view("MM\0\x2B", 4));
}

bool tool::is_webp(FileBytes file) { return starts_with(file, "RIFF") && starts_with(file, "WEBP", 8); }

bool tool::is_jxl(FileBytes file) {
    // The picture alone, or in a container that also holds metadata.
    return starts_with(file, "\xFF\x0A") || starts_with(file, std::string_view("\0\0\0\x0CJXL \r\n\x87\n", 12));
}

const Format* tool::find_format(std::string extension) {
    for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (extension.starts_with('.')) extension.erase(0, 1);
    for (const Format& format : formats())
        if (std::find(format.extensions.begin(), format.extensions.end(), extension) != format.extensions.end())
            return &format;
    return nullptr;
}

const Format& tool::format_of(FileBytes file, const std::string& name) {
    for (const Format& format : formats()) {
        if (!format.is_kind_of(file)) continue;
        if (format.read == nullptr)
            throw depix::FileError(name, std::string("a ") + format.name +
                                             " file, which this build does not read: it " + "was made without " +
                                             format.library);
        return format;
    }
    throw depix::FileError(name, "not a picture of a kind that this build reads (depix formats)");
}

std::vector<std::string> tool::more_extensions() {
    std::vector<std::string> extensions;
    for (const Format& format : formats())
        if (format.library != nullptr && format.read != nullptr)
            for (const std::string_view extension : format.extensions)
                extensions.push_back(std::string(".").append(extension));
    return extensions;
}

std::string tool::written_formats() {
    std::string names;
    for (const Format& format : formats())
        if (format.append != nullptr) names.append(names.empty() ? "" : ", ").append(format.extensions[0]);
    return names;
}

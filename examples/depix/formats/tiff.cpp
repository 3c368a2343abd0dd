// Writes TIFF by libtiff; tiff_read.cpp reads it.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "depix/error.hpp"
#include "tiff_exif.hpp"
#include "tiff_memory.hpp"

namespace tool::tiff {
namespace {

using depix::ImageFile;

void set_tags(TIFF* tiff, const ImageFile& image) {
    const auto [channels, height, width] = image.color.shape;
    const bool has_alpha = !image.alpha.pixels.empty();
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(width));
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(height));
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, image.bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, channels + (has_alpha ? 1 : 0));
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, channels == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, TIFFDefaultStripSize(tiff, 0));
    const std::uint16_t kind = EXTRASAMPLE_UNASSALPHA;
    if (has_alpha) TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
    if (image.density.across > 0) {
        TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
        TIFFSetField(tiff, TIFFTAG_XRESOLUTION, image.density.across * depix::metres_per_inch);
        TIFFSetField(tiff, TIFFTAG_YRESOLUTION, image.density.down * depix::metres_per_inch);
    }
    const depix::detail::ImageMetadata metadata = depix::detail::metadata_to_write(image);
    const auto set_bytes = [&](std::uint32_t number, const std::vector<std::byte>& bytes, std::size_t unit) {
        if (!bytes.empty()) TIFFSetField(tiff, number, static_cast<std::uint32_t>(bytes.size() / unit), bytes.data());
    };
    set_bytes(TIFFTAG_ICCPROFILE, metadata.icc_profile, 1);
    set_bytes(TIFFTAG_XMLPACKET, metadata.xmp, 1);
    const std::size_t unit = value_bytes(tiff, TIFFTAG_RICHTIFFIPTC);
    std::vector<std::byte> iptc = metadata.iptc;
    iptc.resize((iptc.size() + unit - 1) / unit * unit);
    set_bytes(TIFFTAG_RICHTIFFIPTC, iptc, unit);
}

void append(std::vector<std::byte>& file, const ImageFile& image, int) {
    library().require("TIFF");
    depix::detail::check_image(image);
    const auto [channels, height, width] = image.color.shape;
    const bool has_alpha = !image.alpha.pixels.empty();
    const auto samples = static_cast<std::size_t>(channels + (has_alpha ? 1 : 0));
    const auto sample_bytes = static_cast<std::size_t>(image.bits / 8);
    const std::size_t row_bytes = static_cast<std::size_t>(width) * samples * sample_bytes;
    const auto fail = [](const Memory& memory) {
        throw depix::Error("a TIFF file could not be made" +
                           (memory.error.empty() ? std::string() : ": " + memory.error));
    };
    if (file.size() + row_bytes * static_cast<std::size_t>(height) > 0xF0000000u)
        throw depix::ShapeError("the pictures are too large for a TIFF file; the limit is 4 GB");
    Memory memory{.file = &file};
    File tiff = open_memory(memory, file.empty() ? "w" : "a", 0);
    if (tiff == nullptr) fail(memory);
    set_tags(tiff.get(), image);
    std::vector<unsigned char> row(row_bytes);
    for (int y = 0; y < height; ++y) {
        for (std::size_t c = 0; c < samples; ++c) {
            const float* values = c < static_cast<std::size_t>(channels) ? &image.color(static_cast<int>(c), y, 0)
                                                                         : &image.alpha(0, y, 0);
            depix::detail::write_samples(values, width, image.bits / 8, row.data() + c * sample_bytes,
                                         samples * sample_bytes);
        }
        // write_samples writes the higher byte first, libtiff takes this machine's order.
        if (image.bits == 16)
            for (std::size_t i = 0; i < row.size(); i += 2) {
                const auto value = static_cast<std::uint16_t>(row[i] << 8 | row[i + 1]);
                std::memcpy(&row[i], &value, 2);
            }
        if (TIFFWriteScanline(tiff.get(), row.data(), static_cast<std::uint32_t>(y), 0) != 1) fail(memory);
    }
    if (TIFFWriteDirectory(tiff.get()) != 1) fail(memory);
    tiff.reset();
    if (!memory.error.empty()) fail(memory);
    const depix::detail::ImageMetadata metadata = depix::detail::metadata_to_write(image);
    if (!metadata.exif.empty()) add_exif(file, metadata.exif);
}

std::vector<std::string> left_out(const ImageFile& image) {
    std::vector<std::string> names;
    for (const std::string& name : depix::metadata_left_out(image, depix::ImageFormat::PNG)) names.push_back(name);
    for (const std::string& name : depix::metadata_left_out(image, depix::ImageFormat::BMP))
        if (name == "the gamma (gAMA)") names.push_back(name);
    return names;
}

}  // namespace
}  // namespace tool::tiff

tool::Format tool::tiff_format() {
    Format format{.name = "TIFF", .extensions = {"tif", "tiff"}};
    format.about = "1 to 16 bits, transparency, one or several pages; written with Deflate";
    format.library = "libtiff";
    format.holds_pages = true;
    format.is_kind_of = is_tiff;
    format.count_pages = tiff::count_pages;
    format.read = tiff::read_page;
    format.append = tiff::append;
    format.left_out = tiff::left_out;
    format.is_available = [] { return tiff::library().is_loaded(); };
    return format;
}

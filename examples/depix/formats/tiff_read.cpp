// Reads TIFF by libtiff: one picture in each of a file's directories.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "depix/error.hpp"
#include "tiff_exif.hpp"
#include "tiff_memory.hpp"

namespace tool::tiff {
namespace {

using depix::Image;
using depix::ImageFile;
using depix::Shape;

constexpr int most_pages = 65535;

class Reader {
  public:
    Reader(FileBytes bytes, const depix::ImageLimits& limits, const std::string& name)
        : memory_{.content = bytes}, limits_(limits), name_(name) {
        if (bytes.size() > limits.maximum_bytes)
            fail("a file of " + std::to_string(bytes.size()) + " bytes; the limit is " +
                 std::to_string(limits.maximum_bytes));
        library().require(name);
        // The picture in four channels of 16 bits, or all of a compressed file.
        file_ = open_memory(memory_, "rm", 8 * limits.maximum_pixels + bytes.size() + 65536);
        if (file_ == nullptr) damaged();
    }

    /// The directories that are pages: not the smaller versions of others, and not masks.
    std::vector<tdir_t> pages() {
        std::vector<tdir_t> found;
        do {
            const auto kind = tag<std::uint32_t>(file_.get(), TIFFTAG_SUBFILETYPE);
            if ((kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0)
                found.push_back(TIFFCurrentDirectory(file_.get()));
            if (found.size() > most_pages) fail("a TIFF file of more than 65535 pages");
        } while (TIFFReadDirectory(file_.get()) == 1);
        if (!memory_.error.empty()) damaged();
        if (found.empty()) fail("a TIFF file without a picture");
        return found;
    }

    ImageFile read(tdir_t directory) {
        if (TIFFSetDirectory(file_.get(), directory) != 1) damaged();
        width_ = tag<std::uint32_t>(file_.get(), TIFFTAG_IMAGEWIDTH);
        height_ = tag<std::uint32_t>(file_.get(), TIFFTAG_IMAGELENGTH);
        if (width_ == 0 || height_ == 0) fail("a picture without pixels");
        if (std::uint64_t{width_} * height_ > limits_.maximum_pixels || width_ > INT32_MAX || height_ > INT32_MAX)
            fail("a picture of " + std::to_string(width_) + "x" + std::to_string(height_) + " pixels; the limit is " +
                 std::to_string(limits_.maximum_pixels));
        bits_ = tag<std::uint16_t>(file_.get(), TIFFTAG_BITSPERSAMPLE, 1);
        samples_ = tag<std::uint16_t>(file_.get(), TIFFTAG_SAMPLESPERPIXEL, 1);
        photometric_ = tag<std::uint16_t>(file_.get(), TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
        const auto kind = tag<std::uint16_t>(file_.get(), TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
        if (kind != SAMPLEFORMAT_UINT && kind != SAMPLEFORMAT_VOID)
            fail(kind == SAMPLEFORMAT_IEEEFP ? "a TIFF file of floating-point numbers, which depix does not read"
                                             : "a TIFF file of signed or complex numbers, which depix does not read");
        depix::detail::ImageMetadata metadata = read_metadata();
        ImageFile image;
        const bool is_plain = photometric_ == PHOTOMETRIC_MINISBLACK || photometric_ == PHOTOMETRIC_MINISWHITE ||
                              photometric_ == PHOTOMETRIC_RGB;
        const int colours = photometric_ == PHOTOMETRIC_RGB ? 3 : 1;
        if (is_plain && (bits_ == 8 || bits_ == 16) && samples_ >= colours && TIFFIsTiled(file_.get()) == 0) {
            metadata.bits = bits_;
            read_rows(image, colours, metadata);
        } else {
            if (bits_ > 8)
                fail("a TIFF file of " + std::to_string(bits_) +
                     " bits a channel in tiles or in a colour space, which depix does not read");
            read_converted(image);
        }
        if (!memory_.error.empty()) damaged();
        add_metadata(image, std::move(metadata));
        return image;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const { throw depix::FileError(name_, what); }
    [[noreturn]] void damaged() const {
        fail("a damaged or truncated TIFF file, or one of a kind that libtiff does not read" +
             (memory_.error.empty() ? std::string() : ": " + memory_.error));
    }

    // Which channel is alpha, or -1, and whether colours are multiplied by it.
    std::pair<int, bool> find_alpha(int colours) const {
        std::uint16_t count = 0;
        const std::uint16_t* kinds = nullptr;
        if (TIFFGetField(file_.get(), TIFFTAG_EXTRASAMPLES, &count, &kinds) != 1) return {-1, false};
        for (int i = 0; i < count && colours + i < samples_; ++i)
            if (kinds[i] != EXTRASAMPLE_UNSPECIFIED) return {colours + i, kinds[i] == EXTRASAMPLE_ASSOCALPHA};
        return {-1, false};
    }

    // 8 or 16 bits a channel, row by row: exact.
    void read_rows(ImageFile& image, int colours, depix::detail::ImageMetadata& metadata) {
        const std::pair<int, bool> found = find_alpha(colours);
        const int alpha = found.first;  // no structured binding: clang's lambdas cannot capture one where OpenMP is on
        const bool multiplied = found.second;
        if (samples_ > colours + (alpha >= 0 ? 1 : 0))
            warn_left_out(metadata, "a channel that is neither colour nor alpha");
        const auto size = Shape{colours, static_cast<int>(height_), static_cast<int>(width_)};
        image.color = Image(size);
        if (alpha >= 0) image.alpha = Image({1, size.height, size.width});
        const bool separate =
            tag<std::uint16_t>(file_.get(), TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
        const auto row_samples = static_cast<std::size_t>(separate ? 1 : samples_) * width_;
        const auto needed = static_cast<tmsize_t>(row_samples * static_cast<std::size_t>(bits_ / 8));
        if (TIFFScanlineSize(file_.get()) != needed) fail("a damaged TIFF file: rows of an unexpected length");
        std::vector<std::uint8_t> row(static_cast<std::size_t>(needed));
        const float white = bits_ == 8 ? 255.0f : 65535.0f;
        const auto sample = [&](std::size_t i) {
            if (bits_ == 8) return static_cast<float>(row[i]) / white;
            std::uint16_t value = 0;
            std::memcpy(&value, &row[2 * i], 2);
            return static_cast<float>(value) / white;
        };
        const auto store = [&](int channel, int y, std::size_t first, std::size_t step) {
            float* to = channel == alpha    ? &image.alpha(0, y, 0)
                        : channel < colours ? &image.color(channel, y, 0)
                                            : nullptr;
            const bool inverted = channel < colours && photometric_ == PHOTOMETRIC_MINISWHITE;
            for (std::size_t x = 0; to != nullptr && x < width_; ++x) {
                const float value = sample(first + x * step);
                to[x] = inverted ? 1 - value : value;
            }
        };
        for (int plane = 0; plane < (separate ? samples_ : 1); ++plane)
            for (int y = 0; y < size.height; ++y) {
                if (TIFFReadScanline(file_.get(), row.data(), static_cast<std::uint32_t>(y),
                                     static_cast<std::uint16_t>(plane)) != 1)
                    damaged();
                if (separate)
                    store(plane, y, 0, 1);
                else
                    for (int c = 0; c < samples_; ++c)
                        store(c, y, static_cast<std::size_t>(c), static_cast<std::size_t>(samples_));
            }
        if (multiplied) divide_by_alpha(image);
    }

    // Everything else, converted by libtiff to 8 bits: palettes, 1 to 4 bits, CMYK, YCbCr, L*a*b*, tiles.
    void read_converted(ImageFile& image) {
        char why[1024] = "";
        if (TIFFRGBAImageOK(file_.get(), why) != 1) fail(std::string("a TIFF file that libtiff does not read: ") + why);
        TIFFSetField(file_.get(), TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);  // depix turns it itself
        std::vector<std::uint32_t> pixels(std::size_t{width_} * height_);
        if (TIFFReadRGBAImageOriented(file_.get(), width_, height_, pixels.data(), ORIENTATION_TOPLEFT, 1) != 1)
            damaged();
        const bool has_alpha = find_alpha(photometric_ == PHOTOMETRIC_RGB ? 3 : 1).first >= 0;
        const Shape shape{3, static_cast<int>(height_), static_cast<int>(width_)};
        image.color = Image(shape);
        if (has_alpha) image.alpha = Image({1, shape.height, shape.width});
        for (std::size_t i = 0; i < pixels.size(); ++i) {
            image.color.pixels[i] = static_cast<float>(TIFFGetR(pixels[i])) / 255.0f;
            image.color.pixels[pixels.size() + i] = static_cast<float>(TIFFGetG(pixels[i])) / 255.0f;
            image.color.pixels[2 * pixels.size() + i] = static_cast<float>(TIFFGetB(pixels[i])) / 255.0f;
            if (has_alpha) image.alpha.pixels[i] = static_cast<float>(TIFFGetA(pixels[i])) / 255.0f;
        }
        if (has_alpha) divide_by_alpha(image);
        if (photometric_ != PHOTOMETRIC_RGB) depix::detail::drop_equal_channels(image.color);
    }

    static void divide_by_alpha(ImageFile& image) {
        const std::size_t area = image.color.shape.area();
        for (std::size_t i = 0; i < image.color.pixels.size(); ++i)
            if (const float alpha = image.alpha.pixels[i % area]; alpha > 0)
                image.color.pixels[i] = std::min(image.color.pixels[i] / alpha, 1.0f);
    }

    depix::detail::ImageMetadata read_metadata() {
        namespace detail = depix::detail;
        detail::ImageMetadata metadata;
        const auto orientation = tag<std::uint16_t>(file_.get(), TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
        metadata.orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
        const auto unit = tag<std::uint16_t>(file_.get(), TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
        const double per_metre = unit == RESUNIT_INCH         ? 1 / depix::metres_per_inch
                                 : unit == RESUNIT_CENTIMETER ? 100.0
                                                              : 0.0;
        const double across = tag<float>(file_.get(), TIFFTAG_XRESOLUTION) * per_metre;
        const double down = tag<float>(file_.get(), TIFFTAG_YRESOLUTION) * per_metre;
        if (across > 0 && down > 0 && across < 1e9 && down < 1e9) metadata.density = {across, down};
        const auto bytes = [&](std::uint32_t number, std::size_t unit_bytes) -> FileBytes {
            std::uint32_t count = 0;
            const std::byte* data = nullptr;
            if (TIFFGetField(file_.get(), number, &count, &data) != 1 || data == nullptr) return {};
            return {data, count * unit_bytes};
        };
        const FileBytes profile = bytes(TIFFTAG_ICCPROFILE, 1), xmp = bytes(TIFFTAG_XMLPACKET, 1);
        if (profile.size() <= detail::maximum_metadata_bytes)
            metadata.icc_profile.assign(profile.begin(), profile.end());
        if (!xmp.empty()) take_xmp(metadata, xmp);
        read_iptc(metadata, bytes(TIFFTAG_RICHTIFFIPTC, value_bytes(file_.get(), TIFFTAG_RICHTIFFIPTC)));
        const FileBytes resources = bytes(TIFFTAG_PHOTOSHOP, 1);
        if (metadata.iptc.empty() && !resources.empty()) take_iptc(metadata, resources);
        read_exif(metadata);
        finish_metadata(metadata);
        return metadata;
    }

    void read_exif(depix::detail::ImageMetadata& metadata) {
        const FileBytes file = memory_.content;
        if (depix::detail::Bytes(file).big16(2) == 43 || depix::detail::Bytes(file).little16(2) == 43) {
            std::uint64_t place = 0;  // BigTIFF has directories of another kind
            if (TIFFGetField(file_.get(), TIFFTAG_EXIFIFD, &place) == 1)
                warn_left_out(metadata, "the EXIF metadata of BigTIFF");
            return;
        }
        const FoundExif found = exif_of(file, static_cast<std::size_t>(TIFFCurrentDirOffset(file_.get())));
        if (found.damaged > 0) warn_left_out(metadata, "a damaged part of the EXIF metadata");
        if (found.exif.empty()) return;
        const int orientation = metadata.orientation;  // the picture's own, which EXIF here does not state
        take_exif(metadata, found.exif);
        metadata.orientation = orientation;
    }

    // Some programs state that it is numbers of 32 bits, in the file's byte order, and libtiff believes that.
    void read_iptc(depix::detail::ImageMetadata& metadata, FileBytes stored) {
        if (stored.empty()) return;
        std::vector<std::byte> iptc(stored.begin(), stored.end());
        if (!depix::detail::is_iptc(iptc) && iptc.size() % 4 == 0)
            for (std::size_t i = 0; i < iptc.size(); i += 4) {
                std::swap(iptc[i], iptc[i + 3]);
                std::swap(iptc[i + 1], iptc[i + 2]);
            }
        if (depix::detail::is_iptc(iptc))
            metadata.iptc = std::move(iptc);
        else
            warn_left_out(metadata, "damaged IPTC metadata");
    }

    Memory memory_;
    depix::ImageLimits limits_;
    std::string name_;
    File file_;
    std::uint32_t width_ = 0, height_ = 0;
    int bits_ = 0, samples_ = 0, photometric_ = 0;
};

}  // namespace

int count_pages(FileBytes file, const std::string& name) {
    return static_cast<int>(Reader(file, {}, name).pages().size());
}

depix::ImageFile read_page(FileBytes file, int page, const depix::ImageLimits& limits, const std::string& name) {
    Reader reader(file, limits, name);
    const std::vector<tdir_t> pages = reader.pages();
    if (page < 0 || static_cast<std::size_t>(page) >= pages.size())
        throw depix::FileError(name,
                               "has no page " + std::to_string(page + 1) + ", only " + std::to_string(pages.size()));
    return reader.read(pages[static_cast<std::size_t>(page)]);
}

}  // namespace tool::tiff

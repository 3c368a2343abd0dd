// EXIF, XMP and IPTC without a picture around them; the first byte says which. What was accepted is accepted again
// after it was written, and cleaning it twice is the same as once.
#include "depix/io/image_file.hpp"
#include "fuzz.hpp"

namespace {

using namespace depix;

void check_exif(std::span<const std::byte> bytes) {
    detail::ImageMetadata metadata;
    detail::take_exif(metadata, bytes);
    depix_fuzz::require(metadata.orientation >= 1 && metadata.orientation <= 8, "an orientation is 1 to 8");
    std::vector<std::byte> again = metadata.exif;
    depix_fuzz::require(detail::clean_exif(again) == 0, "what is clean has no damaged entries");
    depix_fuzz::require(again == metadata.exif, "what is clean stays as it is");
    detail::exif_density(again);
    detail::update_exif(again, 30, 40, {3000, 4000});
    depix_fuzz::require(detail::tiff_orientation(again) == 1, "EXIF that is written says upright");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return depix_fuzz::refuse_or(data, size, [](std::span<const std::byte> all) {
        if (all.empty()) return;
        const auto bytes = all.subspan(1);
        ImageFile image{.color = Image({3, 1, 1})};
        detail::ImageMetadata metadata;
        switch (static_cast<int>(all[0]) % 4) {
            case 0:
                check_exif(bytes);
                detail::take_exif(metadata, bytes);
                image.exif = metadata.exif;
                break;
            case 1:
                detail::take_xmp(metadata, bytes);
                image.xmp = metadata.xmp;
                break;
            case 2:
                detail::take_iptc(metadata, bytes);
                image.iptc = metadata.iptc;
                break;
            default:
                detail::unpack_icc_chunk(bytes);
                detail::unpack_raw_profile(bytes);
                return;
        }
        for (const ImageFormat format : {ImageFormat::PNG, ImageFormat::JPEG})
            depix_fuzz::require(decode_image_file(encode_image_file(image, format)).warnings.empty(),
                                "metadata that are written are whole");
    });
}

// PNG, JPEG and BMP, and their metadata. What was read can be written, and as PNG comes back the same. The metadata
// that are written are whole.
#include "depix/io/image_file.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace depix;
    return depix_fuzz::refuse_or(data, size, [](std::span<const std::byte> bytes) {
        const ImageFile image = decode_image_file(bytes, {.maximum_pixels = depix_fuzz::maximum_pixels});
        depix_fuzz::require(image.color.shape.size() > 0, "a picture has pixels");
        const ImageFile again = decode_image_file(encode_image_file(image, ImageFormat::PNG));
        depix_fuzz::require(again.color == image.color, "the colours of a PNG come back");
        depix_fuzz::require(again.alpha == image.alpha, "the alpha of a PNG comes back");
        depix_fuzz::require(again.warnings.empty(), "the metadata of a PNG are whole");
        depix_fuzz::require(again.exif == detail::metadata_to_write(image).exif, "the EXIF of a PNG comes back");
        depix_fuzz::require(again.iptc == image.iptc, "the IPTC of a PNG comes back");
        if (detail::is_transparent(image)) return;
        const ImageFile jpeg = decode_image_file(encode_image_file(image, ImageFormat::JPEG));
        depix_fuzz::require(jpeg.warnings.empty(), "the metadata of a JPEG are whole");
    });
}

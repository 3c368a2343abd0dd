// JPEG with arithmetic coding by libjpeg, which is compiled with it on Debian. Everything else is read by stb.
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include <jpeglib.h>

#include "../formats.hpp"
#include "depix/error.hpp"
#include "shared_library.hpp"

// The functions that are used.
// clang-format off
#define DEPIX_JPEG_FUNCTIONS(F)                                                                                       \
    F(jpeg_CreateDecompress) F(jpeg_destroy_decompress) F(jpeg_finish_decompress) F(jpeg_mem_src) \
    F(jpeg_read_header) F(jpeg_read_scanlines) F(jpeg_start_decompress) F(jpeg_std_error)
// clang-format on

namespace tool::jpeg {
namespace {

DEPIX_TOOL_LIBRARY(library, DEPIX_TOOL_WITH_JPEG, DEPIX_JPEG_FUNCTIONS)

// libjpeg leaves by longjmp. So nothing that has a destructor is made between setjmp and the calls.
struct Failure {
    jpeg_error_mgr manager;  // the first, because libjpeg knows only of it
    std::jmp_buf leave;
    char message[JMSG_LENGTH_MAX];
};

void leave(j_common_ptr state) {
    auto* failure = reinterpret_cast<Failure*>(state->err);
    (*state->err->format_message)(state, failure->message);
    std::longjmp(failure->leave, 1);
}

// A file of many scans over all of a large picture would take for ever.
void limit_scans(j_common_ptr state) {
    constexpr int most = 500;
    if (reinterpret_cast<j_decompress_ptr>(state)->input_scan_number > most) {
        auto* failure = reinterpret_cast<Failure*>(state->err);
        std::snprintf(failure->message, sizeof failure->message, "too many scans");
        std::longjmp(failure->leave, 1);
    }
}

class Decoder {
  public:
    Decoder() {
        state_.err = jpeg_std_error(&failure_.manager);
        failure_.manager.error_exit = leave;
        failure_.manager.output_message = [](j_common_ptr) {};
        progress_.progress_monitor = limit_scans;
    }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    ~Decoder() { jpeg_destroy_decompress(&state_); }

    bool read_header(FileBytes file) {
        if (setjmp(failure_.leave) != 0) return false;
        jpeg_create_decompress(&state_);
        state_.progress = &progress_;
        jpeg_mem_src(&state_, reinterpret_cast<const unsigned char*>(file.data()),
                     static_cast<unsigned long>(file.size()));
        jpeg_read_header(&state_, TRUE);
        return true;
    }
    /// Into `samples`, which has room for all rows.
    bool decode(unsigned char* samples, long maximum_memory) {
        if (setjmp(failure_.leave) != 0) return false;
        state_.mem->max_memory_to_use = maximum_memory;
        state_.out_color_space = state_.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
        jpeg_start_decompress(&state_);
        const std::size_t row_bytes =
            static_cast<std::size_t>(state_.output_width) * static_cast<std::size_t>(state_.output_components);
        while (state_.output_scanline < state_.output_height) {
            JSAMPROW row = samples + state_.output_scanline * row_bytes;
            jpeg_read_scanlines(&state_, &row, 1);
        }
        jpeg_finish_decompress(&state_);
        return true;
    }
    int width() const { return static_cast<int>(state_.image_width); }
    int height() const { return static_cast<int>(state_.image_height); }
    int components() const { return state_.num_components; }
    bool has_warned() const { return failure_.manager.num_warnings > 0; }
    const char* message() const { return failure_.message; }

  private:
    jpeg_decompress_struct state_{};
    jpeg_progress_mgr progress_{};
    Failure failure_{};
};

}  // namespace
}  // namespace tool::jpeg

bool tool::has_arithmetic_coding(FileBytes file) {
    const depix::detail::Bytes bytes(file);
    for (std::size_t at = 2; at + 4 <= file.size();) {
        const std::uint32_t marker = bytes[at + 1];
        if (bytes[at] != 0xFF || marker == 0xFF || marker == 0) {
            ++at;
            continue;
        }
        if (marker == 0xC9 || marker == 0xCA) return true;
        if (marker == 0xDA || marker == 0xD9 || bytes.big16(at + 2) < 2) return false;
        at += 2 + bytes.big16(at + 2);
    }
    return false;
}

depix::ImageFile tool::read_arithmetic_jpeg(FileBytes file, const depix::ImageLimits& limits, const std::string& name) {
    const auto fail = [&](const std::string& what) { throw depix::FileError(name, what); };
    if (file.size() > limits.maximum_bytes)
        fail("a file of " + std::to_string(file.size()) + " bytes; the limit is " +
             std::to_string(limits.maximum_bytes));
    jpeg::library().require(name);
    jpeg::Decoder decoder;
    if (!decoder.read_header(file)) fail(std::string("a damaged JPEG file: ") + decoder.message());
    const int width = decoder.width(), height = decoder.height(), components = decoder.components();
    const std::size_t pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    if (pixels > limits.maximum_pixels)
        fail("a picture of " + std::to_string(width) + "x" + std::to_string(height) + " pixels; the limit is " +
             std::to_string(limits.maximum_pixels));
    if (components != 1 && components != 3)
        fail("a JPEG file of " + std::to_string(components) +
             " colours with arithmetic coding, which depix does not read");
    std::vector<unsigned char> samples(pixels * static_cast<std::size_t>(components));
    if (!decoder.decode(samples.data(), static_cast<long>(16 * pixels + (std::size_t{1} << 24))))
        fail(std::string("a damaged JPEG file: ") + decoder.message());
    if (decoder.has_warned()) fail("a truncated or damaged JPEG file");
    depix::ImageFile image;
    image.color = depix::detail::planar_image(samples.data(), {components, height, width}, 255.0f);
    depix::detail::add_metadata(image, depix::detail::read_jpeg_metadata(file));
    return image;
}

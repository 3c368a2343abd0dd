// NumPy's arrays.
#include "depix/io/npy.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return depix_fuzz::refuse_or(data, size, [](std::span<const std::byte> bytes) {
        const auto array = depix::decode_npy<float>(bytes);
        depix_fuzz::require(array.size() <= bytes.size(), "no more elements than the file has bytes");
    });
}

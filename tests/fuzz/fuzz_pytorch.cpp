// Files of torch.save's, in both formats: archives, pickles, and tensors in storages.
#include "depix/io/pytorch_file.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace depix;
    return depix_fuzz::refuse_or(data, size, [](std::span<const std::byte> bytes) {
        const TensorFile file = parse_pytorch_file({bytes.begin(), bytes.end()});
        for (const std::string& name : file.names) {
            const std::size_t size_there = file.bytes(name).size();
            const TensorFile::Entry& entry = file.entry(name);
            if (entry.dtype == DataType::Other) continue;
            depix_fuzz::require(size_there == byte_count(entry.dtype, entry.shape), "as many bytes as the shape says");
            if (size_there <= depix_fuzz::maximum_pixels && info(entry.dtype).floating) (void)file.values<float>(name);
        }
    });
}

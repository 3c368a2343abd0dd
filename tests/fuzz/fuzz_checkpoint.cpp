// Checkpoints of a training run: a file that is refused leaves the trainer as it was.
#include <unistd.h>
#include <algorithm>

#include "depix/depix.hpp"
#include "depix/train/checkpoint.hpp"
#include "fuzz.hpp"
#include "tiny_run.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace depix;
    static depix_fuzz::TinyRun run;
    static const std::string path = "/dev/shm/depix_fuzz_checkpoint_" + std::to_string(getpid());
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    const std::vector<float> before(run.model.parameters().begin(), run.model.parameters().end());
    try {
        load_checkpoint(path, run.trainer, 3);
    } catch (const Error&) {
        depix_fuzz::require(std::equal(before.begin(), before.end(), run.model.parameters().begin()),
                            "a checkpoint that is refused changes nothing");
    }
    std::filesystem::remove(path);
    return 0;
}

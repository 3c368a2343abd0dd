#include "depix/models/compact.hpp"
#include "make_published.hpp"

std::vector<tool::Architecture> tool::compact_32() {
    using namespace depix;
    std::vector<Architecture> all;
    all.push_back(make_published<Compact<64, 32, 4>>("compact_32_x4", "Compact<64, 32, 4>",
                                                     "Real-ESRGAN's Compact, 32 convolutions (realesr-general-x4v3)"));
    all.push_back(
        make_published<Compact<64, 32, 2>>("compact_32_x2", "Compact<64, 32, 2>", "the same, twice as high and wide"));
    all.push_back(make_published<Compact<64, 16, 1>>("compact_16_x1", "Compact<64, 16, 1>",
                                                     "Real-ESRGAN's Compact, 16 convolutions, at its size"));
    return all;
}

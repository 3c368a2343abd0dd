#include "depix/models/compact.hpp"
#include "make_published.hpp"

std::vector<tool::Architecture> tool::compact() {
    using namespace depix;
    std::vector<Architecture> all;
    all.push_back(make_published<Compact<64, 16, 4>>("compact_16_x4", "Compact<64, 16, 4>",
                                                     "Real-ESRGAN's Compact, 16 convolutions (realesr-animevideov3)"));
    all.push_back(
        make_published<Compact<64, 16, 2>>("compact_16_x2", "Compact<64, 16, 2>", "the same, twice as high and wide"));
    return all;
}

#include "depix/models/upconv_7.hpp"
#include "make_published.hpp"

std::vector<tool::Architecture> tool::upconv_7() {
    using namespace depix;
    std::vector<Architecture> all;
    all.push_back(make_published<PaddedUpConv7>("upconv_7", "PaddedUpConv7",
                                                "drawings twice as high and wide: waifu2x's upconv_7"));
    return all;
}

#include "depix/models/span.hpp"
#include "make_published.hpp"

std::vector<tool::Architecture> tool::span() {
    using namespace depix;
    std::vector<Architecture> all;
    all.push_back(
        make_published<SPAN<4, 48>, PublishedInput::Centred>("span_48_x4", "SPAN<4, 48>", "SPAN, 48 channels"));
    all.push_back(make_published<SPAN<2, 48>, PublishedInput::Centred>("span_48_x2", "SPAN<2, 48>",
                                                                       "the same, twice as high and wide"));
    return all;
}

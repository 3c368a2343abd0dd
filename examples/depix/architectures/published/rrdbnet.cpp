#include "depix/models/rrdbnet.hpp"
#include "make_published.hpp"

std::vector<tool::Architecture> tool::rrdbnet() {
    using namespace depix;
    std::vector<Architecture> all;
    all.push_back(make_published<RRDBNet<64, 32, 23>>("rrdbnet_23_x4", "RRDBNet<64, 32, 23>",
                                                      "ESRGAN's and Real-ESRGAN's generator, 23 blocks (x4plus)"));
    all.push_back(make_published<UnshuffledRRDBNet<2, 64, 32, 23>>("rrdbnet_23_x2", "UnshuffledRRDBNet<2, 64, 32, 23>",
                                                                   "the same, twice as high and wide (x2plus)"));
    all.push_back(make_published<RRDBNet<64, 32, 6>>("rrdbnet_6_x4", "RRDBNet<64, 32, 6>",
                                                     "the same with 6 blocks (x4plus-anime)"));
    return all;
}

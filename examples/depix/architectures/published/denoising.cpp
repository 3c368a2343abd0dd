#include "depix/models/dncnn.hpp"
#include "depix/models/drunet.hpp"
#include "depix/models/ffdnet.hpp"
#include "make_published.hpp"

std::vector<tool::Architecture> tool::denoising() {
    using namespace depix;
    std::vector<Architecture> all;
    all.push_back(
        make_published<DnCNN<1, 17, 64>>("dncnn_17_grey", "DnCNN<1, 17, 64>", "noise of one strength, grey: DnCNN"));
    all.push_back(
        make_published<DnCNN<3, 20, 64>>("dncnn_20_color", "DnCNN<3, 20, 64>", "noise of any strength: DnCNN"));
    all.push_back(make_published<DnCNN<1, 20, 64>>("dncnn_20_grey", "DnCNN<1, 20, 64>", "the same, grey"));
    all.push_back(make_published<FFDNet<3, 12, 96>, PublishedInput::NoiseMap>("ffdnet_color", "FFDNet<3, 12, 96>",
                                                                              "noise of the strength --noise: FFDNet"));
    all.push_back(make_published<FFDNet<1, 15, 64>, PublishedInput::NoiseMap>("ffdnet_grey", "FFDNet<1, 15, 64>",
                                                                              "the same, grey"));
    all.push_back(make_published<DRUNet<3, 64, 4>, PublishedInput::NoiseMap>("drunet_color", "DRUNet<3, 64, 4>",
                                                                             "noise of the strength --noise: DRUNet"));
    all.push_back(make_published<DRUNet<1, 64, 4>, PublishedInput::NoiseMap>("drunet_grey", "DRUNet<1, 64, 4>",
                                                                             "the same, grey"));
    return all;
}

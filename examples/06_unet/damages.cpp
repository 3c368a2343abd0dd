#include "damages.hpp"

namespace {

// Text needs a font; none is shipped with depix.
std::vector<depix::Font> some_font() {
    for (const char* name : {"Roboto-Regular.ttf", "DejaVuSans.ttf"}) {
        try {
            return {depix::Font(depix::find_font(name))};
        } catch (const depix::FileError&) {  // try the next one
        }
    }
    return {};
}

}  // namespace

depix::Damage example::training_damage(Task task, const std::filesystem::path& masks) {
    if (task == Task::Denoise) return depix::any_noise();
    if (!masks.empty()) return depix::Inpainting{.mask = depix::GivenMask(depix::ImageFolder(masks))};
    depix::OneOf kinds{{depix::RectangleMask{}, depix::StrokeMask{}}};
    if (const auto fonts = some_font(); !fonts.empty()) kinds.damages.push_back(depix::TextMask{.fonts = fonts});
    return depix::Inpainting{.mask = kinds};
}

std::vector<example::NamedDamage> example::test_damages(Task task) {
    if (task == Task::Denoise) {
        return {{"Gaussian, sigma 25/255", depix::GaussianNoise{25 / 255.0, 25 / 255.0}},
                {"Poisson, 100 photons", depix::PoissonNoise{100, 100}},
                {"salt and pepper, 5 %", depix::SaltAndPepper{0.05, 0.05}},
                {"JPEG, quality 20", depix::JpegArtefacts{20, 20}}};
    }
    std::vector<NamedDamage> damages{{"rectangles", depix::Inpainting{.mask = depix::RectangleMask{}}},
                                     {"strokes", depix::Inpainting{.mask = depix::StrokeMask{}}}};
    if (const auto fonts = some_font(); !fonts.empty())
        damages.push_back({"text", depix::Inpainting{.mask = depix::TextMask{.fonts = fonts}}});
    return damages;
}

depix::ImageSplit example::split_images(const std::filesystem::path& folder) {
    return depix::ImageFolder(folder, {.channels = 3}).shuffled(1).split_by_fractions(0.90, 0.05);
}

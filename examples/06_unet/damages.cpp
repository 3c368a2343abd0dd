#include "damages.hpp"

#include "noise.hpp"

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

void check_task(example::Task task, const std::vector<std::string>& noise) {
    if (task != example::Task::Denoise && !noise.empty())
        throw depix::Error("--noise " + noise.front() + ": noise is for denoise; inpaint has holes (--masks)");
}

const std::vector<std::string> default_noise{"gaussian:5..50", "poisson:25..1000", "salt_and_pepper:0.01..0.2",
                                             "salt_and_pepper_pixel:0.01..0.2", "jpeg:10..60"};
const std::vector<std::string> test_noise{
    "gaussian:25", "poisson:100", "salt_and_pepper:0.2", "salt_and_pepper_pixel:0.05", "jpeg:20", "none"};

}  // namespace

depix::Damage example::training_damage(Task task, const std::filesystem::path& masks,
                                       const std::vector<std::string>& noise) {
    check_task(task, noise);
    if (task == Task::Denoise) return parse_noises(noise.empty() ? default_noise : noise);
    if (!masks.empty()) return depix::Inpainting{.mask = depix::GivenMask(depix::ImageFolder(masks))};
    depix::OneOf kinds{{depix::RectangleMask{}, depix::StrokeMask{}}};
    if (const auto fonts = some_font(); !fonts.empty()) kinds.damages.push_back(depix::TextMask{.fonts = fonts});
    return depix::Inpainting{.mask = kinds};
}

std::vector<example::NamedDamage> example::test_damages(Task task, const std::vector<std::string>& noise) {
    check_task(task, noise);
    std::vector<NamedDamage> damages;
    if (task == Task::Denoise) {
        for (const std::string& kind : noise.empty() ? test_noise : noise) damages.push_back({kind, parse_noise(kind)});
        return damages;
    }
    damages = {{"rectangles", depix::Inpainting{.mask = depix::RectangleMask{}}},
               {"strokes", depix::Inpainting{.mask = depix::StrokeMask{}}}};
    if (const auto fonts = some_font(); !fonts.empty())
        damages.push_back({"text", depix::Inpainting{.mask = depix::TextMask{.fonts = fonts}}});
    return damages;
}

depix::ImageSplit example::split_images(const std::filesystem::path& folder) {
    return depix::ImageFolder(folder, {.channels = 3}).shuffled(1).split_by_fractions(0.90, 0.05);
}

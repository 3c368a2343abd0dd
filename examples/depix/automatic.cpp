#include "automatic.hpp"

#include <cstdio>
#include <utility>

tool::Choice tool::choose_for(const Picture& picture, double scale) {
    const depix::ImageFile& image = picture.image;
    depix::Image color = image.color;
    if (!image.alpha.pixels.empty()) bleed_under_transparency(color, image.alpha);
    Findings found = examine(color);
    found.jpeg_quality = jpeg_quality(picture.file);
    return choose(found, scale);
}

const tool::AutomaticRestorer::Loaded& tool::AutomaticRestorer::load(const std::string& name) {
    const auto found = loaded_.find(name);
    if (found != loaded_.end()) return found->second;
    Loaded loaded;
    ModelOptions options = options_.model;
    options.name = name;
    loaded.model = choose_model(options);
    loaded.recipe = make_recipe(loaded.model, options_);
    loaded.network = loaded.model.architecture->load(loaded.model.weights, loaded.model.backend, 1, loaded.model.noise);
    return loaded_.emplace(name, std::move(loaded)).first->second;
}

tool::Picture tool::AutomaticRestorer::operator()(const Job& job, Picture picture) {
    const Choice choice = choose_for(picture, options_.scale);
    const Loaded* loaded = nullptr;
    {
        const std::lock_guard lock(mutex_);
        ++chosen_[choice.model];
        if (options_.verbose)
            std::fprintf(stderr, "%s: %s, because %s\n", job.input.string().c_str(),
                         choice.model.empty() ? "left as it is" : choice.model.c_str(), choice.why.c_str());
        if (!choice.model.empty()) loaded = &load(choice.model);
    }
    if (loaded != nullptr) return restorer_of(*loaded->network, loaded->recipe, options_)(job, std::move(picture));
    picture.is_unchanged = options_.page == 0;
    return picture;
}

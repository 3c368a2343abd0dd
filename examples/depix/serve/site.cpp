#include "site.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <span>
#include <sstream>
#include <vector>

#include "../drawings.hpp"
#include "../files.hpp"
#include "depix/error.hpp"
#include "depix/io/atomic_file.hpp"
#include "page_files.hpp"

namespace {

using Clock = std::chrono::steady_clock;

/// Restoring is given up.
struct GivenUp : depix::Error {
    using Error::Error;
};

std::string type_of(std::string_view name) {
    if (name.ends_with(".html")) return "text/html; charset=utf-8";
    if (name.ends_with(".css")) return "text/css; charset=utf-8";
    if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
    return name.ends_with(".png") ? "image/png" : "application/octet-stream";
}

void replace_once(std::string& text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) throw depix::Error(std::string("the page has no ").append(from));
    text.replace(at, from.size(), to);
}

/// The page may ask this server, and is told so.
std::string for_server(std::string_view page) {
    std::string text(page);
    replace_once(text, "<html lang=\"en\">", "<html lang=\"en\" data-server=\"depix serve\">");
    replace_once(text, "connect-src 'none'", "connect-src 'self'");
    return text;
}

std::string number(double value) {
    std::ostringstream text;
    text << value;
    return text.str();
}

/// In JSON. The names and texts of the models are the tool's own.
std::string json_text(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result += '"';
}

std::string list_models(bool has_engine) {
    std::string text = "{\"engine\":";
    text.append(has_engine ? "true" : "false").append(",\"models\":[");
    for (const tool::Model& model : tool::models()) {
        const tool::Architecture& network = tool::find_architecture(model.architecture);
        text.append(text.ends_with('[') ? "" : ",").append("{\"name\":").append(json_text(model.name));
        text.append(",\"about\":").append(json_text(model.about)).append(",\"scale\":");
        text.append(std::to_string(network.scale)).append(",\"parameters\":");
        text.append(std::to_string(network.parameters)).append(",\"takes_mask\":");
        text.append(network.takes_mask ? "true}" : "false}");
    }
    return text + "]}";
}

/// What a header may hold.
std::string header_text(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        if (!text.empty()) text += "; ";
        for (const char c : line) text += c >= ' ' && c <= '~' ? c : '?';
    }
    return text;
}

depix::ImageFile read_upload(const std::string& content, const char* name, const tool::Limits& limits) {
    return tool::read_image(std::as_bytes(std::span(content)), name, limits);
}

tool::RestoreOptions restore_options(const tool::ServeOptions& options) {
    tool::RestoreOptions restore;
    restore.threads.restore = options.threads;
    restore.limits = options.limits;
    return restore;
}

}  // namespace

tool::PictureSite::PictureSite(const ServeOptions& options) : options_(options) {
    for (const CompiledInFile& file : page_files()) {
        const bool is_page = file.path == "page.html";
        add(is_page ? "" : file.path, type_of(file.path), is_page ? for_server(file.text) : std::string(file.text));
    }
    if (!options.page.empty()) add_engines(options.page);
    add("models", "application/json", list_models(!options.page.empty()));
    // Drawings are for squares of 256 pixels, as `depix draw` makes them.
    for (const Model& model : models())
        for (const Drawing& drawing : drawings())
            if (drawing.name == model.architecture)
                add("draw/" + model.name, "image/svg+xml", drawing.svg({drawing.channels, 256, 256}, drawing.title));
}

void tool::PictureSite::add(std::string_view path, std::string type, std::string body) {
    files_[std::string("/").append(path)] = {.type = std::move(type), .body = std::move(body)};
}

void tool::PictureSite::add_engines(const std::filesystem::path& folder) {
    if (!std::filesystem::is_regular_file(folder / "engine-simd.js"))
        throw depix::FileError(folder.string(), "has no engine-simd.js: examples/10_page/build makes it");
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("engine-") && !name.starts_with("trainer-") && !name.starts_with("weights-")) continue;
        const std::vector<std::byte> bytes = depix::read_file(entry.path().string());
        add(name, type_of(name), std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    }
}

tool::Answer tool::PictureSite::get(const std::string& path) const {
    const auto found = files_.find(path);
    if (found != files_.end()) return found->second;
    return {.status = 404, .body = "there is no such page"};
}

tool::PictureSite::Loaded& tool::PictureSite::load(const std::string& name) {
    const auto found = loaded_.find(name);
    if (found != loaded_.end()) return found->second;
    if (!is_model(name)) throw UsageError("there is no model \"" + name + "\"");  // weights files are not for clients
    ModelOptions options;
    options.name = name;
    return loaded_.emplace(name, Loaded{choose_model(options), {}}).first->second;
}

tool::Answer tool::PictureSite::restore(const std::string& name, const Form& form,
                                        const std::function<bool()>& is_abandoned) {
    RestoreOptions options = restore_options(options_);
    options.mask_colour = form.mask_colour;
    Loaded& loaded = load(name);
    const ChosenModel& model = loaded.model;
    Mask mask = read_mask(options);
    if (!form.mask.empty()) mask.picture = bright_pixels(read_upload(form.mask, "the mask", options.limits));
    const Recipe recipe = make_recipe(model, options, std::move(mask));
    require_mask(recipe);
    depix::ImageFile image = read_upload(form.picture, "the picture", options.limits);

    Cut cut = cut_image(*model.architecture, image.color.shape.height, image.color.shape.width, 0, options_.threads);
    std::unique_ptr<const Restorer>& network = loaded.networks[cut.threads];
    if (!network) network = model.architecture->load(model.weights, model.backend, cut.threads, model.noise);

    const auto start = Clock::now();
    const std::chrono::duration<double> limit(options_.seconds);
    cut.tiles.progress = [&](int done, int count) {
        if (done == count) return;
        if (is_abandoned()) throw GivenUp("the client has gone");
        if (Clock::now() - start > limit)
            throw GivenUp("the picture takes longer than " + number(options_.seconds) + " s (--max-seconds)");
    };
    try {
        image = restore_image(*network, recipe, std::move(image), cut.tiles);
    } catch (const GivenUp& error) {
        return {.status = 503, .body = error.what()};
    }
    const std::chrono::duration<double, std::milli> time = Clock::now() - start;

    const Format& png = *find_format("png");
    std::vector<std::byte> bytes;
    png.append(bytes, image, options.quality);
    return {.type = "image/png",
            .body = std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
            .headers = {{"X-Milliseconds", std::to_string(time.count())},
                        {"X-Warnings", header_text(warnings_of(image, png))}}};
}

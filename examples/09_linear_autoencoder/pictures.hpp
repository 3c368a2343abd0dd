// What both programs share: their options, and the pictures that they work on.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "depix/data/pages/clean_pages.hpp"
#include "depix/data/sources/image_folder.hpp"
#include "depix/data/text/font.hpp"
#include "depix/image/resize.hpp"
#include "depix/tensor.hpp"

namespace example {

/// The font of examples/01_depixelizer, or none where it is not installed.
inline std::vector<depix::Font> roboto() {
    try {
        return {depix::Font(depix::find_font("Roboto-Regular.ttf"))};
    } catch (const depix::FileError&) {
        return {};
    }
}

/// The pictures of a folder, `channels` each. Without a folder they are the six clean samples of
/// examples/01_depixelizer and six pages that depix draws, in turn; where Roboto is missing, the samples alone.
inline std::vector<depix::Image> read_pictures(const std::filesystem::path& folder, int channels) {
    const bool own = folder.empty();
    const depix::ImageFolder files(
        own ? std::filesystem::path(DEPIX_EXAMPLES) / "01_depixelizer/samples/clean" : folder, {.channels = channels});
    const std::vector<depix::Font> fonts = own ? roboto() : std::vector<depix::Font>();
    std::vector<depix::Image> pictures;
    for (std::size_t i = 0; i < files.size(); ++i) {
        pictures.push_back(files.read(i));
        if (fonts.empty()) continue;
        depix::Random random(7, 0, i);
        pictures.push_back(depix::convert_channels(depix::quantized(depix::draw_page(random, fonts)), channels));
    }
    return pictures;
}

/// Options of the form --name value.
class Options {
  public:
    /// Exits with a message unless every name is one of `defaults`, and every value of a numeric option (one whose
    /// default is a number) is a whole number of at least 1.
    Options(int count, char** arguments, std::map<std::string, std::string> defaults) : values_(std::move(defaults)) {
        std::string usage;
        for (const auto& [name, value] : values_)
            usage.append(" [").append(name).append(" ").append(value.empty() ? "PATH" : value).append("]");
        const auto refuse = [&](const std::string& why) {
            std::fprintf(stderr, "%s: %s\nusage: %s%s\n", arguments[0], why.c_str(), arguments[0], usage.c_str());
            std::exit(2);
        };
        for (int i = 1; i < count; i += 2) {
            const auto option = values_.find(arguments[i]);
            if (option == values_.end()) refuse(std::string("no option ") + arguments[i]);
            if (i + 1 == count) refuse(option->first + " needs a value");
            const std::string value = arguments[i + 1];
            const bool digits = value.find_first_not_of("0123456789") == std::string::npos;
            if (!option->second.empty() && (!digits || value.size() > 8 || value.find_first_not_of('0') == value.npos))
                refuse(option->first + " takes a number from 1 to 99999999, not " + value);
            option->second = value;
        }
    }
    std::string path(const std::string& name) const { return values_.at(name); }
    int number(const std::string& name) const { return std::stoi(values_.at(name)); }

  private:
    std::map<std::string, std::string> values_;
};

}  // namespace example

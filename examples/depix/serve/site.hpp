// What `depix serve` answers: the page's files, the list of models, drawings, and restored pictures.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../commands.hpp"
#include "../image.hpp"
#include "../models.hpp"
#include "server.hpp"

namespace tool {

class PictureSite : public Site {
  public:
    /// Throws depix::FileError if options.page is no folder that examples/10_page/build made.
    explicit PictureSite(const ServeOptions& options);

    Answer get(const std::string& path) const override;
    /// The picture as PNG: the file that `depix restore -m MODEL` writes, with --mask and --mask-colour as the form
    /// says. Throws depix::Error, and UsageError for an unknown model, and for a mask that the model does not take or
    /// lacks.
    Answer restore(const std::string& model, const Form& form, const std::function<bool()>& is_abandoned) override;

  private:
    struct Loaded {
        ChosenModel model;
        std::map<int, std::unique_ptr<const Restorer>> networks;  // by their threads
    };
    Loaded& load(const std::string& name);
    void add(std::string_view path, std::string type, std::string body);
    /// Adds what browsers compute with, from a folder that examples/10_page/build made.
    void add_engines(const std::filesystem::path& folder);

    ServeOptions options_;
    std::map<std::string, Answer> files_;
    std::map<std::string, Loaded> loaded_;
};

}  // namespace tool

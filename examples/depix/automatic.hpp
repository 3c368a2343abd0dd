// Restores pictures by the model that each of them needs (choose.hpp).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "choose.hpp"
#include "files.hpp"
#include "folder.hpp"
#include "models.hpp"

namespace tool {

/// What a picture needs, by its first page.
Choice choose_for(const Picture& picture, double scale);

/// Networks that are loaded when the first picture needs them. Several threads may ask at once.
class AutomaticRestorer {
  public:
    explicit AutomaticRestorer(const RestoreOptions& options) : options_(options) {}

    /// The picture restored, or as it is if there is nothing to do.
    Picture operator()(const Job& job, Picture picture);

    /// How many pictures each model was chosen for; "" counts those that were left as they are.
    const std::map<std::string, std::size_t>& chosen() const { return chosen_; }

  private:
    struct Loaded {
        ChosenModel model;
        Recipe recipe;
        std::unique_ptr<const Restorer> network;
    };
    const Loaded& load(const std::string& name);

    const RestoreOptions& options_;
    std::mutex mutex_;
    std::map<std::string, Loaded> loaded_;
    std::map<std::string, std::size_t> chosen_;
};

}  // namespace tool

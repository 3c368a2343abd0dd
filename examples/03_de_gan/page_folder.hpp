// Pages in a folder, with their clean twins, in the layouts that the data sets of document enhancement have.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "depix/data/sources/documents.hpp"
#include "depix/data/sources/image_folder.hpp"
#include "depix/io/image.hpp"
#include "depix/tensor.hpp"

namespace example {

struct PagePair {
    std::string name;
    depix::Image degraded, clean;
};

/// Pairs of a folder, grey. There are three layouts: NAME_source.png and NAME_target.png (DIBCO); the folders A with
/// degraded and B with clean pages under equal names, whose extensions may differ (DE-GAN's authors); and two folders
/// as document_pairs() reads them. Only pages whose names begin with `only`. Throws depix::FileError where there are
/// none, and for a page whose twin is missing or has another size.
inline std::vector<PagePair> read_pages(const std::filesystem::path& folder, const std::string& only) {
    namespace fs = std::filesystem;
    std::vector<PagePair> pages;
    const auto wanted = [&](const std::string& name) { return name.starts_with(only); };
    const bool a_and_b = fs::is_directory(folder / "A");
    if (a_and_b || fs::is_directory(folder / "train_cleaned") || fs::is_directory(folder / "noisy")) {
        const depix::PairFolder pairs =
            a_and_b ? depix::PairFolder(folder / "B", folder / "A", {.channels = 1}) : depix::document_pairs(folder);
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            if (!wanted(pairs.id(i))) continue;
            depix::ImagePair pair = pairs.read(i);
            pages.push_back({pairs.id(i), std::move(pair.damaged), std::move(pair.clean)});
        }
    } else {
        const std::string source = "_source", target = "_target";
        const depix::ImageFolder files(folder, {.channels = 1, .recursive = false});
        for (std::size_t i = 0; i < files.size(); ++i) {
            const fs::path path = files.path(i);
            const std::string stem = path.stem().string();
            if (!stem.ends_with(source) || !wanted(stem)) continue;
            const std::string name = stem.substr(0, stem.size() - source.size());
            const fs::path twin = path.parent_path() / (name + target + path.extension().string());
            pages.push_back({name, files.read(i), depix::read_image(twin.string(), 1)});
            if (pages.back().degraded.shape != pages.back().clean.shape)
                throw depix::FileError(path.string(), "is " + depix::to_string(pages.back().degraded.shape) +
                                                          ", but its clean twin is " +
                                                          depix::to_string(pages.back().clean.shape));
        }
    }
    if (pages.empty())
        throw depix::FileError(folder.string(), "holds no pair of pages" +
                                                    (only.empty() ? "" : " whose name begins with \"" + only + "\"") +
                                                    ": neither NAME_source.png with NAME_target.png, nor A/ (degraded) "
                                                    "and B/ (clean), nor noisy/ and clean/");
    return pages;
}

}  // namespace example

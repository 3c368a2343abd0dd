// The tool's folders: its threads that read, restore and write, with a network that only waits. The thread sanitizer
// runs this; every number of threads gives the same files, and one bad picture harms no other.
#include "../../examples/depix/folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "../io/temporary_folder.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/image.hpp"

using namespace depix;

namespace {

constexpr int count = 40;

/// Turns a picture's values around. It takes a while that differs, so that pictures overtake each other.
struct Negative : tool::Restorer {
    Image restore(const Image& image, tool::Tiles) const override {
        Image result = image;
        for (float& value : result.pixels) value = 1 - value;
        const int level = static_cast<int>(image.pixels[0] * 255);
        std::this_thread::sleep_for(std::chrono::microseconds(level * 7919 % 1500));
        if (level == 7) throw Error("refused by the network");
        return result;
    }
};

/// Picture i is a square of level i.
std::filesystem::path input(const TemporaryFolder& folder, int i) { return folder.path / (std::to_string(i) + ".png"); }

tool::FolderResult restore(const TemporaryFolder& from, const TemporaryFolder& to, tool::Threads threads) {
    tool::Architecture architecture;
    architecture.workspace_bytes = [](Shape, tool::Backend, int) { return std::size_t{1}; };
    tool::Recipe recipe;
    recipe.architecture = &architecture;
    recipe.maximum_pixels = 1000;
    tool::RestoreOptions options;
    options.input = from.path.string();
    options.output = to.path.string();
    options.threads = threads;
    const Negative network;
    return tool::restore_folder(tool::restorer_of(network, recipe, options), tool::plan_folder(options).jobs, options);
}

}  // namespace

TEST_CASE("a folder: every number of threads, a damaged picture, and one that the network refuses") {
    const TemporaryFolder from;
    for (int i = 0; i < count; ++i) write_image(input(from, i).string(), Image({3, 4, 5}, static_cast<float>(i) / 255));
    write_file(input(from, 3).string(), std::string_view("no picture"));
    for (const tool::Threads threads : {tool::Threads{1, 1, 1}, {2, 3, 2}, {4, 1, 1}, {1, 4, 3}}) {
        const TemporaryFolder to;
        const tool::FolderResult result = restore(from, to, threads);
        CHECK(result.restored == count - 2);
        REQUIRE(result.failures.size() == 2);
        CHECK(result.failures[0].input == input(from, 3).string());
        CHECK(result.failures[1].why == "refused by the network");
        CHECK(to.count() == count - 2);
        for (int i = 0; i < count; ++i)
            if (i != 3 && i != 7)
                CHECK(read_image(input(to, i).string(), 3) == Image({3, 4, 5}, 1 - static_cast<float>(i) / 255));
    }
}

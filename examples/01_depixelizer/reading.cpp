#include "reading.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "images.hpp"

namespace {

// Doubles the size by linear interpolation, because tesseract expects letters of about 30 pixels, and these have 12.
depix::Image enlarge(const depix::Image& image) {
    depix::Image large({image.shape.channels, 2 * image.shape.height, 2 * image.shape.width});
    const auto between = [](int place, int size, int& low, int& high) {
        const double centre = std::clamp((place + 0.5) / 2 - 0.5, 0.0, size - 1.0);
        low = static_cast<int>(centre);
        high = std::min(low + 1, size - 1);
        return static_cast<float>(centre - low);
    };
    for (int c = 0; c < large.shape.channels; ++c)
        for (int y = 0; y < large.shape.height; ++y)
            for (int x = 0; x < large.shape.width; ++x) {
                int top, bottom, left, right;
                const float down = between(y, image.shape.height, top, bottom);
                const float across = between(x, image.shape.width, left, right);
                large(c, y, x) = (1 - down) * ((1 - across) * image(c, top, left) + across * image(c, top, right)) +
                                 down * ((1 - across) * image(c, bottom, left) + across * image(c, bottom, right));
            }
    return large;
}

}  // namespace

std::vector<std::string> example::read_text(const std::vector<depix::Image>& images) {
    namespace fs = std::filesystem;
    std::string pattern = (fs::temp_directory_path() / "depixelizer-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw depix::Error("cannot make a temporary folder like " + pattern);
    const fs::path folder = pattern;
    const struct Cleaner {
        fs::path path;
        ~Cleaner() {
            std::error_code ignored;
            fs::remove_all(path, ignored);
        }
    } cleaner{folder};

    std::ofstream list(folder / "list.txt");
    for (std::size_t i = 0; i < images.size(); ++i) {
        const fs::path path = folder / (std::to_string(i) + ".png");
        write_image(path, enlarge(images[i]));
        list << path.string() << "\n";
    }
    list.close();

    const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const std::string command = "OMP_THREAD_LIMIT=1 tesseract " + (folder / "list.txt").string() +
                                " stdout --psm 7 -c tessedit_char_whitelist=" + letters + " 2>/dev/null";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    if (!pipe) throw depix::Error("cannot start tesseract");
    std::vector<std::string> texts(1);
    for (int character; (character = std::fgetc(pipe.get())) != EOF;) {
        if (character == '\f')  // separates two pictures
            texts.emplace_back();
        else
            texts.back() += static_cast<char>(character == '\n' ? ' ' : character);
    }
    if (texts.size() < images.size())
        throw depix::Error("tesseract read " + std::to_string(texts.size()) + " of " + std::to_string(images.size()) +
                           " pictures; is it installed (Debian: tesseract-ocr)?");
    texts.resize(images.size());
    return texts;
}

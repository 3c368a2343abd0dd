// Measures how legible pictures are with tesseract, a program that reads text from pictures.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/image.hpp"
#include "depix/tensor.hpp"

namespace example {

/// A folder with a name of its own, which is removed with everything in it.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "depix-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw depix::Error("cannot make a temporary folder like " + pattern);
        path_ = pattern;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// What tesseract is told of the pictures, as its options. Page segmentation 6 is one block of text, 7 is one line.
inline constexpr const char* block_of_text = "--psm 6";
inline constexpr const char* line_of_letters_and_digits =
    "--psm 7 -c tessedit_char_whitelist=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// The text that tesseract reads in each picture. One run of the program reads them all, which for small pictures is
/// ten times as fast as one run for each. Throws depix::Error if there is no tesseract.
inline std::vector<std::string> read_text(const std::vector<depix::Image>& images, const std::string& options) {
    if (images.empty()) return {};
    const TemporaryFolder folder;
    std::ofstream list(folder.path() / "list.txt");
    for (std::size_t i = 0; i < images.size(); ++i) {
        const std::filesystem::path path = folder.path() / (std::to_string(i) + ".png");
        depix::write_image(path.string(), images[i]);
        list << path.string() << "\n";
    }
    list.close();

    const std::string command =
        "OMP_THREAD_LIMIT=1 tesseract " + (folder.path() / "list.txt").string() + " stdout " + options + " 2>/dev/null";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    if (!pipe) throw depix::Error("cannot start tesseract");
    std::vector<std::string> texts(1);
    for (int character; (character = std::fgetc(pipe.get())) != EOF;) {
        if (character == '\f')  // separates two pictures
            texts.emplace_back();
        else
            texts.back() += static_cast<char>(character);
    }
    if (texts.size() < images.size())
        throw depix::Error("tesseract read " + std::to_string(texts.size()) + " of " + std::to_string(images.size()) +
                           " pictures; is it installed (Debian: tesseract-ocr)?");
    texts.resize(images.size());
    return texts;
}

}  // namespace example

// A folder for one test that writes files. It is deleted with everything in it.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include <unistd.h>

struct TemporaryFolder {
    std::filesystem::path path;

    TemporaryFolder() {
        static std::atomic<int> counter{0};
        path = std::filesystem::temp_directory_path() /
               ("depix-test-" + std::to_string(::getpid()) + "-" + std::to_string(counter++));
        std::filesystem::create_directories(path);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }

    std::string operator/(const std::string& name) const { return (path / name).string(); }
    /// The number of files. A save that fails must not leave a temporary file.
    std::size_t count() const {
        std::size_t files = 0;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path)) ++files;
        return files;
    }
};
